//! Controls a running search: stops it, and reads its progress.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Bound;
use crate::reference::{Patience, StopReason, Subject};

/// Shared by a search and its watcher; a clone controls the same search.
///
/// A search has neither a clock nor a view of the process that it is part of: whoever watches it says
/// when its time is up, and how to see that the memory of the process is.
#[derive(Clone, Debug, Default)]
pub struct Control {
    patience: Patience,
    counted: Arc<Counted>,
}

#[derive(Debug, Default)]
struct Counted {
    executions: AtomicU64,
    states: AtomicU64,
}

impl Control {
    /// Makes the search return soon, with what it has found.
    pub fn interrupt(&self) {
        self.patience.stop(StopReason::Interrupted);
    }

    /// As [`interrupt`](Self::interrupt), because the time is up.
    pub fn time_is_up(&self) {
        self.patience.stop(StopReason::Time);
    }

    /// As [`interrupt`](Self::interrupt), because the memory is used up.
    pub fn memory_is_up(&self) {
        self.patience.stop(StopReason::Memory);
    }

    /// Lets the search itself ask now and then whether the memory is used up, and come back then.
    pub fn watch_memory(&self, is_used_up: impl Fn() -> bool + Send + Sync + 'static) {
        self.patience.watch_memory(is_used_up);
    }

    /// Tells the other workers of a parallel search that one has what was looked for.
    pub fn found(&self) {
        self.patience.stop(StopReason::Found);
    }

    /// Whether the search must return.
    pub fn is_stopped(&self) -> bool {
        self.patience.is_stopped()
    }

    /// Why the search was cut off, if it was.
    pub fn bound(&self) -> Option<Bound> {
        match self.patience.stopped()? {
            StopReason::Interrupted => Some(Bound::Interrupted),
            StopReason::Time => Some(Bound::Time),
            StopReason::Memory => Some(Bound::Memory),
            StopReason::Found => None,
        }
    }

    /// A subject that this control can stop, for a search that may keep this many bytes of its strings.
    pub(crate) fn subject(&self, subject: &Subject, memory_max: usize) -> Arc<Subject> {
        Arc::new(subject.for_search(&self.patience, memory_max))
    }

    /// Adds to the execution count shown by the progress line.
    pub fn add_executions(&self, count: u64) {
        // ORDER: Relaxed. A sum that is shown.
        self.counted.executions.fetch_add(count, Ordering::Relaxed);
    }

    /// Adds to the state count shown by the progress line.
    pub fn add_states(&self, count: u64) {
        // ORDER: Relaxed. A sum that is shown.
        self.counted.states.fetch_add(count, Ordering::Relaxed);
    }

    /// Executions and states so far.
    pub fn progress(&self) -> (u64, u64) {
        // ORDER: Relaxed. A sum that is shown.
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        (of(&self.counted.executions), of(&self.counted.states))
    }
}
