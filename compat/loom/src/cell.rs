//! Cells whose accesses are checked for races.
#![allow(unsafe_code)]

use std::cmp;
use std::mem;

pub use drawloom::heddle::sync::cell::{ConstPtr, MutPtr};

use drawloom::heddle::sync::cell as heddle;

/// A cell that gives out raw pointers to its contents. Accesses that race are a violation.
#[derive(Debug)]
pub struct UnsafeCell<T: ?Sized>(heddle::UnsafeCell<T>);

impl<T> UnsafeCell<T> {
    /// A cell with contents.
    #[track_caller]
    pub fn new(data: T) -> UnsafeCell<T> {
        UnsafeCell(heddle::UnsafeCell::new(data))
    }

    /// The contents.
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    /// Reads by a pointer.
    #[track_caller]
    pub fn with<F, R>(&self, read: F) -> R
    where
        F: FnOnce(*const T) -> R,
    {
        self.0.with(read)
    }

    /// Writes by a pointer.
    #[track_caller]
    pub fn with_mut<F, R>(&self, write: F) -> R
    where
        F: FnOnce(*mut T) -> R,
    {
        self.0.with_mut(write)
    }

    /// A pointer for reading. The cell is being read for as long as the pointer is there.
    #[track_caller]
    pub fn get(&self) -> ConstPtr<T> {
        self.0.const_ptr()
    }

    /// A pointer for writing. The cell is being written for as long as the pointer is there.
    #[track_caller]
    pub fn get_mut(&self) -> MutPtr<T> {
        self.0.mut_ptr()
    }
}

impl<T: Default> Default for UnsafeCell<T> {
    #[track_caller]
    fn default() -> UnsafeCell<T> {
        UnsafeCell::new(T::default())
    }
}

impl<T> From<T> for UnsafeCell<T> {
    #[track_caller]
    fn from(data: T) -> UnsafeCell<T> {
        UnsafeCell::new(data)
    }
}

/// A cell like `std`'s. Accesses that race are a violation.
#[derive(Debug)]
pub struct Cell<T> {
    cell: UnsafeCell<T>,
}

impl<T> Cell<T> {
    /// A cell with contents.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Cell { cell: UnsafeCell::new(value) }
    }

    /// Writes a value.
    #[track_caller]
    pub fn set(&self, value: T) {
        drop(self.replace(value));
    }

    /// Exchanges the values of two cells.
    #[track_caller]
    pub fn swap(&self, other: &Self) {
        if std::ptr::eq(self, other) {
            return;
        }
        self.cell.with_mut(|own| {
            other.cell.with_mut(|others| {
                // SAFETY: two cells, neither of which is shared with another OS thread or has given out a reference.
                unsafe { std::ptr::swap(own, others) }
            });
        });
    }

    /// Writes a value; returns what was there.
    #[track_caller]
    pub fn replace(&self, value: T) -> T {
        self.cell.with_mut(|pointer| {
            // SAFETY: the cell is not `Sync` and gives out no reference.
            mem::replace(unsafe { &mut *pointer }, value)
        })
    }

    /// Reads the value.
    #[track_caller]
    pub fn get(&self) -> T
    where
        T: Copy,
    {
        self.cell.with(|pointer| {
            // SAFETY: the cell is not `Sync` and gives out no reference.
            unsafe { *pointer }
        })
    }

    /// Takes the value out, and leaves the default value there.
    #[track_caller]
    pub fn take(&self) -> T
    where
        T: Default,
    {
        self.replace(T::default())
    }

    /// The contents.
    #[track_caller]
    pub fn into_inner(self) -> T {
        self.cell.into_inner()
    }
}

impl<T: Default> Default for Cell<T> {
    #[track_caller]
    fn default() -> Cell<T> {
        Cell::new(T::default())
    }
}

impl<T: Copy> Clone for Cell<T> {
    #[track_caller]
    fn clone(&self) -> Cell<T> {
        Cell::new(self.get())
    }
}

impl<T> From<T> for Cell<T> {
    #[track_caller]
    fn from(value: T) -> Cell<T> {
        Cell::new(value)
    }
}

impl<T: PartialEq + Copy> PartialEq for Cell<T> {
    #[track_caller]
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq + Copy> Eq for Cell<T> {}

impl<T: PartialOrd + Copy> PartialOrd for Cell<T> {
    #[track_caller]
    fn partial_cmp(&self, other: &Self) -> Option<cmp::Ordering> {
        self.get().partial_cmp(&other.get())
    }
}

impl<T: Ord + Copy> Ord for Cell<T> {
    #[track_caller]
    fn cmp(&self, other: &Self) -> cmp::Ordering {
        self.get().cmp(&other.get())
    }
}
