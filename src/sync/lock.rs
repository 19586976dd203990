//! What mutexes and read-write locks share: how they are poisoned, and how they are released.

use std::{
    mem,
    sync::{
        LockResult, PoisonError, TryLockError, TryLockResult,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::panicking,
};

use super::{call, point};
use crate::session::{self, Decision, Event, Operator};

/// Whether a thread panicked while it held a lock for writing.
pub(super) struct Poison(AtomicBool);

impl Poison {
    pub(super) fn none() -> Self {
        Poison(AtomicBool::new(false))
    }

    pub(super) fn is_there(&self) -> bool {
        // ORDER: Relaxed, no edge: written and read under the lock; without it, a hint, as in std.
        self.0.load(Relaxed)
    }

    pub(super) fn clear(&self) {
        // ORDER: Relaxed, no edge: see is_there.
        self.0.store(false, Relaxed);
    }

    /// A guard ends: poisons its lock if a panic has begun since the thread locked, when it `was_panicking` or not.
    pub(super) fn end_of_guard(&self, was_panicking: bool) {
        // A thread that is told to end with its execution has not panicked. The destructors of the other
        // threads still need the data, and a second panic in one of those would abort the process.
        if panicking() && !was_panicking && !session::is_over() {
            // ORDER: Relaxed, no edge: the lock, which is released next, publishes it.
            self.0.store(true, Relaxed);
        }
    }

    /// # Errors
    /// What was asked for all the same, if the lock is poisoned.
    pub(super) fn pass<T>(&self, asked: T) -> LockResult<T> {
        if self.is_there() { Err(PoisonError::new(asked)) } else { Ok(asked) }
    }
}

/// The guard of a lock that was tried, if it was free, in the worlds whose tool has `std`'s results.
#[allow(dead_code, reason = "not every world needs it")]
pub(in super::super) fn tried<G>(
    result: TryLockResult<G>,
    unpoisoned: impl FnOnce(LockResult<G>) -> G,
) -> Option<G> {
    match result {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(unpoisoned(Err(poisoned))),
        Err(TryLockError::WouldBlock) => None,
    }
}

/// Releases a lock by dropping the tool's guard. The event says which, and where it was taken.
pub(super) fn release(raw: impl Sized, event: Event) {
    match point(event) {
        Decision::Bypass => mem::forget(raw),
        Decision::Break(Operator::NeverUnlock) => {
            mem::forget(raw);
            session::finish(event);
        }
        Decision::Perform | Decision::Weaken { .. } | Decision::Break(_) => {
            call(|| drop(raw));
            session::finish(event);
        }
    }
}
