//! What worlds without an own view of it make of plain accesses to atomics: loads like others.

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
