//! What a program's threads do to each other, as plain data: starts, ends, joins, monitors, and
//! who waits for what.
//!
//! Every transition is one method that either happens or says who must wait; nothing blocks in
//! here. A world puts it behind its lock and parks threads on its own condition variables, the
//! reference clones it. So waiting in line, waking, re-entry and deadlocks mean the same for all.
//!
//! | state of a thread | meaning | left by |
//! |---|---|---|
//! | running | carries out instructions | itself, by a method that answers "waiting" or by `end` |
//! | blocked | waits for a thread, a monitor, a notification or time | another thread's `end`, `exit` or `notify`; `cancel` |
//! | ended | never runs again | nothing |
//!
//! # Invariants
//! *in line*: a blocked thread stands in exactly one queue, the one of what it is blocked on, and
//! a running one in none. *one owner*: a monitor has at most one owner, and none only while its
//! queue is empty. *awake*: `awake` counts the threads that are running, or blocked with a time
//! limit.

mod deadlock;

use std::collections::{BTreeMap, VecDeque};

use super::{Code, Text, ThreadId, Trap, TrapKind};

/// The threads and monitors of one running program.
#[derive(Clone, Debug)]
pub struct Coordination {
    /// Knows the names of globals.
    code: Option<Code>,
    threads: Vec<Thread>,
    monitors: BTreeMap<u64, Monitor>,
    live: u32,
    live_max: u32,
    awake: u32,
    stopping: bool,
    trap: Option<Box<Trap>>,
}

#[derive(Clone, Debug)]
enum Thread {
    Live(Box<Live>),
    Ended(Option<Text>),
}

#[derive(Clone, Debug, Default)]
struct Live {
    captures_errors: bool,
    blocked: Option<Blocked>,
    /// Those who wait for this thread's end.
    joiners: Vec<ThreadId>,
    /// Whether the newest wait for a notification got one.
    notified: bool,
}

#[derive(Clone, Copy, Debug)]
struct Blocked {
    on: BlockedOn,
    timed: bool,
}

/// What a thread waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockedOn {
    /// The end of a thread.
    End(ThreadId),
    /// A monitor that another thread has.
    Monitor(u64),
    /// A notification on a monitor that it has given up for that.
    Notification(u64),
    /// Time alone.
    Time,
}

#[derive(Clone, Debug, Default)]
struct Monitor {
    owner: Option<Holder>,
    /// Those who want it, longest first.
    queue: VecDeque<Holder>,
    /// Those who wait for a notification, longest first.
    waiting: VecDeque<Holder>,
}

/// A thread, and how many times it has or will have the monitor.
#[derive(Clone, Copy, Debug)]
struct Holder {
    thread: ThreadId,
    depth: u64,
}

/// Why a thread may not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// So many threads are live already, and no more may be.
    Limit(u32),
    /// The program is being stopped.
    Stopping,
}

/// The answer to a wish to join.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Joined {
    /// It has ended already.
    Already,
    /// The caller is blocked until it ends.
    Waiting,
    /// A thread cannot wait for itself.
    Oneself,
    /// There is no such thread.
    Unknown,
    /// Waiting would never end: who waits for whom.
    Deadlock(String),
}

/// The answer to a wish for a monitor.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Entered {
    /// The caller has it.
    Now,
    /// The caller is blocked until it has it.
    Waiting,
    /// Waiting would never end: who waits for whom.
    Deadlock(String),
}

/// The caller does not have the monitor that it wanted to give up or notify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotOwner;

/// The answer to giving a monitor up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Exited {
    /// The caller still has it, from an outer entry.
    Still,
    /// It is free.
    Free,
    /// This thread has it now and must be woken.
    To(ThreadId),
}

/// What became of a blocked thread that stopped waiting.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Cancelled {
    /// It runs.
    Runs,
    /// It wants back the monitor that it gave up to wait, and is blocked, without a time limit,
    /// until it has it.
    WantsBack,
    /// It wants the monitor back, but would wait for ever: who waits for whom. It runs, without.
    Deadlock(String),
}

/// How a thread ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Its entry function returned.
    Returned,
    /// A trap that no handler took.
    Trapped(Box<Trap>),
}

impl Coordination {
    /// One running thread, the main one. At most `live_max` may live at once, it included. Messages call a
    /// monitor by the global of `code` that it is at, if there is one.
    pub fn new(live_max: u32, code: Option<Code>) -> Self {
        Coordination {
            code,
            threads: vec![Thread::Live(Box::default())],
            monitors: BTreeMap::new(),
            live: 1,
            live_max,
            awake: 1,
            stopping: false,
            trap: None,
        }
    }

    /// Adds a running thread under the next number.
    ///
    /// # Errors
    /// [`Refused`], with nothing changed.
    pub fn begin(&mut self, captures_errors: bool) -> Result<ThreadId, Refused> {
        if self.stopping {
            return Err(Refused::Stopping);
        }
        if self.live >= self.live_max {
            return Err(Refused::Limit(self.live_max));
        }
        let id = ThreadId(self.threads.len() as u32);
        self.threads.push(Thread::Live(Box::new(Live { captures_errors, ..Live::default() })));
        self.live += 1;
        self.awake += 1;
        Ok(id)
    }

    /// Takes back the newest [`begin`](Self::begin): the thread never ran. Its number is free. Those to
    /// wake: who guessed the number and waits for it; nothing is left to wait for.
    pub fn abandon(&mut self, thread: ThreadId) -> Vec<ThreadId> {
        assert_eq!(
            thread.0 as usize + 1,
            self.threads.len(),
            "only the newest start is taken back"
        );
        let joiners = match self.threads.pop() {
            Some(Thread::Live(live)) => live.joiners,
            _ => unreachable!("a thread that never ran has not ended"),
        };
        self.live -= 1;
        self.awake -= 1;
        for &joiner in &joiners {
            self.unblock(joiner);
        }
        joiners
    }

    /// Ends a thread. Those to wake: its joiners, or everybody if this stops the program.
    ///
    /// A trap stops the program, unless the thread captures its errors and the trap is one that a
    /// guest may catch. So does an end after which another thread waits for ever: for a monitor
    /// that this one ends with, or because nobody is left who could bring about what it waits for.
    /// Monitors stay taken: giving them up silently would hide the guest's mistake.
    pub fn end(&mut self, thread: ThreadId, ended: Ended) -> Vec<ThreadId> {
        let Thread::Live(live) =
            std::mem::replace(&mut self.threads[thread.0 as usize], Thread::Ended(None))
        else {
            unreachable!("a thread ends once");
        };
        debug_assert!(live.blocked.is_none(), "in line: only a running thread ends");
        self.live -= 1;
        self.awake -= 1;
        for &joiner in &live.joiners {
            self.unblock(joiner);
        }
        let mut wake = live.joiners;
        match ended {
            Ended::Trapped(trap) if live.captures_errors && trap.kind.is_catchable() => {
                let error = format!("{}: {}", trap.kind, trap.message).into();
                self.threads[thread.0 as usize] = Thread::Ended(Some(error));
            }
            Ended::Trapped(trap) => wake.extend(self.stop(Some(trap))),
            Ended::Returned => {}
        }
        if !self.stopping
            && let Some(message) = self.stranded_by(thread)
        {
            let trap = Trap::outside(TrapKind::Deadlock, message, thread.0);
            wake.extend(self.stop(Some(Box::new(trap))));
        }
        wake
    }

    /// Makes every thread stop at its next safepoint, and no new one start. The first trap given
    /// is what the program ends with. Those to wake: the blocked ones.
    pub fn stop(&mut self, trap: Option<Box<Trap>>) -> Vec<ThreadId> {
        if self.stopping {
            // Everybody has been woken, and nobody blocks any more.
            return Vec::new();
        }
        self.stopping = true;
        self.trap = trap;
        self.blocked_threads().collect()
    }

    /// Whether [`stop`](Self::stop) has happened.
    pub fn is_stopping(&self) -> bool {
        self.stopping
    }

    /// The trap that stopped the program, once.
    pub fn take_trap(&mut self) -> Option<Box<Trap>> {
        self.trap.take()
    }

    /// How many threads have ever started, the main one included.
    pub fn started(&self) -> u32 {
        self.threads.len() as u32
    }

    /// Whether a thread has ended; `None` when there is no such thread.
    pub fn has_ended(&self, thread: ThreadId) -> Option<bool> {
        self.threads.get(thread.0 as usize).map(|thread| matches!(thread, Thread::Ended(_)))
    }

    /// The captured error of a thread that has ended with one; `None` when there is no such thread.
    pub fn error_of(&self, thread: ThreadId) -> Option<Option<Text>> {
        self.threads.get(thread.0 as usize).map(|thread| match thread {
            Thread::Ended(error) => error.clone(),
            Thread::Live(_) => None,
        })
    }

    /// Whether a thread must go on waiting.
    pub fn is_blocked(&self, thread: ThreadId) -> bool {
        self.live(thread).blocked.is_some()
    }

    /// Waits for a thread's end. `timed`: the caller will give up by itself.
    pub fn join(&mut self, me: ThreadId, thread: ThreadId, timed: bool) -> Joined {
        if me == thread {
            return Joined::Oneself;
        }
        match self.threads.get_mut(thread.0 as usize) {
            None => return Joined::Unknown,
            Some(Thread::Ended(_)) => return Joined::Already,
            Some(Thread::Live(live)) => live.joiners.push(me),
        }
        match self.block(me, BlockedOn::End(thread), timed) {
            Ok(()) => Joined::Waiting,
            Err(deadlock) => Joined::Deadlock(deadlock),
        }
    }

    /// Blocks the caller for time alone.
    pub fn sleep(&mut self, me: ThreadId) {
        let blocked = self.block(me, BlockedOn::Time, true);
        debug_assert_eq!(blocked, Ok(()), "who has a time limit is not in a deadlock");
    }

    /// Whether so many monitors are taken or waited for that there is no room for this one.
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
        match self.block(me, BlockedOn::Monitor(object), timed) {
            Ok(()) => Entered::Waiting,
            Err(deadlock) => Entered::Deadlock(deadlock),
        }
    }

    /// Takes a monitor if it is free or the caller's own; whether it did.
    pub fn try_enter(&mut self, me: ThreadId, object: u64) -> bool {
        let monitor = self.monitor(object);
        match &mut monitor.owner {
            Some(owner) if owner.thread == me => owner.depth += 1,
            Some(_) => return false,
            None => monitor.owner = Some(Holder { thread: me, depth: 1 }),
        }
        true
    }

    /// Gives a monitor up once; the longest-waiting thread gets it when that was the last time.
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

    /// Gives a monitor up wholly and waits for a notification. The thread to wake, if it went to
    /// one.
    ///
    /// # Errors
    /// [`NotOwner`], with nothing changed; then a description of the deadlock, if waiting would
    /// never end. The caller then has given the monitor up and runs.
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
        Ok((exited, self.block(me, BlockedOn::Notification(object), timed)))
    }

    /// Moves the longest-waiting thread, or all, from waiting for a notification to waiting for
    /// the monitor, which the caller has: so nobody runs before the caller gives it up.
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

    /// Whether the caller's newest wait ended with a notification.
    pub fn was_notified(&self, me: ThreadId) -> bool {
        self.live(me).notified
    }

    /// Makes a blocked thread stop waiting, because its time is up or the program stops. Nothing
    /// happens to one that has been unblocked meanwhile, nor to one whose notification came before
    /// its time was up: that one wants the monitor back already.
    pub fn cancel(&mut self, me: ThreadId) -> Cancelled {
        match self.live(me).blocked {
            None => Cancelled::Runs,
            Some(Blocked { timed: false, .. }) if !self.stopping => Cancelled::WantsBack,
            Some(Blocked { on, .. }) => self.leave_line(me, on),
        }
    }

    fn leave_line(&mut self, me: ThreadId, on: BlockedOn) -> Cancelled {
        match on {
            BlockedOn::Time => {}
            BlockedOn::End(thread) => {
                if let Some(Thread::Live(live)) = self.threads.get_mut(thread.0 as usize) {
                    live.joiners.retain(|&joiner| joiner != me);
                }
            }
            BlockedOn::Monitor(object) => {
                self.monitor(object).queue.retain(|holder| holder.thread != me);
                self.tidy(object);
            }
            BlockedOn::Notification(object) => {
                let is_stopping = self.stopping;
                let monitor = self.monitor(object);
                let at = monitor.waiting.iter().position(|holder| holder.thread == me);
                let holder = monitor.waiting.remove(at.expect("in line")).expect("found");
                if is_stopping {
                    self.tidy(object);
                } else if monitor.owner.is_none() {
                    monitor.owner = Some(holder);
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
        match &self.threads[thread.0 as usize] {
            Thread::Live(live) => live,
            Thread::Ended(_) => unreachable!("an ended thread does nothing"),
        }
    }

    fn live_mut(&mut self, thread: ThreadId) -> &mut Live {
        match &mut self.threads[thread.0 as usize] {
            Thread::Live(live) => live,
            Thread::Ended(_) => unreachable!("an ended thread does nothing"),
        }
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

    /// The owner leaves; the first in line, if any, is the new owner and runs.
    fn hand_over(&mut self, object: u64) -> Exited {
        let monitor = self.monitor(object);
        monitor.owner = monitor.queue.pop_front();
        if let Some(next) = monitor.owner {
            self.unblock(next.thread);
            Exited::To(next.thread)
        } else {
            self.tidy(object);
            Exited::Free
        }
    }

    /// Forgets a monitor that nobody has or waits for.
    fn tidy(&mut self, object: u64) {
        let monitor = &self.monitors[&object];
        if monitor.owner.is_none() && monitor.queue.is_empty() && monitor.waiting.is_empty() {
            self.monitors.remove(&object);
        }
    }

    fn block(&mut self, me: ThreadId, on: BlockedOn, timed: bool) -> Result<(), String> {
        self.live_mut(me).blocked = Some(Blocked { on, timed });
        if timed {
            return Ok(());
        }
        self.awake -= 1;
        self.deadlock(me).map_or(Ok(()), Err)
    }

    fn unblock(&mut self, thread: ThreadId) {
        let blocked = self.live_mut(thread).blocked.take();
        if blocked.is_some_and(|blocked| !blocked.timed) {
            self.awake += 1;
        }
    }

    /// A thread that waited for a notification waits for the monitor from now on, without limit.
    fn want_back(&mut self, thread: ThreadId, object: u64) {
        let on = BlockedOn::Monitor(object);
        let before = self.live_mut(thread).blocked.replace(Blocked { on, timed: false });
        if before.is_some_and(|before| before.timed) {
            self.awake -= 1;
        }
    }
}

#[cfg(test)]
mod tests;
