//! The native world: real threads, and the primitives of `std` themselves.
//!
//! Everything in [`sync`] is a re-export, so that the native build pays nothing for it.
//!
//! # Examples
//! ```
//! # #[cfg(feature = "vm")] {
//! use drawloom::{il, interp, native::Loading};
//!
//! let text = "il 0.3.0\nfunc @main() -> i64 {\nentry:\n  ret 42\n}\n";
//! let module = il::verify(il::parse(text).unwrap()).unwrap();
//! let code = interp::compile(&module, text).unwrap();
//! let finished = Loading::new(code).initialise().run();
//! assert_eq!(finished.result, Ok(42));
//! # }
//! ```

use std::sync::Mutex;
use std::thread;

#[doc(hidden)]
#[path = "sync/alloc.rs"]
pub mod alloc;
mod memory;

#[doc(hidden)]
#[path = "sync/future.rs"]
pub mod future;

/// What a future's waker tells its thread.
mod signal {
    use std::sync::{Condvar, Mutex, PoisonError};

    /// Where a thread waits. Nobody wants to know it here.
    #[derive(Clone, Copy)]
    pub(super) struct Site;

    pub(super) fn here() -> Site {
        Site
    }

    /// Whether other threads go on after a panic, and must be told of it.
    pub(super) fn goes_on_after_panic() -> bool {
        true
    }

    /// A token that one thread waits for and any thread may give.
    #[derive(Default)]
    pub(super) struct Signal {
        is_there: Mutex<bool>,
        given: Condvar,
    }

    impl Signal {
        pub(super) fn new(_: Site) -> Self {
            Signal::default()
        }

        pub(super) fn give(&self) {
            *self.is_there.lock().unwrap_or_else(PoisonError::into_inner) = true;
            self.given.notify_one();
        }

        pub(super) fn take(&self) {
            let is_there = self.is_there.lock().unwrap_or_else(PoisonError::into_inner);
            let is_missing = |is_there: &mut bool| !*is_there;
            let waited = self.given.wait_while(is_there, is_missing);
            *waited.unwrap_or_else(PoisonError::into_inner) = false;
        }
    }
}

/// The primitives that the core is written against, as `std` has them.
pub mod sync {
    pub use super::{alloc, future};
    pub use crate::{__native_global as global, __native_local as local};
    pub use std::{
        hint,
        sync::{
            Arc, Barrier, BarrierWaitResult, Condvar, LazyLock, LockResult, Mutex, MutexGuard,
            Once, OnceLock, OnceState, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
            TryLockError, TryLockResult, WaitTimeoutResult, Weak,
            atomic::{
                AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr,
                AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence,
            },
            mpsc,
        },
        thread, time,
    };

    /// A number to which any thread adds, and which nobody reads before all additions have happened. The other worlds
    /// do not look at their order.
    #[derive(Default, Debug)]
    pub struct Counter(AtomicU64);

    impl Counter {
        /// A counter that begins with this number.
        #[inline]
        pub const fn new(total: u64) -> Self {
            Counter(AtomicU64::new(total))
        }

        /// Adds, wrapping. Orders nothing.
        #[inline]
        pub fn add(&self, number: u64) {
            // ORDER: Relaxed, no edge: a reader of the total comes after all additions by other edges.
            self.0.fetch_add(number, Ordering::Relaxed);
        }

        /// The number, after all additions.
        #[inline]
        pub fn total(&self) -> u64 {
            // ORDER: Relaxed, no edge: see add.
            self.0.load(Ordering::Relaxed)
        }
    }

    /// Cells that say whether an access reads or writes.
    pub mod cell {
        /// A cell that gives out raw pointers to its contents. The other worlds see accesses that race; here it is
        /// `std`'s cell.
        #[derive(Default, Debug)]
        #[repr(transparent)]
        pub struct UnsafeCell<T: ?Sized>(std::cell::UnsafeCell<T>);

        impl<T> UnsafeCell<T> {
            /// A cell with contents.
            #[inline]
            pub const fn new(value: T) -> Self {
                UnsafeCell(std::cell::UnsafeCell::new(value))
            }

            /// Returns the contents.
            #[inline]
            pub fn into_inner(self) -> T {
                self.0.into_inner()
            }
        }

        impl<T: ?Sized> UnsafeCell<T> {
            /// Reads by a pointer.
            #[inline]
            pub fn with<F, R>(&self, read: F) -> R
            where
                F: FnOnce(*const T) -> R,
            {
                read(self.0.get())
            }

            /// Writes by a pointer.
            #[inline]
            pub fn with_mut<F, R>(&self, write: F) -> R
            where
                F: FnOnce(*mut T) -> R,
            {
                write(self.0.get())
            }

            /// Gives access to the contents, which nobody else can reach now.
            #[inline]
            pub fn get_mut(&mut self) -> &mut T {
                self.0.get_mut()
            }
        }

        impl<T> From<T> for UnsafeCell<T> {
            fn from(value: T) -> Self {
                UnsafeCell::new(value)
            }
        }
    }

    /// Returns `len` atomics, all zero. The system hands out zeroed pages, and none of them is touched here.
    #[cfg(feature = "vm")]
    pub fn zeroed(len: usize) -> Box<[AtomicU64]> {
        bytemuck::zeroed_slice_box(len)
    }

    /// The mutex itself. In the other worlds, counterexamples call it by this name.
    pub const fn named<T>(_: &'static str, mutex: Mutex<T>) -> Mutex<T> {
        mutex
    }

    /// Whether a search must end. There is no search here.
    pub const fn is_to_stop() -> bool {
        false
    }

    /// Whether the program may make a text of this many bytes. No search limits it here.
    pub const fn may_make(_: usize) -> bool {
        true
    }

    /// The atomics as the fast machine takes them. The other worlds give it none, because there every
    /// access must be seen.
    pub fn words(atomics: &[AtomicU64]) -> &[AtomicU64] {
        atomics
    }
}

/// Declares process-wide state: a plain `static`.
#[doc(hidden)]
#[macro_export]
macro_rules! __native_global {
    ($($(#[$meta:meta])* $vis:vis static $name:ident: $ty:ty = $init:expr;)*) => {
        $($(#[$meta])* $vis static $name: $ty = $init;)*
    };
}

/// Declares thread-local state with a constant initial value.
#[doc(hidden)]
#[macro_export]
macro_rules! __native_local {
    ($($(#[$meta:meta])* $vis:vis static $name:ident: $ty:ty = $init:expr;)*) => {
        ::std::thread_local! { $($(#[$meta])* $vis static $name: $ty = const { $init };)* }
    };
}

#[cfg(feature = "vm")]
#[path = "options.rs"]
mod options;
#[cfg(feature = "vm")]
#[path = "vm/mod.rs"]
mod vm;
#[cfg(feature = "vm")]
pub use options::{Compilation, flags, reconfigure, set_flag};
#[cfg(feature = "vm")]
pub use vm::*;
