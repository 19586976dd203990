//! A barrier.

use std::{fmt, sync::PoisonError};

use super::{Condvar, Mutex, mutex::named};

/// A place where a number of threads wait for each other. Built on [`Mutex`] and [`Condvar`].
pub struct Barrier {
    threads: usize,
    round: Mutex<Round>,
    changed: Condvar,
}

/// The threads that wait now.
#[derive(Default)]
struct Round {
    waiting: usize,
    number: u64,
}

/// What a thread has become at a barrier.
pub struct BarrierWaitResult(bool);

impl BarrierWaitResult {
    /// Whether this thread came last. One thread in each round does.
    pub fn is_leader(&self) -> bool {
        self.0
    }
}

impl fmt::Debug for BarrierWaitResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarrierWaitResult").field("is_leader", &self.0).finish()
    }
}

impl Barrier {
    /// A barrier for this number of threads. One for none, or for one, never makes a thread wait.
    #[track_caller]
    pub fn new(threads: usize) -> Self {
        Barrier {
            threads,
            round: named("barrier", Mutex::new(Round::default())),
            changed: Condvar::new(),
        }
    }

    /// Waits until all threads of the round are here.
    #[track_caller]
    pub fn wait(&self) -> BarrierWaitResult {
        let mut round = self.round.lock().unwrap_or_else(PoisonError::into_inner);
        round.waiting += 1;
        if round.waiting < self.threads {
            let number = round.number;
            drop(
                self.changed
                    .wait_while(round, |round| round.number == number)
                    .unwrap_or_else(PoisonError::into_inner),
            );
            return BarrierWaitResult(false);
        }
        round.waiting = 0;
        round.number += 1;
        self.changed.notify_all();
        BarrierWaitResult(true)
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").field("threads", &self.threads).finish_non_exhaustive()
    }
}
