//! A line to a search that is under way: stop it, and see how far it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use super::Bound;

/// Shared by a search and whoever watches it; a clone is another end of the same line.
#[derive(Clone, Debug, Default)]
pub struct Control(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// 0 while it may go on; else why not.
    stop: AtomicU8,
    executions: AtomicU64,
    states: AtomicU64,
}

const INTERRUPTED: u8 = 1;
const OUT_OF_TIME: u8 = 2;
const FOUND: u8 = 3;

impl Control {
    /// Makes the search come back soon, with what it has.
    pub fn interrupt(&self) {
        self.stop_for(INTERRUPTED);
    }

    /// As [`interrupt`](Self::interrupt), because the time is up.
    pub fn time_is_up(&self) {
        self.stop_for(OUT_OF_TIME);
    }

    /// Tells the other workers of a parallel search that one has what was looked for.
    pub fn found(&self) {
        self.stop_for(FOUND);
    }

    fn stop_for(&self, reason: u8) {
        // ORDER: Relaxed. A wish to stop; what a search found comes back by joining it. The first
        // reason counts.
        let _ = self.0.stop.compare_exchange(0, reason, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Whether the search is to come back.
    pub fn is_stopped(&self) -> bool {
        // ORDER: Relaxed. See `stop_for`.
        self.0.stop.load(Ordering::Relaxed) != 0
    }

    /// Why the search was cut off, if somebody did.
    pub fn bound(&self) -> Option<Bound> {
        // ORDER: Relaxed. See `stop_for`.
        match self.0.stop.load(Ordering::Relaxed) {
            INTERRUPTED => Some(Bound::Interrupted),
            OUT_OF_TIME => Some(Bound::Time),
            _ => None,
        }
    }

    /// Counts executions, for who watches.
    pub fn add_executions(&self, count: u64) {
        // ORDER: Relaxed. A sum that is shown.
        self.0.executions.fetch_add(count, Ordering::Relaxed);
    }

    /// Counts states, for who watches.
    pub fn add_states(&self, count: u64) {
        // ORDER: Relaxed. A sum that is shown.
        self.0.states.fetch_add(count, Ordering::Relaxed);
    }

    /// Executions and states so far.
    pub fn progress(&self) -> (u64, u64) {
        // ORDER: Relaxed. Sums that are shown.
        (self.0.executions.load(Ordering::Relaxed), self.0.states.load(Ordering::Relaxed))
    }
}
