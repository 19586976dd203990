//! Memory of the system.
#![allow(unsafe_code)]

use std::alloc::{self, Layout, handle_alloc_error};
use std::mem::forget;
use std::ptr::NonNull;

/// A piece of memory, given back to the system when it is dropped.
pub(super) struct Piece {
    begin: NonNull<u8>,
    layout: Layout,
}

impl Piece {
    /// A piece that is not empty.
    pub(super) fn new(layout: Layout) -> Self {
        assert!(layout.size() > 0, "an allocation has at least one byte");
        // SAFETY: the layout is not empty.
        let begin = NonNull::new(unsafe { alloc::alloc(layout) });
        Piece { begin: begin.unwrap_or_else(|| handle_alloc_error(layout)), layout }
    }

    pub(super) fn pointer(&self) -> *mut u8 {
        self.begin.as_ptr()
    }

    /// The address of its first byte.
    pub(super) fn address(&self) -> usize {
        self.begin.addr().get()
    }

    pub(super) fn layout(&self) -> Layout {
        self.layout
    }

    /// Leaves it to the program, which may give it back to the system.
    pub(super) fn give_away(self) {
        forget(self);
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        // SAFETY: `new` has got it from the system with this layout, and nobody else gives it back.
        unsafe { alloc::dealloc(self.begin.as_ptr(), self.layout) };
    }
}

/// Memory that belongs to no execution.
pub(super) fn from_system(layout: Layout) -> *mut u8 {
    let piece = Piece::new(layout);
    let pointer = piece.pointer();
    piece.give_away();
    pointer
}

/// Gives memory back that belongs to no execution.
///
/// # Safety
/// It comes from [`from_system`] or [`Piece::give_away`], with this layout, and nobody uses it any more.
pub(super) unsafe fn to_system(pointer: *mut u8, layout: Layout) {
    // SAFETY: as the caller has promised.
    unsafe { alloc::dealloc(pointer, layout) };
}

/// Allocates a block; see [`super`].
///
/// # Safety
/// As `std`'s: the layout is not empty.
#[track_caller]
pub(crate) unsafe fn alloc(layout: Layout) -> *mut u8 {
    super::allocate(layout)
}

/// Frees a block.
///
/// # Safety
/// As `std`'s. A block of the present execution may have been freed before, and may be in use: that is seen.
#[track_caller]
pub(crate) unsafe fn dealloc(pointer: *mut u8, layout: Layout) {
    if !super::free(pointer.addr(), layout) {
        // SAFETY: it is none of an execution's blocks, so it is the system's, as the caller has promised.
        unsafe { to_system(pointer, layout) };
    }
}
