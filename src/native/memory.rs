//! Memory as `std` has it, for the source of `alloc` that the worlds share.
#![allow(unsafe_code)]

use std::alloc::Layout;

/// Where memory is asked for. Nobody wants to know it here.
#[derive(Clone, Copy)]
pub(super) struct Site;

#[inline]
pub(super) fn here() -> Site {
    Site
}

/// Memory is about to be used. Nobody looks at that here.
#[inline]
pub(super) fn touch(_: *const u8, _: Site) -> bool {
    true
}

/// Allocates memory; null if the system has none.
///
/// # Safety
/// The layout is not empty.
#[inline]
pub(super) unsafe fn alloc(layout: Layout, _: Site) -> *mut u8 {
    // SAFETY: as the caller has promised.
    unsafe { std::alloc::alloc(layout) }
}

/// Frees memory.
///
/// # Safety
/// It comes from [`alloc`] with this layout, and nobody uses it any more.
#[inline]
pub(super) unsafe fn dealloc(pointer: *mut u8, layout: Layout, _: Site) {
    // SAFETY: as the caller has promised.
    unsafe { std::alloc::dealloc(pointer, layout) };
}
