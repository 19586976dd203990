//! How workers share the guests that are data: the thread table, with its lock and its condition variable.

use std::collections::VecDeque;

use super::schedule::{AtRest, MainEnd, Schedule, Turn, Wait};
use super::sync::time::Instant;
use super::threads::{Halt, Locked, Table, Threads};
use crate::interp::{Ended, ThreadId};

/// How many workers may be away with another one in their place. Each is a thread of the host.
const AWAY_MAX: usize = 512;

/// What a worker has taken together, so that it takes the lock once for all of it.
#[derive(Debug)]
pub(super) struct Batch<R> {
    /// The guests that it runs next.
    turns: VecDeque<Turn<R>>,
    /// Those that have returned, which is not in the table yet.
    returned: Vec<ThreadId>,
}

/// What has become of the guest that a worker has run, if its next one must wait until that is known.
#[derive(Debug)]
pub(super) enum Fate<R> {
    Nothing,
    /// It has paused, and has begun such a wait.
    Paused(ThreadId, R, Wait),
    /// It has ended, or it is the main thread, of which more must be known.
    Ended(ThreadId, Ended, MainEnd),
}

impl<R> Batch<R> {
    pub(super) fn new() -> Self {
        Batch { turns: VecDeque::new(), returned: Vec::new() }
    }

    /// With the main thread, which has not begun.
    pub(super) fn of_main(guest: R) -> Self {
        let main = Turn { id: ThreadId(0), guest: AtRest::Paused(guest), wait: Wait::No };
        Batch { turns: [main].into(), returned: Vec::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.turns.is_empty() && self.returned.is_empty()
    }

    pub(super) fn add_returned(&mut self, id: ThreadId) {
        self.returned.push(id);
    }

    pub(super) fn next(&mut self) -> Option<Turn<R>> {
        self.turns.pop_front()
    }
}

impl<R> Table<R> {
    fn schedule(&mut self) -> &mut Schedule<R> {
        self.schedule.as_mut().expect("only such a program has workers")
    }

    /// Puts a guest that has paused to where it belongs.
    fn put(&mut self, id: ThreadId, guest: R, wait: Wait) {
        if self.must_wait(id) {
            let place = self.state.place(id);
            self.schedule().park(id, place, guest, wait);
        } else {
            self.schedule().add(Turn { id, guest: AtRest::Paused(guest), wait });
        }
    }

    fn end(&mut self, id: ThreadId, ended: Ended) {
        let woken = self.state.end(id, ended);
        self.wake_at_rest(&woken);
    }

    fn end_returned(&mut self, batch: &mut Batch<R>) {
        for id in batch.returned.drain(..) {
            self.end(id, Ended::Returned);
        }
    }

    /// Makes those guests ready that are parked.
    pub(super) fn wake_at_rest(&mut self, threads: &[ThreadId]) {
        let Table { schedule: Some(schedule), state, .. } = self else { return };
        for &id in threads {
            // One that the program's end has woken may have ended since.
            schedule.wake(id, state.place(id));
        }
    }

    /// Makes the guests ready whose time is up.
    fn wake_due(&mut self) {
        if let Table { schedule: Some(schedule), state, .. } = self {
            schedule.wake_due(|id| state.place(id));
        }
    }
}

impl<R> Threads<R> {
    fn workers_max(&self) -> usize {
        self.model.workers().unwrap_or(0)
    }

    /// Whether a guest waits for a worker, or there is a worker too many, since one has come back from a call.
    pub(super) fn should_give_way(&self) -> bool {
        let mut table = self.table.lock().unwrap();
        table.wake_due();
        let schedule = table.schedule();
        schedule.has_ready() || schedule.working > self.workers_max()
    }

    /// Makes a new guest ready, which begins at this function, with this argument if that takes one.
    pub(super) fn start_at_rest(
        &self,
        captures_errors: bool,
        function: u32,
        argument: u64,
    ) -> Result<ThreadId, Halt> {
        let mut table = self.table.lock().unwrap();
        let id = table.begin(captures_errors)?;
        let guest = AtRest::New(function, argument);
        table.schedule().add(Turn { id, guest, wait: Wait::No });
        self.call_workers(table);
        Ok(id)
    }

    /// Gives up what the calling worker has run, and takes what it runs next, if it has nothing; whether there is anything:
    /// not if all guests have ended.
    pub(super) fn next(&self, batch: &mut Batch<R>, fate: Fate<R>) -> bool {
        let workers_max = self.workers_max();
        let mut table = self.table.lock().unwrap();
        table.end_returned(batch);
        match fate {
            Fate::Nothing => {}
            Fate::Paused(id, guest, wait) => {
                if wait == Wait::No {
                    // It has used its slice, while others are ready, these among them, or this worker is one too many.
                    table.schedule().put_back(&mut batch.turns);
                }
                table.put(id, guest, wait);
            }
            Fate::Ended(id, ended, main_end) => {
                if id == ThreadId(0) {
                    table.main_end = main_end;
                }
                table.end(id, ended);
            }
        }
        self.note_stopping(&table);
        if !batch.turns.is_empty() {
            self.call_workers(table);
            return true;
        }
        table.schedule().working -= 1;
        loop {
            if !table.state.has_live() {
                drop(table);
                // Each worker that leaves calls the next one.
                self.workers.notify_one();
                return false;
            }
            table.wake_due();
            if table.schedule().take(workers_max, &mut batch.turns) {
                self.call_workers(table);
                return true;
            }
            table = self.wait_for_guest(table);
        }
    }

    /// Gives up all that the calling worker holds, besides the guest that it runs.
    pub(super) fn give_back(&self, batch: &mut Batch<R>) {
        let mut table = self.table.lock().unwrap();
        table.end_returned(batch);
        table.schedule().put_back(&mut batch.turns);
        self.note_stopping(&table);
        self.call_workers(table);
    }

    /// Waits until the worker is called, or until the next deadline if no other one waits for that.
    fn wait_for_guest<'t>(&self, mut table: Locked<'t, R>) -> Locked<'t, R> {
        let schedule = table.schedule();
        schedule.idle += 1;
        let watched = schedule.deadline_to_watch();
        if let Some(deadline) = watched {
            schedule.watched = watched;
            let time = deadline.saturating_duration_since(Instant::now());
            table = self.workers.wait_timeout(table, time).unwrap().0;
        } else {
            table = self.workers.wait(table).unwrap();
        }
        let schedule = table.schedule();
        if watched.is_some() && schedule.watched == watched {
            schedule.watched = None;
        }
        schedule.idle -= 1;
        // The one that was called may find nothing then, as if it had come second.
        schedule.called = schedule.called.saturating_sub(1);
        table
    }

    /// Releases the lock, and calls the workers that are needed.
    #[inline]
    #[track_caller]
    pub(super) fn call_workers(&self, table: Locked<'_, R>) {
        if table.schedule.as_ref().is_some_and(Schedule::has_callable) {
            self.call_those_needed(table);
        }
    }

    #[track_caller]
    fn call_those_needed(&self, mut table: Locked<'_, R>) {
        let calls = table.schedule().call(self.workers_max());
        drop(table);
        for _ in 0..calls {
            self.workers.notify_one();
        }
    }

    /// Starts a worker, unless the host refuses: then there is one less.
    pub(super) fn start_worker(&self, work: impl FnOnce() + Send + 'static) {
        let mut table = self.table.lock().unwrap();
        let schedule = table.schedule();
        schedule.started += 1;
        schedule.working += 1;
        let number = ThreadId(schedule.started);
        drop(table);
        if !self.start_host(number, work) {
            let mut table = self.table.lock().unwrap();
            table.schedule().working -= 1;
            // Others have counted on it.
            self.call_workers(table);
        }
    }

    /// The calling worker will be away: another one runs guests in its place, which does this if it must be started.
    pub(super) fn step_aside<W: FnOnce() + Send + 'static>(&self, work: impl FnOnce() -> W) {
        let workers_max = self.workers_max();
        let mut table = self.table.lock().unwrap();
        let schedule = table.schedule();
        schedule.working -= 1;
        schedule.away += 1;
        let lacks_one = schedule.working + schedule.idle < workers_max;
        let may_start = schedule.away <= AWAY_MAX;
        self.call_workers(table);
        if lacks_one && may_start {
            self.start_worker(work());
        }
    }

    /// The calling worker is there again. If that is one too many, the next one that gives up its guest and holds no other
    /// takes none: at the end of a slice at the latest.
    pub(super) fn step_back(&self) {
        let mut table = self.table.lock().unwrap();
        let schedule = table.schedule();
        schedule.working += 1;
        schedule.away -= 1;
    }
}
