//! The watcher of a search, which may end an execution before its threads end, and what a session knows
//! about that. `stop` does the ending.

use std::{
    fmt,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64},
    },
};

use crate::verdict::Bound;

/// Tells a body to end.
pub(crate) type Interrupt = Box<dyn Fn() + Send>;

/// Decides when a search must end in the middle of an execution, and how much memory its texts may use.
pub trait Watcher: fmt::Debug + Send + Sync {
    /// Why the search must end, if it must. A body that may run for long asks now and then.
    fn stop(&self) -> Option<Bound>;

    /// Whether `bytes` more may be allocated at once, after `made` bytes in this execution. If not,
    /// [`stop`](Self::stop) gives the reason from then on.
    fn may_make(&self, bytes: usize, made: u64) -> bool;
}

/// What a session knows of its end.
#[derive(Default)]
pub(super) struct Stopping {
    /// Why the search must end with this execution, if that is known.
    pub(super) stopped: Mutex<Option<Bound>>,
    /// The number of events before the body may hear that it must end.
    pub(super) deaf_for: AtomicU64,
    /// Whether the body has been told to end, so that its result says nothing.
    pub(super) was_told: AtomicBool,
    /// How the body is told to end.
    pub(super) interrupt: Mutex<Option<Interrupt>>,
    /// Bytes of texts that were made or printed.
    pub(super) made: AtomicU64,
}
