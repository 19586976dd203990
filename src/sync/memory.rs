//! Memory that the body allocates and frees, as operations.
#![allow(unsafe_code)]

use std::alloc::Layout;
use std::panic::Location;

use super::{call, point, raw};
use crate::session::{self, Decision, Event, OpKind};

/// Where memory is asked for or freed.
pub(super) type Site = &'static Location<'static>;

/// The caller's place.
#[track_caller]
pub(super) fn here() -> Site {
    Location::caller()
}

/// The owner of memory is about to use it; whether it is there. If not, this panics, unless the thread unwinds.
pub(super) fn touch(pointer: *const u8, site: Site) -> bool {
    raw::touch(pointer, site)
}

/// Allocates memory; null if the system has none.
///
/// # Safety
/// The layout is not empty.
pub(super) unsafe fn alloc(layout: Layout, site: Site) -> *mut u8 {
    let event = Event::new(OpKind::Allocate, site);
    let decision = point(event);
    // SAFETY: as the caller has promised.
    let pointer = call(|| unsafe { raw::alloc(layout) });
    if !raw::KEEPS_ADDRESSES {
        session::forget_address(pointer.addr());
    }
    finish(decision, pointer, event);
    pointer
}

/// Frees memory.
///
/// # Safety
/// It comes from [`alloc`] with this layout. In a world that sees it, it may have been freed.
pub(super) unsafe fn dealloc(pointer: *mut u8, layout: Layout, site: Site) {
    let event = Event::new(OpKind::Free, site);
    let decision = point(event);
    // SAFETY: as the caller has promised.
    call(|| unsafe { raw::dealloc(pointer, layout) });
    finish(decision, pointer, event);
}

fn finish(decision: Decision, pointer: *mut u8, event: Event) {
    if decision != Decision::Bypass {
        let written = Some(session::number_of_address(pointer.addr()));
        session::finish(Event { written, ..event });
    }
}
