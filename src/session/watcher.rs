//! Who may end an execution before its threads do, and what is known about that. How it then ends is in
//! `stop`.

use std::{
    fmt,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64},
    },
};

use crate::verdict::Bound;

/// Tells a body to come to its end.
pub(crate) type Interrupt = Box<dyn Fn() + Send>;

/// Says when a search is to end in the middle of an execution, and how much it may have.
pub trait Watcher: fmt::Debug + Send + Sync {
    /// Why the search is to end, if it is. A body that may go on for long asks now and then.
    fn stop(&self) -> Option<Bound>;

    /// Whether so many bytes may be made at once, beside so many that were made before in the execution.
    /// If not, [`stop`](Self::stop) says so from then on.
    fn may_make(&self, bytes: usize, made: u64) -> bool;
}

/// What a session knows of its end.
#[derive(Default)]
pub(super) struct Stopping {
    /// Why the search is to end with this execution, if that is known.
    pub(super) stopped: Mutex<Option<Bound>>,
    /// How many events come before the body may hear that it is to end.
    pub(super) deaf_for: AtomicU64,
    /// Whether the body has been told to come to its end, so that what it comes to says nothing.
    pub(super) was_told: AtomicBool,
    /// How the body is told to come to its end.
    pub(super) interrupt: Mutex<Option<Interrupt>>,
    /// Bytes of texts that were made or printed.
    pub(super) made: AtomicU64,
}
