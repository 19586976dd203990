//! What worlds make of what they do not see: plain accesses to atomics, changes of data, and values that must be dropped.

use std::panic::Location;

/// A load without synchronisation.
pub(in super::super) fn plain_read<R>(
    _: &'static Location<'static>,
    load: impl FnOnce() -> R,
) -> R {
    load()
}

/// A load or a store by `&mut`.
pub(in super::super) fn plain_write<R>(
    _: &'static Location<'static>,
    load: impl FnOnce() -> R,
) -> R {
    load()
}

/// An exclusive access that lasts.
pub(in super::super) struct Span;

impl Span {
    /// Ends it; whether others may have learnt of its beginning alone.
    #[allow(clippy::unused_self, reason = "the signatures are those of every world")]
    pub(in super::super) fn end(self) -> bool {
        false
    }
}

/// The load with which an access by `&mut` begins that lasts.
pub(in super::super) fn plain_span<R>(
    _: &'static Location<'static>,
    load: impl FnOnce() -> R,
) -> (R, Span) {
    (load(), Span)
}

/// The running thread may change the data under a cell.
pub(in super::super) fn note_change() {}

/// A value that must be dropped.
pub(in super::super) struct Kept;

impl Kept {
    pub(in super::super) fn new() -> Self {
        Kept
    }
}
