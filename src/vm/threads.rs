//! The thread table: the program's [`Coordination`] behind one lock, and a parking place for every
//! guest thread.
//!
//! | step of a start | who | the table's lock | the hosts' lock |
//! |---|---|---|---|
//! | take the next number, unless at the limit | parent | yes | yes |
//! | start the host thread | parent | no | yes |
//! | the host refuses: give the number back | parent | yes | yes |
//! | keep the handle | parent | no | yes |
//! | join the host threads of guests that have ended | parent | no | no |
//! | run the guest, return its memory, print its last line | child | no | no |
//! | mark the end | child | yes | no |
//! | wake the threads that wait for it | child | no | no |
//!
//! Starting a host thread takes long, so it happens outside the table's lock, which every thread needs
//! for its end: a child that ended in the meantime would have to sleep on the lock and be woken. For the
//! same reason threads are woken after the lock has been released. Host threads are joined last of all:
//! while a new one was started, they had time to exit.
//!
//! # Invariants
//! *starts take turns*: the hosts' lock is held over a whole start, so a number that is given back is
//! the newest one, and a thread that has this lock finds the handle of every thread that has started.
//! *no wait inside*: no thread waits for a host thread while it holds a lock. *own place*: a thread
//! parks on its own condition variable, so a wake is for this thread alone. *in order*: a thread that
//! holds both locks took the hosts' lock first.
//!
//! Functions that several operations share are `#[track_caller]`, so that the checkers tell the traces
//! of these operations apart and can break one of them at a time.
//!
//! One lock for all coordination means that every operation on it also orders everything before it and
//! after it. A checker that runs the core therefore does not see a guest's race between, for example,
//! two threads that have taken different monitors.

use std::collections::BTreeMap;

use core::time::Duration;

use super::sync::thread::{self, JoinHandle};
use super::sync::{Arc, AtomicBool, Condvar, Mutex, MutexGuard, Ordering, named};
use crate::interp::refusal::{self, Refusal};
use crate::interp::{
    Cancelled, Code, Coordination, Ended, Entered, Exited, Joined, NotOwner, Patience, Refused,
    Reply, Request, Text, ThreadId, Trap, TrapKind, Used,
};

#[derive(Debug)]
pub(super) struct Threads {
    table: Mutex<Table>,
    hosts: Mutex<Hosts>,
    /// A copy of "the program is stopping", which running threads read without the lock.
    is_stopping: AtomicBool,
}

#[derive(Debug)]
struct Table {
    state: Coordination,
    /// The place where each live thread parks.
    places: BTreeMap<ThreadId, Arc<Condvar>>,
    /// Threads that have ended since the last start.
    ended: Vec<ThreadId>,
}

/// Host threads that have not been joined.
type Hosts = BTreeMap<ThreadId, JoinHandle<()>>;

/// Why a thread cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Halt {
    /// The program is stopping.
    Stopping,
    /// The operation is not allowed, or would wait forever.
    Trap(TrapKind, String),
}

impl Halt {
    fn deadlock(description: String) -> Self {
        Halt::Trap(TrapKind::Deadlock, description)
    }
}

type Locked<'t> = MutexGuard<'t, Table>;

/// A guest thread's access to the table.
#[derive(Clone, Debug)]
pub(super) struct Parking {
    pub(super) id: ThreadId,
    condvar: Arc<Condvar>,
}

impl Threads {
    /// Creates the table of a program with its main thread, and that thread's parking place.
    pub(super) fn new(live_max: u32, code: Code) -> (Self, Parking) {
        let main = Parking { id: ThreadId(0), condvar: Arc::new(Condvar::new()) };
        let table = Table {
            state: Coordination::new(live_max, Some(code)),
            places: BTreeMap::from([(main.id, main.condvar.clone())]),
            ended: Vec::new(),
        };
        let hosts = named("the host threads", Mutex::new(Hosts::new()));
        let table = named("the thread table", Mutex::new(table));
        (Threads { table, hosts, is_stopping: AtomicBool::new(false) }, main)
    }

    /// Starts a host thread for a new guest thread. `body` is made for the new thread's parking place.
    pub(super) fn start<B: FnOnce() + Send + 'static>(
        &self,
        captures_errors: bool,
        body: impl FnOnce(Parking) -> B,
    ) -> Result<ThreadId, Halt> {
        let mut hosts = self.hosts.lock().unwrap();
        let (parking, ended) = self.table.lock().unwrap().begin(captures_errors)?;
        let id = parking.id;
        let exiting: Vec<_> = ended.iter().filter_map(|id| hosts.remove(id)).collect();
        let started = match thread::Builder::new().spawn(body(parking)) {
            Ok(handle) => {
                hosts.insert(id, handle);
                Ok(id)
            }
            Err(error) => {
                self.abandon(id);
                let message =
                    format!("Thread.Start: the system refused to start a thread: {error}");
                Err(Halt::Trap(TrapKind::RuntimeError, message))
            }
        };
        drop(hosts);
        exiting.into_iter().for_each(ended_host);
        started
    }

    fn abandon(&self, id: ThreadId) {
        let mut table = self.table.lock().unwrap();
        let woken = table.state.abandon(id);
        table.places.remove(&id);
        wake_outside(table, &woken);
    }

    /// Marks a guest thread's end. This is the last thing that its host thread does with the program.
    ///
    /// Only a checker unwinds a thread out of a wait. Its execution is over then, and the thread stays as it is.
    pub(super) fn end(&self, id: ThreadId, ended: Ended) {
        let mut table = self.table.lock().unwrap();
        if table.state.is_blocked(id) {
            return;
        }
        let woken = table.state.end(id, ended);
        table.places.remove(&id);
        table.ended.push(id);
        self.note_stopping(&table);
        wake_outside(table, &woken);
    }

    /// Stops the program: every thread stops at its next safepoint. The first trap is kept.
    pub(super) fn stop(&self, trap: Trap) {
        self.stop_with(Some(Box::new(trap)));
    }

    /// Stops the program without a trap: its result is kept.
    pub(super) fn stop_quietly(&self) {
        self.stop_with(None);
    }

    fn stop_with(&self, trap: Option<Box<Trap>>) {
        let mut table = self.table.lock().unwrap();
        let woken = table.state.stop(trap);
        self.note_stopping(&table);
        wake_outside(table, &woken);
    }

    /// Whether the program is stopping, as far as the caller knows.
    #[inline]
    pub(super) fn is_stopping(&self) -> bool {
        // ORDER: Relaxed. It only says "look"; what stopped the program is under the lock.
        self.is_stopping.load(Ordering::Relaxed)
    }

    #[track_caller]
    fn note_stopping(&self, table: &Table) {
        if table.state.is_stopping() {
            // ORDER: Relaxed. See `is_stopping`.
            self.is_stopping.store(true, Ordering::Relaxed);
        }
    }

    /// Waits for all host threads, including those that guests start in the meantime: a guest that
    /// starts one is itself waited for, and by then the handle is in the table or joined.
    pub(super) fn join_hosts(&self) {
        loop {
            let next = self.hosts.lock().unwrap().pop_first();
            let Some((_, handle)) = next else { break };
            ended_host(handle);
        }
    }

    /// Locks the table for an operation of a guest. All of these operations are safepoints.
    #[track_caller]
    fn lock_running(&self) -> Result<Locked<'_>, Halt> {
        let table = self.table.lock().unwrap();
        if table.state.is_stopping() { Err(Halt::Stopping) } else { Ok(table) }
    }

    /// As [`lock_running`](Self::lock_running), for taking a monitor.
    #[track_caller]
    fn lock_with_room_for(&self, object: u64) -> Result<Locked<'_>, Halt> {
        let table = self.lock_running()?;
        if table.state.lacks_room_for(object) {
            return Err(Halt::Trap(TrapKind::OutOfMemory, "too many monitors are taken".into()));
        }
        Ok(table)
    }

    pub(super) fn take_trap(&self) -> Option<Box<Trap>> {
        self.table.lock().unwrap().state.take_trap()
    }

    /// The number of threads that have ever started, including the main one.
    pub(super) fn started(&self) -> u32 {
        self.table.lock().unwrap().state.started()
    }

    pub(super) fn has_ended(&self, thread: ThreadId) -> Result<bool, Halt> {
        self.lock_running()?.state.has_ended(thread).ok_or_else(|| unknown(thread))
    }

    pub(super) fn error_of(&self, thread: ThreadId) -> Result<Option<Text>, Halt> {
        self.lock_running()?.state.error_of(thread).ok_or_else(|| unknown(thread))
    }

    pub(super) fn join(&self, me: &Parking, thread: ThreadId) -> Result<(), Halt> {
        let mut table = self.lock_running()?;
        match table.state.join(me.id, thread, false) {
            Joined::Already => Ok(()),
            Joined::Waiting => me.park(table).map(drop),
            refused => Err(join_refused(refused, thread)),
        }
    }

    /// Whether the thread ended within the time.
    pub(super) fn join_for(&self, me: &Parking, thread: ThreadId, ms: u64) -> Result<bool, Halt> {
        let mut table = self.lock_running()?;
        match table.state.join(me.id, thread, true) {
            Joined::Already => Ok(true),
            Joined::Waiting => me.park_for(table, ms).map(|(_, unblocked)| unblocked),
            refused => Err(join_refused(refused, thread)),
        }
    }

    pub(super) fn sleep(&self, me: &Parking, ms: u64) -> Result<(), Halt> {
        let mut table = self.lock_running()?;
        table.state.sleep(me.id);
        me.park_for(table, ms).map(drop)
    }

    pub(super) fn enter(&self, me: &Parking, object: u64) -> Result<(), Halt> {
        let mut table = self.lock_with_room_for(object)?;
        match table.state.enter(me.id, object, false) {
            Entered::Now => Ok(()),
            Entered::Waiting => me.park(table).map(drop),
            Entered::Deadlock(text) => Err(Halt::deadlock(text)),
        }
    }

    pub(super) fn try_enter(&self, me: &Parking, object: u64) -> Result<bool, Halt> {
        Ok(self.lock_with_room_for(object)?.state.try_enter(me.id, object))
    }

    /// Whether the monitor was taken within the time.
    pub(super) fn enter_for(&self, me: &Parking, object: u64, ms: u64) -> Result<bool, Halt> {
        let mut table = self.lock_with_room_for(object)?;
        match table.state.enter(me.id, object, true) {
            Entered::Now => Ok(true),
            Entered::Waiting => me.park_for(table, ms).map(|(_, unblocked)| unblocked),
            Entered::Deadlock(text) => Err(Halt::deadlock(text)),
        }
    }

    pub(super) fn exit(&self, me: &Parking, object: u64) -> Result<(), Halt> {
        let mut table = self.lock_running()?;
        let exited = table.state.exit(me.id, object);
        let exited = exited.map_err(|NotOwner| refusal::double_unlock())?;
        if let Exited::To(next) = exited {
            wake_outside(table, &[next]);
        }
        Ok(())
    }

    pub(super) fn wait(&self, me: &Parking, object: u64) -> Result<(), Halt> {
        let table = self.give_up(me, object, false)?;
        me.park(table).map(drop)
    }

    /// Whether a notification came within the time. The caller owns the monitor again in both cases.
    pub(super) fn wait_for(&self, me: &Parking, object: u64, ms: u64) -> Result<bool, Halt> {
        let table = self.give_up(me, object, true)?;
        let (table, _) = me.park_for(table, ms)?;
        Ok(table.state.was_notified(me.id))
    }

    #[track_caller]
    fn give_up(&self, me: &Parking, object: u64, timed: bool) -> Result<Locked<'_>, Halt> {
        let mut table = self.lock_running()?;
        let (exited, waits) =
            table.state.wait(me.id, object, timed).map_err(|e| not_owner(e, "Wait"))?;
        if let Exited::To(next) = exited
            && let Some(place) = table.places.get(&next)
        {
            place.notify_one();
        }
        waits.map_err(Halt::deadlock)?;
        Ok(table)
    }

    /// Carries out a request at a shared object, waiting for at most this many milliseconds if there is a limit;
    /// nothing if there is nothing to answer, or the time was up.
    pub(super) fn use_shared(
        &self,
        me: &Parking,
        at: u64,
        request: &Request,
        ms: Option<u64>,
    ) -> Result<Reply, Halt> {
        let patience = match ms {
            None => Patience::Endless,
            Some(0) => Patience::None,
            Some(_) => Patience::Timed,
        };
        let mut table = self.lock_running()?;
        let (used, woken) = table.state.use_shared(me.id, at, request, patience);
        let answer = match used {
            Used::Done(answer) => Ok(answer),
            Used::Refused(refusal) => Err(refusal.into()),
            Used::Deadlock(text) => Err(Halt::deadlock(text)),
            Used::Waiting => {
                let mut table = match ms {
                    None => me.park(table)?,
                    Some(ms) => me.park_for(table, ms)?.0,
                };
                return Ok(table.state.take_answer(me.id)?);
            }
        };
        wake_outside(table, &woken);
        answer
    }

    pub(super) fn notify(&self, me: &Parking, object: u64, all: bool) -> Result<(), Halt> {
        let operation = if all { "PauseAll" } else { "Pause" };
        let mut table = self.lock_running()?;
        table.state.notify(me.id, object, all).map_err(|e| not_owner(e, operation))
    }
}

impl Table {
    /// A number and a place for a new thread, and the threads that have ended since the last one.
    fn begin(&mut self, captures_errors: bool) -> Result<(Parking, Vec<ThreadId>), Halt> {
        let id = self.state.begin(captures_errors).map_err(|refused| match refused {
            Refused::Stopping => Halt::Stopping,
            Refused::Limit(max) => Halt::Trap(
                TrapKind::ThreadLimit,
                format!("Thread.Start: thread limit reached: {max} threads are live"),
            ),
        })?;
        let condvar = Arc::new(Condvar::new());
        self.places.insert(id, condvar.clone());
        Ok((Parking { id, condvar }, std::mem::take(&mut self.ended)))
    }
}

/// Releases the lock before waking: a woken thread's first act is to take it.
#[track_caller]
fn wake_outside(table: Locked<'_>, threads: &[ThreadId]) {
    let places = threads.iter().filter_map(|thread| table.places.get(thread).cloned());
    let places: Vec<Arc<Condvar>> = places.collect();
    drop(table);
    for place in places {
        place.notify_one();
    }
}

impl Parking {
    fn must_wait(&self, table: &Table) -> bool {
        table.state.is_blocked(self.id) && !table.state.is_stopping()
    }

    /// Waits until another thread has unblocked this one.
    #[track_caller]
    fn park<'t>(&self, table: Locked<'t>) -> Result<Locked<'t>, Halt> {
        let mut table = self.condvar.wait_while(table, |table| self.must_wait(table)).unwrap();
        if table.state.is_stopping() {
            let _: Cancelled = table.state.cancel(self.id);
            return Err(Halt::Stopping);
        }
        Ok(table)
    }

    /// As [`park`](Self::park), but for a limited time; whether another thread has unblocked this one.
    #[track_caller]
    fn park_for<'t>(&self, table: Locked<'t>, ms: u64) -> Result<(Locked<'t>, bool), Halt> {
        let (mut table, _) = self
            .condvar
            .wait_timeout_while(table, Duration::from_millis(ms), |table| self.must_wait(table))
            .unwrap();
        let is_stopping = table.state.is_stopping();
        if !table.state.is_blocked(self.id) && !is_stopping {
            return Ok((table, true));
        }
        match table.state.cancel(self.id) {
            _ if is_stopping => Err(Halt::Stopping),
            Cancelled::Runs => Ok((table, false)),
            Cancelled::WantsBack => self.park(table).map(|table| (table, false)),
            Cancelled::Deadlock(text) => Err(Halt::deadlock(text)),
        }
    }
}

/// Waits for a host thread that has nothing more to do with the program. If a host function panicked on
/// it, the end of its guest has reported that.
fn ended_host(handle: JoinHandle<()>) {
    let _ = handle.join();
}

impl From<Refusal> for Halt {
    fn from((kind, message): Refusal) -> Self {
        Halt::Trap(kind, message)
    }
}

fn unknown(thread: ThreadId) -> Halt {
    refusal::no_such_thread(thread).into()
}

fn join_refused(refused: Joined, thread: ThreadId) -> Halt {
    match refused {
        Joined::Oneself => refusal::joins_itself().into(),
        Joined::Deadlock(text) => Halt::deadlock(text),
        Joined::Unknown | Joined::Already | Joined::Waiting => unknown(thread),
    }
}

fn not_owner(NotOwner: NotOwner, operation: &str) -> Halt {
    refusal::not_owner(operation).into()
}
