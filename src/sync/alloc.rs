//! Memory that code allocates and frees itself, and [`Owned`], a `Box` whose memory the world sees.
//!
//! In heddle's world memory that has been freed is not given out again in the same execution, unless
//! `Heddle::reuses_memory` is on: then it is a choice, and code that takes a new block for an old one, since both have
//! the same address, is found. An atomic, a lock or a cell that lies in a block which has been freed, and is used, is a
//! use after free; so is a free that nothing orders after the uses by other threads. What is never freed is a leak. The
//! other worlds have `std`'s memory, and see none of this.
//!
//! Does not see: a plain value in such memory that is used by a pointer, and not through a cell or its owner; memory that `std`'s
//! `Box` or collections allocate; under heddle, memory that is reused by a thread which does not know, by happens-before,
//! that it was freed.
#![allow(unsafe_code)]

use std::alloc::handle_alloc_error;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr::{self, NonNull};

use super::memory::{self, Site};

pub use std::alloc::Layout;

/// Allocates memory, as `std`'s function does; null if the system has none.
///
/// # Safety
/// As `std`'s: the layout is not empty.
#[track_caller]
pub unsafe fn alloc(layout: Layout) -> *mut u8 {
    // SAFETY: as the caller has promised.
    unsafe { memory::alloc(layout, memory::here()) }
}

/// Allocates memory that is all zeros, as `std`'s function does; null if the system has none.
///
/// # Safety
/// As `std`'s: the layout is not empty.
#[track_caller]
pub unsafe fn alloc_zeroed(layout: Layout) -> *mut u8 {
    // SAFETY: as the caller has promised.
    let pointer = unsafe { alloc(layout) };
    if !pointer.is_null() {
        // SAFETY: the memory is there, and has this size.
        unsafe { pointer.write_bytes(0, layout.size()) };
    }
    pointer
}

/// Frees memory, as `std`'s function does.
///
/// # Panics
/// Under heddle: if it has been freed, or may be in use. That is a violation.
///
/// # Safety
/// As `std`'s: it comes from [`alloc`] with this layout, and nobody uses it any more.
#[track_caller]
pub unsafe fn dealloc(pointer: *mut u8, layout: Layout) {
    // SAFETY: as the caller has promised.
    unsafe { memory::dealloc(pointer, layout, memory::here()) };
}

/// A value in memory of its own, like `std`'s `Box`.
pub struct Owned<T> {
    pointer: NonNull<T>,
    /// Where it was made, or made of a pointer: `drop` does not know where it is called.
    site: Site,
    owns: PhantomData<T>,
}

// SAFETY: it owns the value, as a `Box` does.
unsafe impl<T: Send> Send for Owned<T> {}
// SAFETY: a `&Owned` gives out `&T` and nothing else.
unsafe impl<T: Sync> Sync for Owned<T> {}

/// The memory of a value that is not there any more, freed when this is dropped.
struct Block<T>(NonNull<T>, Site);

impl<T> Drop for Block<T> {
    fn drop(&mut self) {
        let layout = Layout::new::<T>();
        if layout.size() > 0 {
            // SAFETY: `Owned::new` has allocated it with this layout, and nobody else frees it.
            unsafe { memory::dealloc(self.0.as_ptr().cast(), layout, self.1) };
        }
    }
}

impl<T> Owned<T> {
    /// Puts a value into memory of its own.
    #[track_caller]
    pub fn new(value: T) -> Self {
        let (layout, site) = (Layout::new::<T>(), memory::here());
        let pointer = if layout.size() == 0 {
            NonNull::dangling()
        } else {
            // SAFETY: the layout is not empty.
            let allocated = unsafe { memory::alloc(layout, site) };
            NonNull::new(allocated.cast()).unwrap_or_else(|| handle_alloc_error(layout))
        };
        // SAFETY: the memory is as large as the value, and aligned for it.
        unsafe { pointer.write(value) };
        Owned { pointer, site, owns: PhantomData }
    }

    /// Turns the owner into a pointer to its value.
    pub fn into_raw(self) -> *mut T {
        ManuallyDrop::new(self).pointer.as_ptr()
    }

    /// The owner that has been turned into this pointer.
    ///
    /// # Panics
    /// If it is null.
    ///
    /// # Safety
    /// As `Box`'s: the pointer comes from [`into_raw`](Self::into_raw), and nobody else makes it an owner again.
    #[track_caller]
    pub unsafe fn from_raw(pointer: *mut T) -> Self {
        let pointer = NonNull::new(pointer).expect("an owner is no null pointer");
        Owned { pointer, site: memory::here(), owns: PhantomData }
    }

    /// Takes the value out, and frees its memory.
    #[track_caller]
    pub fn into_inner(self) -> T {
        let owner = ManuallyDrop::new(self);
        memory::touch(owner.pointer.as_ptr().cast(), memory::here());
        // SAFETY: the owner has a value, and does not drop it.
        let value = unsafe { ptr::read(owner.pointer.as_ptr()) };
        drop(Block(owner.pointer, memory::here()));
        value
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        // Before its destructor does any harm.
        if !memory::touch(self.pointer.as_ptr().cast(), self.site) {
            return;
        }
        // Freed also if the value's destructor panics.
        let _block = Block(self.pointer, self.site);
        // SAFETY: the owner has a value, which nobody uses after this.
        unsafe { ptr::drop_in_place(self.pointer.as_ptr()) };
    }
}

impl<T> Deref for Owned<T> {
    type Target = T;

    #[track_caller]
    fn deref(&self) -> &T {
        memory::touch(self.pointer.as_ptr().cast(), memory::here());
        // SAFETY: the owner has a value, and `&self` keeps `deref_mut` away.
        unsafe { self.pointer.as_ref() }
    }
}

impl<T> DerefMut for Owned<T> {
    #[track_caller]
    fn deref_mut(&mut self) -> &mut T {
        memory::touch(self.pointer.as_ptr().cast(), memory::here());
        // SAFETY: the owner has a value, and `&mut self` makes this the only reference.
        unsafe { self.pointer.as_mut() }
    }
}

impl<T: fmt::Debug> fmt::Debug for Owned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
