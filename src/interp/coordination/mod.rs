//! How a program's threads affect each other, as plain data: starts, ends, joins, monitors, shared objects, and
//! the queues of waiting threads.
//!
//! Every transition is one method that either happens or says which thread must wait; nothing here
//! blocks. A world puts this behind its lock and parks threads on its own condition variables; the
//! reference clones it. So queues, waking, re-entry and deadlocks mean the same for all of them.
//!
//! | state of a thread | meaning | left by |
//! |---|---|---|
//! | running | carries out instructions | the thread itself, by a method that answers "waiting" or by `end` |
//! | blocked | waits for a thread, a monitor, a notification, a shared object or time | another thread's `end`, `exit`, `notify` or `use_shared`; `cancel` |
//! | ended | never runs again | nothing |
//!
//! # Invariants
//! *in line*: a blocked thread is in exactly one queue, that of the object it is blocked on, and a
//! running thread is in none. *one owner*: a monitor has at most one owner, and none only while its
//! queue is empty. *crowded*: `crowded` has the shared objects that have owners and a thread in line. *awake*: `awake` counts the
//! threads that are running, or blocked with a time limit.

mod deadlock;
mod place;
mod roll;
mod shared;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Range;

use smallvec::SmallVec;

use super::{Code, Text, ThreadId, Trap, TrapKind};
use place::Place;
pub use place::{Patience, Used};
use roll::{Address, BlockedOn, Live, Roll};

/// Threads that must be woken, in this order.
pub type Woken = SmallVec<[ThreadId; 2]>;

/// The threads and monitors of one running program.
#[derive(Clone, Debug)]
pub struct Coordination {
    /// The code, which has the names of globals.
    code: Option<Code>,
    threads: Roll,
    monitors: BTreeMap<u64, Monitor>,
    /// The shared objects, by address.
    shared: BTreeMap<u64, Place>,
    /// Those of them that have owners, if threads wait there.
    crowded: BTreeSet<u64>,
    live_max: u32,
    awake: u32,
    stopping: bool,
    trap: Option<Box<Trap>>,
}

#[derive(Clone, Debug, Default)]
struct Monitor {
    owner: Option<Holder>,
    /// The threads that want it, longest first.
    queue: VecDeque<Holder>,
    /// The threads that wait for a notification, longest first.
    waiting: VecDeque<Holder>,
}

/// A thread, and the number of its entries into the monitor, now or when it gets it.
#[derive(Clone, Copy, Debug)]
struct Holder {
    thread: ThreadId,
    depth: u64,
}

/// Why a thread may not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The maximum number of threads are alive.
    Limit(u32),
    /// The program is being stopped.
    Stopping,
}

/// The answer to a request to join.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Joined {
    /// The thread has ended already.
    Already,
    /// The caller is blocked until the thread ends.
    Waiting,
    /// A thread cannot wait for itself.
    Oneself,
    /// There is no such thread.
    Unknown,
    /// The wait would never end; describes which thread waits for which.
    Deadlock(String),
}

/// The answer to a request for a monitor.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Entered {
    /// The caller owns it.
    Now,
    /// The caller is blocked until it owns it.
    Waiting,
    /// The wait would never end; describes which thread waits for which.
    Deadlock(String),
}

/// The caller does not own the monitor that it wanted to give up or notify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotOwner;

/// The answer to leaving a monitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Exited {
    /// The caller still owns it, from an outer entry.
    Still,
    /// The monitor is free.
    Free,
    /// This thread owns it now and must be woken.
    To(ThreadId),
}

/// The state of a blocked thread that was told to stop waiting.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Cancelled {
    /// The thread runs.
    Runs,
    /// The thread wants back the monitor that it gave up to wait, and is blocked, without a time limit,
    /// until it owns it.
    WantsBack,
    /// The thread wants the monitor back, but would wait forever; describes which thread waits for
    /// which. The thread runs, without the monitor.
    Deadlock(String),
}

/// How a thread ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Its entry function returned.
    Returned,
    /// A trap that no handler caught.
    Trapped(Box<Trap>),
}

impl Coordination {
    /// One running thread, the main one. At most `live_max` threads may be alive at once, including the
    /// main one. Messages name a monitor by the global of `code` at its address, if there is one.
    pub fn new(live_max: u32, code: Option<Code>) -> Self {
        Coordination {
            code,
            threads: Roll::new(),
            monitors: BTreeMap::new(),
            shared: BTreeMap::new(),
            crowded: BTreeSet::new(),
            live_max,
            awake: 1,
            stopping: false,
            trap: None,
        }
    }

    /// Adds a running thread with the next number.
    ///
    /// # Errors
    /// [`Refused`], with nothing changed.
    pub fn begin(&mut self, captures_errors: bool) -> Result<ThreadId, Refused> {
        if self.stopping {
            return Err(Refused::Stopping);
        }
        if self.threads.live_count() >= self.live_max {
            return Err(Refused::Limit(self.live_max));
        }
        self.awake += 1;
        Ok(self.threads.begin(captures_errors))
    }

    /// Undoes the latest [`begin`](Self::begin): the thread never ran, and its number is free. Returns
    /// the threads to wake: those that guessed the number and are already joining it.
    pub fn abandon(&mut self, thread: ThreadId) -> Woken {
        assert_eq!(thread.0 + 1, self.threads.started(), "only the newest start is taken back");
        let joiners = self.threads.abandon();
        self.awake -= 1;
        for &joiner in &joiners {
            self.unblock(joiner);
        }
        joiners
    }

    /// Ends a thread. Returns the threads to wake: its joiners, or all threads if this stops the program.
    ///
    /// A trap stops the program, unless the thread captures its errors and the trap is one that a guest
    /// may catch. The program also stops if another thread now waits forever: for a monitor that this
    /// thread still owns, or for something that no remaining thread can bring about. Monitors of the
    /// ended thread stay taken: releasing them silently would hide the guest's mistake.
    pub fn end(&mut self, thread: ThreadId, ended: Ended) -> Woken {
        let live = self.threads.end(thread);
        debug_assert!(live.blocked().is_none(), "in line: only a running thread ends");
        self.awake -= 1;
        let Live { captures_errors, owned, .. } = live;
        let mut wake = live.into_joiners();
        // Once the program stops they have been woken, and may have ended.
        if !self.stopping {
            wake.iter().for_each(|&joiner| self.unblock(joiner));
        }
        match ended {
            Ended::Trapped(trap) if captures_errors && trap.kind.is_catchable() => {
                let error = format!("{}: {}", trap.kind, trap.message).into();
                self.threads.keep_error(thread, error);
            }
            Ended::Trapped(trap) => wake.extend(self.stop(Some(trap))),
            Ended::Returned => {}
        }
        if !self.stopping
            && let Some(message) = self.stranded_by(thread, owned > 0)
        {
            let trap = Trap::outside(TrapKind::Deadlock, message, thread.0);
            wake.extend(self.stop(Some(Box::new(trap))));
        }
        wake
    }

    /// Makes every thread stop at its next safepoint, and lets no new one start. The program ends with
    /// the first trap given. Returns the threads to wake: the blocked ones.
    pub fn stop(&mut self, trap: Option<Box<Trap>>) -> Woken {
        if self.stopping {
            // All threads have been woken, and no thread blocks any more.
            return Woken::new();
        }
        self.stopping = true;
        self.trap = trap;
        self.blocked_threads().collect()
    }

    /// Whether [`stop`](Self::stop) has happened.
    pub fn is_stopping(&self) -> bool {
        self.stopping
    }

    /// Takes the trap that stopped the program; only the first call returns it.
    pub fn take_trap(&mut self) -> Option<Box<Trap>> {
        self.trap.take()
    }

    /// The number of threads that have ever started, including the main one.
    pub fn started(&self) -> u32 {
        self.threads.started()
    }

    /// Whether a thread has not ended yet.
    pub fn has_live(&self) -> bool {
        self.threads.live_count() > 0
    }

    /// Whether a thread has ended; `None` if there is no such thread.
    pub fn has_ended(&self, thread: ThreadId) -> Option<bool> {
        self.threads.has_ended(thread)
    }

    /// The numbers of the threads from this one on that have all ended; not of more than a few hundred.
    pub fn ended_from(&self, thread: ThreadId) -> Range<u32> {
        self.threads.ended_from(thread)
    }

    /// The captured error of a thread that has ended with one; `None` if there is no such thread.
    pub fn error_of(&self, thread: ThreadId) -> Option<Option<Text>> {
        self.threads.has_ended(thread)?;
        Some(self.threads.error_of(thread).cloned())
    }

    /// The place of a live thread among those that are live: no other has it, and it is below the largest number of
    /// threads that have been live at once.
    pub fn place(&self, thread: ThreadId) -> usize {
        self.threads.place(thread)
    }

    /// Whether a thread must continue to wait.
    pub fn is_blocked(&self, thread: ThreadId) -> bool {
        self.live(thread).blocked().is_some()
    }

    /// Waits for a thread's end. `timed` says that the caller will give up by itself.
    pub fn join(&mut self, me: ThreadId, thread: ThreadId, timed: bool) -> Joined {
        if me == thread {
            return Joined::Oneself;
        }
        match self.threads.has_ended(thread) {
            None => return Joined::Unknown,
            Some(true) => return Joined::Already,
            Some(false) => self.live_mut(thread).add_joiner(me),
        }
        match self.block(me, BlockedOn::End(thread), timed) {
            Ok(()) => Joined::Waiting,
            Err(deadlock) => Joined::Deadlock(deadlock),
        }
    }

    /// Blocks the caller for a time only.
    pub fn sleep(&mut self, me: ThreadId) {
        let blocked = self.block(me, BlockedOn::Time, true);
        debug_assert_eq!(blocked, Ok(()), "who has a time limit is not in a deadlock");
    }

    /// Whether there is no room for this monitor, because too many are taken or waited for.
    pub fn lacks_room_for(&self, object: u64) -> bool {
        const MONITORS_MAX: usize = 1 << 20;
        self.monitors.len() >= MONITORS_MAX && !self.monitors.contains_key(&object)
    }

    /// Takes a monitor or waits in line for it.
    pub fn enter(&mut self, me: ThreadId, object: u64, timed: bool) -> Entered {
        if self.try_enter(me, object) {
            return Entered::Now;
        }
        self.monitor(object).queue.push_back(Holder { thread: me, depth: 1 });
        match self.block(me, BlockedOn::Monitor(Address(object)), timed) {
            Ok(()) => Entered::Waiting,
            Err(deadlock) => Entered::Deadlock(deadlock),
        }
    }

    /// Takes a monitor if it is free or the caller's own; returns whether it did.
    pub fn try_enter(&mut self, me: ThreadId, object: u64) -> bool {
        let monitor = self.monitor(object);
        match &mut monitor.owner {
            Some(owner) if owner.thread == me => owner.depth += 1,
            Some(_) => return false,
            None => {
                monitor.owner = Some(Holder { thread: me, depth: 1 });
                self.live_mut(me).owns_more();
            }
        }
        true
    }

    /// Leaves a monitor once; if that was the last entry, the longest-waiting thread gets the monitor.
    ///
    /// # Errors
    /// [`NotOwner`], with nothing changed.
    pub fn exit(&mut self, me: ThreadId, object: u64) -> Result<Exited, NotOwner> {
        let owner = self.owner(me, object)?;
        owner.depth -= 1;
        if owner.depth > 0 {
            return Ok(Exited::Still);
        }
        Ok(self.hand_over(object))
    }

    /// Gives a monitor up completely and waits for a notification. Returns the thread to wake, if the
    /// monitor went to one.
    ///
    /// # Errors
    /// [`NotOwner`], with nothing changed; or a description of the deadlock, if the wait would never
    /// end. In the second case the caller has given the monitor up and runs.
    pub fn wait(
        &mut self,
        me: ThreadId,
        object: u64,
        timed: bool,
    ) -> Result<(Exited, Result<(), String>), NotOwner> {
        let holder = *self.owner(me, object)?;
        self.live_mut(me).notified = false;
        self.monitor(object).waiting.push_back(holder);
        let exited = self.hand_over(object);
        Ok((exited, self.block(me, BlockedOn::Notification(Address(object)), timed)))
    }

    /// Moves the longest-waiting thread, or all of them, from waiting for a notification to waiting for
    /// the monitor. The caller owns the monitor, so none of them runs before the caller gives it up.
    ///
    /// # Errors
    /// [`NotOwner`], with nothing changed.
    pub fn notify(&mut self, me: ThreadId, object: u64, all: bool) -> Result<(), NotOwner> {
        self.owner(me, object)?;
        let monitor = self.monitor(object);
        let count = if all { monitor.waiting.len() } else { monitor.waiting.len().min(1) };
        let notified: Vec<Holder> = monitor.waiting.drain(..count).collect();
        monitor.queue.extend(&notified);
        for holder in notified {
            self.live_mut(holder.thread).notified = true;
            self.want_back(holder.thread, object);
        }
        Ok(())
    }

    /// Whether the caller's latest wait ended with a notification.
    pub fn was_notified(&self, me: ThreadId) -> bool {
        self.live(me).notified
    }

    /// Makes a blocked thread stop waiting, because its time is up or the program stops. This has no
    /// effect on a thread that has been unblocked in the meantime, or on a thread that was notified
    /// before its time was up: that thread is already waiting for the monitor.
    pub fn cancel(&mut self, me: ThreadId) -> Cancelled {
        let live = self.live(me);
        match live.blocked() {
            None => Cancelled::Runs,
            Some(_) if !live.timed && !self.stopping => Cancelled::WantsBack,
            Some(on) => self.leave_line(me, on),
        }
    }

    fn leave_line(&mut self, me: ThreadId, on: BlockedOn) -> Cancelled {
        match on {
            BlockedOn::Time => {}
            BlockedOn::Shared(Address(at)) => self.leave_place(me, at),
            // Nobody looks at the list any more once the program stops.
            BlockedOn::End(_) if self.stopping => {}
            BlockedOn::End(thread) => {
                if self.threads.has_ended(thread) == Some(false) {
                    self.live_mut(thread).remove_joiner(me);
                }
            }
            BlockedOn::Monitor(Address(object)) => {
                let queue = &mut self.monitor(object).queue;
                let at = queue.iter().position(|holder| holder.thread == me);
                queue.remove(at.expect("in line"));
                self.tidy(object);
            }
            BlockedOn::Notification(Address(object)) => {
                let is_stopping = self.stopping;
                let monitor = self.monitor(object);
                let at = monitor.waiting.iter().position(|holder| holder.thread == me);
                let holder = monitor.waiting.remove(at.expect("in line")).expect("found");
                if is_stopping {
                    self.tidy(object);
                } else if monitor.owner.is_none() {
                    monitor.owner = Some(holder);
                    self.live_mut(me).owns_more();
                } else {
                    monitor.queue.push_back(holder);
                    self.want_back(me, object);
                    return match self.deadlock(me) {
                        None => Cancelled::WantsBack,
                        Some(deadlock) => Cancelled::Deadlock(deadlock),
                    };
                }
            }
        }
        self.unblock(me);
        Cancelled::Runs
    }

    fn live(&self, thread: ThreadId) -> &Live {
        self.threads.live(thread)
    }

    fn live_mut(&mut self, thread: ThreadId) -> &mut Live {
        self.threads.live_mut(thread)
    }

    fn monitor(&mut self, object: u64) -> &mut Monitor {
        self.monitors.entry(object).or_default()
    }

    fn owner(&mut self, me: ThreadId, object: u64) -> Result<&mut Holder, NotOwner> {
        self.monitors
            .get_mut(&object)
            .and_then(|monitor| monitor.owner.as_mut())
            .filter(|owner| owner.thread == me)
            .ok_or(NotOwner)
    }

    /// The owner leaves; the first thread in line, if any, becomes the new owner and runs.
    fn hand_over(&mut self, object: u64) -> Exited {
        let monitor = self.monitor(object);
        let next = monitor.queue.pop_front();
        let before = std::mem::replace(&mut monitor.owner, next);
        if let Some(before) = before {
            self.live_mut(before.thread).owns_less();
        }
        if let Some(next) = next {
            self.live_mut(next.thread).owns_more();
            self.unblock(next.thread);
            Exited::To(next.thread)
        } else {
            self.tidy(object);
            Exited::Free
        }
    }

    /// Forgets a monitor without an owner and without waiting threads.
    fn tidy(&mut self, object: u64) {
        let monitor = &self.monitors[&object];
        if monitor.owner.is_none() && monitor.queue.is_empty() && monitor.waiting.is_empty() {
            self.monitors.remove(&object);
        }
    }

    fn block(&mut self, me: ThreadId, on: BlockedOn, timed: bool) -> Result<(), String> {
        self.live_mut(me).block(on, timed);
        if timed {
            return Ok(());
        }
        self.awake -= 1;
        self.deadlock(me).map_or(Ok(()), Err)
    }

    fn unblock(&mut self, thread: ThreadId) {
        if self.live_mut(thread).unblock() {
            self.awake += 1;
        }
    }

    /// From now on, a thread that waited for a notification waits for the monitor, without a time limit.
    fn want_back(&mut self, thread: ThreadId, object: u64) {
        let live = self.live_mut(thread);
        let was_timed = live.blocked().is_some() && live.timed;
        live.block(BlockedOn::Monitor(Address(object)), false);
        if was_timed {
            self.awake -= 1;
        }
    }
}

#[cfg(test)]
mod tests;
