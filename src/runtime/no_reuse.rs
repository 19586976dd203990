//! A global allocator under which no memory is given out again in the same execution.
//!
//! Code that compares pointers may find that a new block lies where a freed one was. Whether it does depends on the
//! system's allocator, and on all that has been allocated before, in other executions, too: such a body does not repeat
//! itself, and cannot be searched. Under this allocator, what is freed in an execution stays where it is until the
//! execution has ended, so that two blocks are never at one address.
//!
//! Does not see what only a block at an old address shows: [`crate::heddle::sync::alloc`] with `reuses_memory` does. A body
//! that depends on the order of addresses, or hashes them, still does not repeat itself.
//!
//! # Invariants
//! - *room*: each block has room for a [`Freed`], and is aligned for it.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr;

/// The system's allocator, but memory that is freed in an execution is only given out again after it.
#[derive(Clone, Copy, Default, Debug)]
pub struct NoReuse;

/// What is written into a block that has been freed, and is kept.
struct Freed {
    layout: Layout,
    next: *mut Freed,
}

thread_local! {
    /// How many searches run an execution on this OS thread: one in another one's body.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    /// The latest block that is kept.
    static FREED: Cell<*mut Freed> = const { Cell::new(ptr::null_mut()) };
}

/// An execution, until it is dropped.
pub(super) struct Execution(());

impl Execution {
    pub(super) fn begin() -> Self {
        DEPTH.set(DEPTH.get() + 1);
        Execution(())
    }
}

impl Drop for Execution {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
        if DEPTH.get() == 0 {
            free_all();
        }
    }
}

/// Gives back to the system what is kept.
fn free_all() {
    let mut block = FREED.replace(ptr::null_mut());
    while !block.is_null() {
        // SAFETY: `dealloc` has written it there, and nobody else uses the block.
        let Freed { layout, next } = unsafe { block.read() };
        // SAFETY: the system has given it out with this layout, and it is given back once.
        unsafe { System.dealloc(block.cast(), layout) };
        block = next;
    }
}

/// The layout that the system is asked for: *room*.
fn roomy(layout: Layout) -> Layout {
    let least = Layout::new::<Freed>();
    let (size, align) = (layout.size().max(least.size()), layout.align().max(least.align()));
    // One that is too large is refused by the system as it is.
    Layout::from_size_align(size, align).unwrap_or(layout)
}

// SAFETY: the system's allocator does it. What is kept is used by nobody until it is given back.
unsafe impl GlobalAlloc for NoReuse {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the layout is not empty.
        unsafe { System.alloc(roomy(layout)) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(roomy(layout)) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let layout = roomy(layout);
        if DEPTH.get() == 0 {
            // SAFETY: as the caller has promised; `alloc` has asked for this layout.
            return unsafe { System.dealloc(pointer, layout) };
        }
        let block: *mut Freed = pointer.cast();
        // SAFETY: *room*, and nobody uses the block any more.
        unsafe { block.write(Freed { layout, next: FREED.get() }) };
        FREED.set(block);
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        let Ok(wanted) = Layout::from_size_align(size, layout.align()) else {
            return ptr::null_mut();
        };
        if DEPTH.get() == 0 {
            // SAFETY: as the caller has promised; `alloc` has asked for this layout.
            return unsafe { System.realloc(pointer, roomy(layout), roomy(wanted).size()) };
        }
        // SAFETY: the caller has promised that the size is not 0.
        let new = unsafe { self.alloc(wanted) };
        if !new.is_null() {
            // SAFETY: both blocks have that many bytes, and they are two.
            unsafe { ptr::copy_nonoverlapping(pointer, new, layout.size().min(size)) };
            // SAFETY: as the caller has promised.
            unsafe { self.dealloc(pointer, layout) };
        }
        new
    }
}
