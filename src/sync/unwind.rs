//! What may be used after a panic has been caught: the types for which `std` says so. Under a checker a panic that leaves
//! a thread is a violation, so this is there for code that compiles with `std`.

use std::panic::{RefUnwindSafe, UnwindSafe};

use super::mpsc::{Receiver, Sender, SyncSender};
use super::{
    AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8,
    AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Barrier, Condvar, LazyLock, Mutex, MutexGuard,
    Once, OnceLock, RwLock, RwLockReadGuard, RwLockWriteGuard,
};

/// Types that are safe whatever is in them: they poison what a panic has left in the middle, or are changed in one step.
macro_rules! safe {
    ($([$($generic:tt)*] $type:ty,)*) => {$(
        impl<$($generic)*> UnwindSafe for $type {}
        impl<$($generic)*> RefUnwindSafe for $type {}
    )*};
}

safe! {
    [T: ?Sized] Mutex<T>,
    [T: ?Sized] MutexGuard<'_, T>,
    [T: ?Sized] RwLock<T>,
    [T: ?Sized] RwLockWriteGuard<'_, T>,
    [] Condvar,
    [] Barrier,
    [] Once,
    [T] Sender<T>,
    [T] SyncSender<T>,
    [T] Receiver<T>,
    [] AtomicBool,
    [] AtomicU8,
    [] AtomicU16,
    [] AtomicU32,
    [] AtomicU64,
    [] AtomicUsize,
    [] AtomicI8,
    [] AtomicI16,
    [] AtomicI32,
    [] AtomicI64,
    [] AtomicIsize,
}

impl<T: RefUnwindSafe> UnwindSafe for AtomicPtr<T> {}
impl<T> RefUnwindSafe for AtomicPtr<T> {}

impl<T: ?Sized + RefUnwindSafe> UnwindSafe for RwLockReadGuard<'_, T> {}
impl<T: ?Sized + RefUnwindSafe> RefUnwindSafe for RwLockReadGuard<'_, T> {}

impl<T: UnwindSafe> UnwindSafe for OnceLock<T> {}
impl<T: UnwindSafe + RefUnwindSafe> RefUnwindSafe for OnceLock<T> {}

impl<T: UnwindSafe, F: UnwindSafe> UnwindSafe for LazyLock<T, F> {}
impl<T: UnwindSafe + RefUnwindSafe, F: UnwindSafe> RefUnwindSafe for LazyLock<T, F> {}
