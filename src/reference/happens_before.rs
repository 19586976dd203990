//! Finds data races of one execution, even if the two accesses were not about to happen at the same time.
//!
//! One clock per thread records which operations of the other threads happen before its next one. Two
//! accesses to a cell, at least one plain and at least one a write, race if neither happens before the
//! other. Happens-before consists of:
//!
//! | from | to |
//! |---|---|
//! | an operation | the thread's next one |
//! | start | the thread's first operation, and the next start (its number depends on this one) |
//! | end | join, and a thread that asks and hears that it has ended |
//! | an atomic write | atomic reads that see it |
//! | the operation that left a monitor | a thread that enters it, or tries and finds it taken |
//! | a use that changes a shared object | later uses of it |
//! | notify | the woken thread's next operation; threads that wait or notify on the same monitor |
//! | reading a line | reading the next one |
//! | the first access of a race | the second, once it is reported |
//!
//! Every read is included, so an operation that does not come after another one does the same without it.
//! Therefore, for each reported race there is an execution in which both accesses are about to happen: leave
//! out everything that comes after the first ([`Races::comes_after`]). And nothing orders two accesses that
//! are about to happen at the same time, so no race in the states of an execution is missed, with one
//! exception: a race after another race may be taken to be ordered by it; another execution shows it.
//!
//! Only for sequential consistency: all atomics count as seq-cst.

use super::objects::{OUTPUT, Touch};
use super::{Operation, State, ThreadSet};
use crate::interp::ThreadId;

/// A number of operations of a thread. It counts from 1: no operation has time 0.
pub(crate) type Time = u32;

/// For each thread, the time up to which its operations happen before.
#[derive(Clone, Copy, Debug)]
struct Clock([Time; ThreadSet::THREADS_MAX]);

impl Clock {
    const ZERO: Clock = Clock([0; ThreadSet::THREADS_MAX]);

    fn join(&mut self, other: &Clock, threads: usize) {
        for (mine, theirs) in self.0[..threads].iter_mut().zip(&other.0) {
            *mine = (*mine).max(*theirs);
        }
    }

    fn set(&mut self, other: &Clock, threads: usize) {
        self.0[..threads].copy_from_slice(&other.0[..threads]);
    }
}

/// An access to a cell that later ones may race with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Earlier {
    pub(crate) thread: ThreadId,
    pub(crate) time: Time,
    /// The instruction that makes it.
    pub(crate) instruction: u32,
    is_plain: bool,
    writes: bool,
}

/// What an operation on an object happens after.
#[derive(Clone, Debug)]
struct History {
    generation: u32,
    /// What the latest write to it happened after; only this many threads are recorded.
    released: Clock,
    released_threads: usize,
    /// For a cell: the latest access of each thread and kind.
    accesses: Vec<Earlier>,
}

/// The races of an execution in progress.
#[derive(Clone, Debug)]
pub(crate) struct Races {
    threads: Vec<Clock>,
    objects: Vec<History>,
    generation: u32,
}

/// A thread's next operation, as far as races are concerned.
pub(crate) struct Next<'a> {
    pub(crate) thread: ThreadId,
    pub(crate) operation: &'a Operation,
    /// The instruction that the thread is at.
    pub(crate) instruction: u32,
}

impl<'a> Next<'a> {
    /// The next operation of a thread that can make it.
    pub(crate) fn of(state: &'a State, thread: ThreadId) -> Self {
        let live = state.live(thread).expect("who can make a step is live");
        Next { thread, operation: live.next(), instruction: live.instruction() }
    }
}

impl Races {
    pub(crate) fn new() -> Self {
        Races { threads: Vec::new(), objects: Vec::new(), generation: 0 }
    }

    /// Begins another execution.
    pub(crate) fn begin(&mut self) {
        self.threads.clear();
        self.threads.push(Clock::ZERO);
        self.generation += 1;
    }

    /// Adds an operation before it is carried out; returns an access with which it races, if there is one.
    pub(crate) fn add(&mut self, next: &Next<'_>, touched: &[Touch]) -> Option<Earlier> {
        let me = next.thread.0 as usize;
        self.threads[me].0[me] += 1;
        let is_access = next.operation.cell().is_some();
        let is_plain = next.operation.is_plain();
        let sees_others = !is_plain && !matches!(next.operation, Operation::Store { .. });
        let mut race = None;
        for (nth, touch) in touched.iter().enumerate() {
            // The order of printing decides nothing that comes later.
            if touch.object == OUTPUT {
                continue;
            }
            if sees_others {
                self.acquire(me, touch.object);
            }
            // The cell comes first, and then whether its allocation is alive.
            if is_access && nth == 0 {
                race = self.access(next, touch, is_plain);
            }
            if touch.writes {
                self.release(me, touch.object, is_plain);
            }
        }
        race
    }

    /// The threads that the latest operation has started or woken.
    pub(crate) fn enable(&mut self, by: ThreadId, enabled: ThreadSet) {
        for thread in enabled.iter() {
            let at = thread.0 as usize;
            if at >= self.threads.len() {
                self.threads.resize(at + 1, Clock::ZERO);
            }
            let (clock, threads) = (self.threads[by.0 as usize], self.threads.len());
            self.threads[at].join(&clock, threads);
        }
    }

    /// Whether the thread's latest operation comes after this one of another thread, or is this one.
    pub(crate) fn comes_after(&self, thread: ThreadId, other: ThreadId, time: Time) -> bool {
        self.threads[thread.0 as usize].0[other.0 as usize] >= time
    }

    fn acquire(&mut self, me: usize, object: usize) {
        let history = history(&mut self.objects, self.generation, object);
        self.threads[me].join(&history.released, history.released_threads);
    }

    /// A plain write hides the atomic write before it and publishes nothing.
    fn release(&mut self, me: usize, object: usize, is_plain: bool) {
        let threads = self.threads.len();
        let history = history(&mut self.objects, self.generation, object);
        history.released_threads = if is_plain { 0 } else { threads };
        history.released.set(&self.threads[me], history.released_threads);
    }

    fn access(&mut self, next: &Next<'_>, touch: &Touch, is_plain: bool) -> Option<Earlier> {
        let &Touch { object, writes } = touch;
        let me = next.thread.0 as usize;
        let threads = self.threads.len();
        let accesses = &mut history(&mut self.objects, self.generation, object).accesses;
        let mut race = None;
        for &earlier in accesses.iter() {
            let them = earlier.thread.0 as usize;
            let conflicts = (earlier.writes || writes) && (earlier.is_plain || is_plain);
            if conflicts && earlier.time > self.threads[me].0[them] {
                race = race.or(Some(earlier));
                let theirs = self.threads[them];
                self.threads[me].join(&theirs, threads);
            }
        }
        let access = Earlier {
            thread: next.thread,
            time: self.threads[me].0[me],
            instruction: next.instruction,
            is_plain,
            writes,
        };
        if is_plain && writes {
            // This write is ordered after every earlier access, so it alone stands for them in later checks.
            accesses.clear();
        }
        let same = |it: &&mut Earlier| {
            (it.thread, it.is_plain, it.writes) == (access.thread, is_plain, writes)
        };
        match accesses.iter_mut().find(same) {
            Some(earlier) => *earlier = access,
            None => accesses.push(access),
        }
        race
    }
}

fn history(objects: &mut Vec<History>, generation: u32, object: usize) -> &mut History {
    if object >= objects.len() {
        let nothing = History {
            generation: 0,
            released: Clock::ZERO,
            released_threads: 0,
            accesses: Vec::new(),
        };
        objects.resize(object + 1, nothing);
    }
    let history = &mut objects[object];
    if history.generation != generation {
        history.generation = generation;
        history.released_threads = 0;
        history.accesses.clear();
    }
    history
}
