//! The shuttle world: random, PCT, URW and depth-first schedules, for any number of threads.
//!
//! Does not see: weak memory (every access is sequentially consistent here, whatever its ordering says,
//! and a fence does nothing); wakeups without a cause; a wait with a time limit that outlasts several
//! attempts of the other threads.

#[path = "sync/mod.rs"]
pub mod sync;

#[cfg(feature = "vm")]
#[path = "vm/mod.rs"]
mod vm;
#[cfg(feature = "vm")]
pub use vm::*;

#[cfg(feature = "selfcheck")]
#[path = "../models/mod.rs"]
pub mod models;

#[cfg(feature = "selfcheck")]
#[path = "../models/history/mod.rs"]
pub mod history;

pub(crate) use raw::abandon;

mod raw {
    use std::{io, sync::PoisonError, time::Duration};

    use crate::session::{self, OpKind, Payload, Session};

    pub use ::shuttle::sync::Arc;
    pub(super) use ::shuttle::{
        lazy_static::Lazy,
        sync::{
            Condvar, Mutex, MutexGuard,
            atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence as raw_fence},
        },
        thread::{JoinHandle, LocalKey, yield_now},
    };

    pub use crate::{__shuttle_global as global, __shuttle_local as local};

    pub(super) const NAME: &str = crate::verdict::World::Shuttle.name();
    pub(super) const OUTLIVES_EXECUTION: bool = false;
    pub(super) const CHECKS_CAUSALITY: bool = false;
    /// The number of yields that let a new thread go first. Each is a random choice among all threads
    /// that can run.
    pub(super) const HEAD_START: u32 = 32;

    pub(super) fn before(_: OpKind) {}

    /// While a thread unwinds, the engine stays on it for as long as it can run.
    pub(super) fn call<R>(call: impl FnOnce() -> R) -> R {
        call()
    }

    pub(super) fn fence(ordering: Ordering) {
        raw_fence(ordering);
    }

    pub(super) fn lock(mutex: &Mutex<()>) -> MutexGuard<'_, ()> {
        mutex.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn wait<'mutex>(
        condvar: &Condvar,
        _: &'mutex Mutex<()>,
        guard: MutexGuard<'mutex, ()>,
    ) -> MutexGuard<'mutex, ()> {
        condvar.wait(guard).unwrap_or_else(PoisonError::into_inner)
    }

    /// shuttle has no time.
    pub(super) struct Deadline;

    impl Deadline {
        pub(super) fn after(_: Duration) -> Self {
            Deadline
        }
    }

    /// Lets the other threads run, and then times out; see `Condvar::wait_timeout_while`.
    pub(super) fn wait_timeout<'mutex>(
        _: &Condvar,
        mutex: &'mutex Mutex<()>,
        guard: MutexGuard<'mutex, ()>,
        _: &Deadline,
    ) -> (MutexGuard<'mutex, ()>, bool) {
        drop(guard);
        yield_now();
        (lock(mutex), true)
    }

    pub(super) fn spawn<F, T>(
        name: Option<String>,
        _: Option<usize>,
        body: F,
    ) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let mut builder = ::shuttle::thread::Builder::new();
        if let Some(name) = name {
            builder = builder.name(name);
        }
        builder.spawn(body)
    }

    pub(super) fn before_thread(_: &Session) {}

    /// Lets the engine stop the execution, which is over: it schedules no thread any more. If the
    /// payload went up to shuttle instead, shuttle would print.
    pub(crate) fn abandon(payload: Payload) -> ! {
        if session::is_over() {
            yield_now();
        }
        std::panic::resume_unwind(payload)
    }

    pub(super) const fn lazy<T: Sync>(init: fn() -> T) -> Lazy<T> {
        Lazy::new(init)
    }

    pub(super) fn get<T: Sync>(lazy: &'static Lazy<T>) -> &'static T {
        lazy.get()
    }

    pub(super) struct Tracker(AtomicBool);

    #[allow(clippy::unused_self, reason = "the signatures are those of every world")]
    impl Tracker {
        pub(super) fn new() -> Self {
            Tracker(AtomicBool::new(false))
        }

        pub(super) fn read(&self) {}

        pub(super) fn write(&self) {}

        /// A scheduling point and nothing more, so that accesses that may overlap do overlap.
        pub(super) fn linger(&self) {
            self.0.load(Ordering::SeqCst);
        }
    }
}

/// Declares process-wide state that is fresh in every execution.
#[doc(hidden)]
#[macro_export]
macro_rules! __shuttle_global {
    ($($tokens:tt)*) => { $crate::__global! { shuttle: $($tokens)* } };
}

/// Declares thread-local state.
#[doc(hidden)]
#[macro_export]
macro_rules! __shuttle_local {
    ($($tokens:tt)*) => { $crate::__local! { shuttle: $($tokens)* } };
}

#[doc(hidden)]
pub use ::shuttle::thread_local as __thread_local;
