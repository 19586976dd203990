//! What worlds make of what they do not see: plain accesses to atomics, changes of data, and values that must be dropped.

use std::panic::Location;

/// A load without synchronisation.
pub(in super::super) fn plain_read<R>(
    _: &'static Location<'static>,
    load: impl FnOnce() -> R,
) -> R {
    load()
}

/// The load with which an access by `&mut` begins.
pub(in super::super) fn plain_write<R>(
    _: &'static Location<'static>,
    load: impl FnOnce() -> R,
) -> R {
    load()
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
