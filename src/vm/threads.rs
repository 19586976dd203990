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

use super::model::ThreadModel;
use super::schedule::{MainEnd, Schedule, Wait};
use super::sync::thread::{self, JoinHandle};
use super::sync::{Arc, AtomicBool, Condvar, Mutex, MutexGuard, Ordering, named};
use crate::interp::refusal::Refusal;
use crate::interp::{Cancelled, Code, Coordination, Ended, Refused, ThreadId, Trap, TrapKind};

#[derive(Debug)]
pub(super) struct Threads<R> {
    pub(super) table: Mutex<Table<R>>,
    hosts: Mutex<Hosts>,
    /// A copy of "the program is stopping", which running threads read without the lock.
    is_stopping: AtomicBool,
    pub(super) model: ThreadModel,
    /// Where workers wait for guests that can go on, if guests are not threads of the host.
    pub(super) workers: Condvar,
}

#[derive(Debug)]
pub(super) struct Table<R> {
    pub(super) state: Coordination,
    /// The guests at rest, if guests are data, of type `R`.
    pub(super) schedule: Option<Schedule<R>>,
    /// What has become of the main thread, if that is data.
    pub(super) main_end: MainEnd,
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
    /// The thread must wait, and is not a thread of the host: it asks again when it goes on.
    Parked,
    /// The operation is not allowed, or would wait forever.
    Trap(TrapKind, String),
}

impl Halt {
    pub(super) fn deadlock(description: String) -> Self {
        Halt::Trap(TrapKind::Deadlock, description)
    }
}

pub(super) type Locked<'t, R> = MutexGuard<'t, Table<R>>;

/// A guest thread's access to the table.
#[derive(Debug)]
pub(super) struct Parking {
    pub(super) id: ThreadId,
    place: Place,
}

/// Where a guest thread waits.
#[derive(Debug)]
enum Place {
    /// On a thread of the host that is its own.
    Own(Arc<Condvar>),
    /// At rest, as data: its worker runs others.
    Light(Wait),
}

impl<R> Threads<R> {
    /// Creates the table of a program with its main thread, and that thread's parking place. Its threads are what the
    /// model says.
    pub(super) fn new(live_max: u32, code: Code, model: ThreadModel) -> (Self, Parking) {
        let mut table = Table {
            state: Coordination::new(live_max, Some(code)),
            schedule: model.workers().map(|_| Schedule::new()),
            main_end: MainEnd::default(),
            places: BTreeMap::new(),
            ended: Vec::new(),
        };
        let main = table.place_for(ThreadId(0));
        let hosts = named("the host threads", Mutex::new(Hosts::new()));
        let table = named("the thread table", Mutex::new(table));
        let is_stopping = AtomicBool::new(false);
        (Threads { table, hosts, is_stopping, model, workers: Condvar::new() }, main)
    }

    /// Starts a host thread for a new guest thread. `body` is made for the new thread's parking place.
    pub(super) fn start<B: FnOnce() + Send + 'static>(
        &self,
        captures_errors: bool,
        body: impl FnOnce(Parking) -> B,
    ) -> Result<ThreadId, Halt> {
        let mut hosts = self.hosts.lock().unwrap();
        let (parking, ended) = self.table.lock().unwrap().begin_with_place(captures_errors)?;
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

    /// Starts a host thread that is only a worker; whether the host lets it start.
    pub(super) fn start_host(
        &self,
        number: ThreadId,
        work: impl FnOnce() + Send + 'static,
    ) -> bool {
        let mut hosts = self.hosts.lock().unwrap();
        match thread::Builder::new().spawn(work) {
            Ok(handle) => hosts.insert(number, handle).is_none(),
            Err(_) => false,
        }
    }

    fn abandon(&self, id: ThreadId) {
        let mut table = self.table.lock().unwrap();
        let woken = table.state.abandon(id);
        table.places.remove(&id);
        self.wake_outside(table, &woken);
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
        if table.places.remove(&id).is_some() {
            table.ended.push(id);
        }
        self.note_stopping(&table);
        self.wake_outside(table, &woken);
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
        self.wake_outside(table, &woken);
    }

    /// Whether the program is stopping, as far as the caller knows.
    #[inline]
    pub(super) fn is_stopping(&self) -> bool {
        // ORDER: Relaxed. It only says "look"; what stopped the program is under the lock.
        self.is_stopping.load(Ordering::Relaxed)
    }

    #[track_caller]
    pub(super) fn note_stopping(&self, table: &Table<R>) {
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
    pub(super) fn lock_running(&self) -> Result<Locked<'_, R>, Halt> {
        let table = self.table.lock().unwrap();
        if table.state.is_stopping() { Err(Halt::Stopping) } else { Ok(table) }
    }

    /// As [`lock_running`](Self::lock_running), for an operation that may wait. A thread that comes back to one is let
    /// in also if the program is stopping: it must leave its line.
    #[track_caller]
    pub(super) fn lock_for(&self, me: &Parking) -> Result<Locked<'_, R>, Halt> {
        if me.is_back() { Ok(self.table.lock().unwrap()) } else { self.lock_running() }
    }

    /// As [`lock_for`](Self::lock_for), for taking a monitor.
    #[track_caller]
    pub(super) fn lock_with_room_for(
        &self,
        me: &Parking,
        object: u64,
    ) -> Result<Locked<'_, R>, Halt> {
        let table = self.lock_for(me)?;
        if table.state.lacks_room_for(object) {
            return Err(Halt::Trap(TrapKind::OutOfMemory, "too many monitors are taken".into()));
        }
        Ok(table)
    }

    /// What has stopped the program, and how its main thread has ended if that was data.
    pub(super) fn take_end(&self) -> (Option<Box<Trap>>, MainEnd) {
        let mut table = self.table.lock().unwrap();
        (table.state.take_trap(), std::mem::take(&mut table.main_end))
    }

    /// The number of threads that have ever started, including the main one.
    pub(super) fn started(&self) -> u32 {
        self.table.lock().unwrap().state.started()
    }
}

impl<R> Table<R> {
    /// A number for a new thread.
    pub(super) fn begin(&mut self, captures_errors: bool) -> Result<ThreadId, Halt> {
        self.state.begin(captures_errors).map_err(|refused| match refused {
            Refused::Stopping => Halt::Stopping,
            Refused::Limit(max) => Halt::Trap(
                TrapKind::ThreadLimit,
                format!("Thread.Start: thread limit reached: {max} threads are live"),
            ),
        })
    }

    /// A number and a place for a new thread, and the threads that have ended since the last one.
    fn begin_with_place(
        &mut self,
        captures_errors: bool,
    ) -> Result<(Parking, Vec<ThreadId>), Halt> {
        let id = self.begin(captures_errors)?;
        Ok((self.place_for(id), std::mem::take(&mut self.ended)))
    }

    /// Wakes a thread that has been unblocked. Its first act is to take the lock.
    #[track_caller]
    pub(super) fn wake(&mut self, thread: ThreadId) {
        match self.places.get(&thread) {
            Some(place) => place.notify_one(),
            None => self.wake_at_rest(&[thread]),
        }
    }

    pub(super) fn must_wait(&self, thread: ThreadId) -> bool {
        self.state.is_blocked(thread) && !self.state.is_stopping()
    }

    fn place_for(&mut self, id: ThreadId) -> Parking {
        let place = match self.schedule {
            Some(_) => Place::Light(Wait::No),
            None => {
                let condvar = Arc::new(Condvar::new());
                self.places.insert(id, condvar.clone());
                Place::Own(condvar)
            }
        };
        Parking { id, place }
    }
}

impl<R> Threads<R> {
    /// Wakes threads that have been unblocked, after the lock is released: their first act is to take it.
    #[track_caller]
    pub(super) fn wake_outside(&self, mut table: Locked<'_, R>, threads: &[ThreadId]) {
        if table.schedule.is_some() {
            table.wake_at_rest(threads);
            return self.call_workers(table);
        }
        let places = threads.iter().filter_map(|thread| table.places.get(thread).cloned());
        let places: Vec<Arc<Condvar>> = places.collect();
        drop(table);
        for place in places {
            place.notify_one();
        }
    }
}

impl Parking {
    /// The place of a worker that runs no guest.
    pub(super) fn of_worker() -> Self {
        Parking::at_rest(ThreadId(u32::MAX), Wait::No)
    }

    /// The place of a thread that is data, and has begun such a wait.
    pub(super) fn at_rest(id: ThreadId, wait: Wait) -> Self {
        Parking { id, place: Place::Light(wait) }
    }

    /// Whether the thread is not one of the host.
    pub(super) fn is_light(&self) -> bool {
        matches!(self.place, Place::Light(_))
    }

    /// Whether the thread pauses because it yields: it does not when it comes back to that.
    pub(super) fn begin_yield(&mut self) -> bool {
        let Place::Light(wait) = &mut self.place else { return false };
        let begins = *wait == Wait::No;
        *wait = if begins { Wait::Forever } else { Wait::No };
        begins
    }

    /// Whether the thread has begun to wait, and asks again.
    pub(super) fn is_back(&self) -> bool {
        self.wait() != Wait::No
    }

    /// The wait that a thread has begun that is data.
    pub(super) fn wait(&self) -> Wait {
        match self.place {
            Place::Light(wait) => wait,
            Place::Own(_) => Wait::No,
        }
    }

    /// Waits until another thread has unblocked this one.
    #[track_caller]
    pub(super) fn park<'t, R>(&mut self, table: Locked<'t, R>) -> Result<Locked<'t, R>, Halt> {
        let mut table = self.until_unblocked(table, None)?;
        if table.state.is_stopping() {
            let _: Cancelled = table.state.cancel(self.id);
            return Err(Halt::Stopping);
        }
        Ok(table)
    }

    /// As [`park`](Self::park), but for a limited time; whether another thread has unblocked this one.
    #[track_caller]
    pub(super) fn park_for<'t, R>(
        &mut self,
        table: Locked<'t, R>,
        ms: u64,
    ) -> Result<(Locked<'t, R>, bool), Halt> {
        let mut table = self.until_unblocked(table, Some(Duration::from_millis(ms)))?;
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

    /// Waits as long as the thread is blocked, or until the time is up.
    #[track_caller]
    fn until_unblocked<'t, R>(
        &mut self,
        table: Locked<'t, R>,
        time_max: Option<Duration>,
    ) -> Result<Locked<'t, R>, Halt> {
        let id = self.id;
        match (&mut self.place, time_max) {
            (Place::Own(condvar), None) => {
                Ok(condvar.wait_while(table, |table| table.must_wait(id)).unwrap())
            }
            (Place::Own(condvar), Some(time_max)) => {
                let waited =
                    condvar.wait_timeout_while(table, time_max, |table| table.must_wait(id));
                Ok(waited.unwrap().0)
            }
            (Place::Light(wait), _) => {
                if table.must_wait(id) && wait.go_on(time_max) {
                    return Err(Halt::Parked);
                }
                *wait = Wait::No;
                Ok(table)
            }
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
