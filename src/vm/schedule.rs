//! Which guests that are data run next.
//!
//! | a guest | is kept | until |
//! |---|---|---|
//! | can go on | in `ready`, oldest first | a worker takes it |
//! | is next | by a worker, in its [`Batch`](super::workers::Batch) | the worker runs it, or gives it back |
//! | runs | by its worker | it ends, must wait, or has used its slice while others are ready, or there is a worker too many |
//! | waits | in `parked`, and in `deadlines` if its time is limited | another guest unblocks it, or its time is up |
//!
//! Whether a guest must wait is decided where it is for threads of the host, by the
//! [`Coordination`](crate::interp::Coordination). Both are behind one lock, so that whether a guest must wait and where it
//! is change in one step. A guest that must wait pauses before the instruction, which asks again when the guest goes on.
//!
//! # Invariants
//! *one place*: a live guest is ready, parked, or with one worker. *not held*: a worker keeps no other guest while one of
//! its guests is in a host function, or begins another slice. *no lost wake*: a guest is parked only if it must wait;
//! whoever unblocks it later finds it there. *awake*: if a guest is ready and fewer workers run guests than may, one of
//! them is looking for it or has been called; and one worker that waits knows the next deadline.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use core::time::Duration;

use super::sync::time::Instant;
use crate::interp::ThreadId;

/// The guests at rest, and how many workers run the others. `R` is a guest that has run.
#[derive(Debug)]
pub(super) struct Schedule<R> {
    ready: VecDeque<Turn<R>>,
    /// By the place of the thread among those that are live.
    parked: Vec<Option<R>>,
    deadlines: BTreeSet<(Instant, ThreadId)>,
    deadline_of: BTreeMap<ThreadId, Instant>,
    /// The earliest deadline until which a worker waits.
    pub(super) watched: Option<Instant>,
    /// How many workers run guests.
    pub(super) working: usize,
    /// How many wait for a guest.
    pub(super) idle: usize,
    /// How many of these have been called.
    pub(super) called: usize,
    /// How many are away: each is in a host function that blocks.
    pub(super) away: usize,
    /// How many workers have been started.
    pub(super) started: u32,
}

/// How many guests a worker takes at once, at most.
const TURNS_MAX: usize = 32;

/// A guest whose turn it is.
#[derive(Debug)]
pub(super) struct Turn<R> {
    pub(super) id: ThreadId,
    pub(super) guest: AtRest<R>,
    pub(super) wait: Wait,
}

/// What there is of a guest at rest.
#[derive(Debug)]
pub(super) enum AtRest<R> {
    /// It has not begun: its function, and the argument if that takes one.
    New(u32, u64),
    Paused(R),
}

/// Where a guest is with a wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Wait {
    /// It does not wait.
    #[default]
    No,
    /// It has begun to wait.
    Forever,
    /// It has begun to wait for a limited time.
    Until(Instant),
}

impl Wait {
    /// Begins the wait, or goes on with it; whether there is time left.
    pub(super) fn go_on(&mut self, time_max: Option<Duration>) -> bool {
        match *self {
            Wait::No => {
                let deadline = time_max.and_then(|time| Instant::now().checked_add(time));
                *self = deadline.map_or(Wait::Forever, Wait::Until);
                true
            }
            Wait::Forever => true,
            Wait::Until(deadline) => Instant::now() < deadline,
        }
    }
}

impl<R> Schedule<R> {
    /// Without guests. The thread that runs the program is the first worker.
    pub(super) fn new() -> Self {
        Schedule {
            ready: VecDeque::new(),
            parked: Vec::new(),
            deadlines: BTreeSet::new(),
            deadline_of: BTreeMap::new(),
            watched: None,
            working: 1,
            idle: 0,
            called: 0,
            away: 0,
            started: 0,
        }
    }

    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Lets a guest run when it is its turn.
    pub(super) fn add(&mut self, turn: Turn<R>) {
        self.ready.push_back(turn);
    }

    /// Keeps a guest until it is woken, or its deadline.
    pub(super) fn park(&mut self, id: ThreadId, place: usize, guest: R, wait: Wait) {
        if place >= self.parked.len() {
            self.parked.resize_with(place + 1, || None);
        }
        self.parked[place] = Some(guest);
        if let Wait::Until(deadline) = wait {
            self.deadline_of.insert(id, deadline);
            self.deadlines.insert((deadline, id));
        }
    }

    /// Makes a guest ready, if it is parked. One that is not has not come to rest since it began to wait, and looks again
    /// when it does.
    pub(super) fn wake(&mut self, id: ThreadId, place: usize) {
        let Some(guest) = self.parked.get_mut(place).and_then(Option::take) else { return };
        let mut wait = Wait::Forever;
        if !self.deadline_of.is_empty()
            && let Some(deadline) = self.deadline_of.remove(&id)
        {
            self.deadlines.remove(&(deadline, id));
            wait = Wait::Until(deadline);
        }
        self.ready.push_back(Turn { id, guest: AtRest::Paused(guest), wait });
    }

    /// Makes the guests ready whose time is up.
    pub(super) fn wake_due(&mut self, place: impl Fn(ThreadId) -> usize) {
        if self.deadlines.is_empty() {
            return;
        }
        let now = Instant::now();
        while let Some(&(deadline, id)) = self.deadlines.first()
            && deadline <= now
        {
            self.wake(id, place(id));
        }
    }

    /// Takes the guests that are next, for one more worker, if fewer than `workers_max` run guests: its share of those that
    /// are ready. Whether there are any.
    pub(super) fn take(&mut self, workers_max: usize, turns: &mut VecDeque<Turn<R>>) -> bool {
        if self.working >= workers_max || self.ready.is_empty() {
            return false;
        }
        let share = self.ready.len().div_ceil(workers_max).min(TURNS_MAX);
        turns.extend(self.ready.drain(..share));
        self.working += 1;
        true
    }

    /// Puts guests back that a worker has taken, before all others.
    pub(super) fn put_back(&mut self, turns: &mut VecDeque<Turn<R>>) {
        while let Some(turn) = turns.pop_back() {
            self.ready.push_front(turn);
        }
    }

    /// Whether a worker waits that has not been called.
    pub(super) fn has_callable(&self) -> bool {
        self.idle > self.called
    }

    /// How many workers must be called now, which the caller does: one for each guest that may run, and one if none of
    /// those who wait knows the next deadline.
    pub(super) fn call(&mut self, workers_max: usize) -> usize {
        let may = workers_max.saturating_sub(self.working + self.called);
        let guests = self.ready.len().saturating_sub(self.called).min(may);
        let more = guests
            .max(usize::from(self.deadline_to_watch().is_some()))
            .min(self.idle - self.called);
        self.called += more;
        more
    }

    /// The next deadline, if no worker that waits knows it.
    pub(super) fn deadline_to_watch(&self) -> Option<Instant> {
        let &(next, _) = self.deadlines.first()?;
        self.watched.is_none_or(|watched| next < watched).then_some(next)
    }
}

/// What has become of the main thread.
#[derive(Debug, Default)]
pub(super) struct MainEnd {
    /// What the entry function has returned.
    pub(super) word: Option<u64>,
    /// The panic of a host function that it has called.
    pub(super) panic: Option<Payload>,
}

/// What a caught panic carries.
pub(super) type Payload = Box<dyn Any + Send>;
