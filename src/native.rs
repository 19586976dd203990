//! The native world: real threads, and the primitives of `std` themselves.
//!
//! Everything in [`sync`] is a re-export, so that the native build pays nothing for it.

/// The primitives that the core is written against, as `std` has them.
pub mod sync {
    pub use crate::{__native_global as global, __native_local as local};
    pub use std::{
        sync::{
            Arc, Condvar, LockResult, Mutex, MutexGuard, PoisonError, WaitTimeoutResult,
            atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence},
        },
        thread,
    };

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
#[path = "vm/mod.rs"]
mod vm;
#[cfg(feature = "vm")]
pub use vm::*;
