//! The shuttle world: random, PCT, URW and depth-first schedules, for any number of threads.
//!
//! Does not see: weak memory (every access is sequentially consistent here, whatever its ordering says,
//! and a fence does nothing); wakeups without a cause, and weak compare-exchanges that fail without one; a
//! wait with a time limit that outlasts several attempts of the other threads; another thread's step between
//! two changes of the number of an `Arc`'s owners, since `Arc` and `Weak` are `std`'s here.

#[path = "sync/mod.rs"]
pub mod sync;

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

#[cfg(feature = "selfcheck")]
#[path = "../models/mod.rs"]
pub mod models;

#[cfg(feature = "selfcheck")]
#[path = "../models/history/mod.rs"]
pub mod history;

pub(crate) use raw::abandon;

mod raw {
    use std::{
        io,
        panic::Location,
        sync::{
            LockResult, PoisonError,
            atomic::{AtomicBool as Flag, Ordering::Relaxed},
        },
    };

    use crate::session::{self, Event, Payload, Session};

    pub use ::shuttle::sync::{Arc, Weak};
    pub(super) use ::shuttle::{
        lazy_static::Lazy,
        sync::{
            Mutex, MutexGuard, RwLock, RwLockReadGuard as ReadGuard,
            RwLockWriteGuard as WriteGuard,
            atomic::{
                AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr,
                AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering,
                fence as raw_fence,
            },
        },
        thread::{LocalKey, yield_now},
    };
    pub(super) use std::alloc::{alloc, dealloc};

    pub(super) use super::sync::counter::Relaxing as Counter;
    pub(super) use super::sync::thread_end::ThreadEnd;
    pub(super) use super::sync::token::{Token, park, park as await_waker, park_timeout, unpark};
    pub(super) use super::sync::unseen::{
        Kept, Span, note_change, plain_read, plain_span, plain_write,
    };
    pub(super) use super::sync::untimed::{Deadline, sleep, wait_timeout};
    use super::sync::{lock::tried, untimed};
    pub(super) use crate::session::{elapsed, pass};
    pub use crate::{__shuttle_global as global, __shuttle_local as local};

    pub(super) const NAME: &str = crate::verdict::World::Shuttle.name();
    pub(super) const OUTLIVES_EXECUTION: bool = false;
    pub(super) const UNWINDS_STACKS: bool = false;
    pub(super) const KEEPS_LOCALS: bool = false;
    pub(super) const KEEPS_ADDRESSES: bool = false;
    pub(super) const CHECKS_CAUSALITY: bool = false;
    /// The number of yields that let a new thread go first. Each is a random choice among all threads
    /// that can run.
    pub(super) const HEAD_START: u32 = 32;

    /// Not seen here.
    pub(super) fn touch(_: *const u8, _: &'static Location<'static>) -> bool {
        true
    }

    pub(super) fn before(_: &Event) {}

    /// While a thread unwinds, the engine stays on it for as long as it can run.
    pub(super) fn call<R>(call: impl FnOnce() -> R) -> R {
        call()
    }

    pub(super) fn fence(ordering: Ordering) {
        raw_fence(ordering);
    }

    fn unpoisoned<G>(result: LockResult<G>) -> G {
        result.unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn lock(mutex: &Mutex<()>) -> MutexGuard<'_, ()> {
        unpoisoned(mutex.lock())
    }

    pub(super) fn try_lock(mutex: &Mutex<()>) -> Option<MutexGuard<'_, ()>> {
        tried(mutex.try_lock(), unpoisoned)
    }

    pub(super) fn read(lock: &RwLock<()>) -> ReadGuard<'_, ()> {
        unpoisoned(lock.read())
    }

    pub(super) fn write(lock: &RwLock<()>) -> WriteGuard<'_, ()> {
        unpoisoned(lock.write())
    }

    pub(super) fn try_read(lock: &RwLock<()>) -> Option<ReadGuard<'_, ()>> {
        tried(lock.try_read(), unpoisoned)
    }

    pub(super) fn try_write(lock: &RwLock<()>) -> Option<WriteGuard<'_, ()>> {
        tried(lock.try_write(), unpoisoned)
    }

    pub(super) type Condvar = untimed::Condvar<::shuttle::sync::Condvar>;

    impl untimed::Notify for ::shuttle::sync::Condvar {
        fn new() -> Self {
            ::shuttle::sync::Condvar::new()
        }

        fn notify_one(&self) {
            self.notify_one();
        }

        fn notify_all(&self) {
            self.notify_all();
        }
    }

    pub(super) fn wait<'mutex>(
        condvar: &Condvar,
        _: &'mutex Mutex<()>,
        guard: MutexGuard<'mutex, ()>,
    ) -> MutexGuard<'mutex, ()> {
        unpoisoned(condvar.tool.wait(guard))
    }

    /// shuttle's handle, and whether the closure has returned.
    pub(super) struct JoinHandle<T> {
        tool: ::shuttle::thread::JoinHandle<T>,
        is_finished: std::sync::Arc<Flag>,
    }

    impl<T> JoinHandle<T> {
        pub(super) fn join(self) -> std::thread::Result<T> {
            self.tool.join()
        }
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
        let is_finished = std::sync::Arc::new(Flag::new(false));
        let finished = is_finished.clone();
        let tool = builder.spawn(move || {
            let result = body();
            // ORDER: Relaxed, no edge: the threads of an execution share one OS thread.
            finished.store(true, Relaxed);
            result
        })?;
        Ok(JoinHandle { tool, is_finished })
    }

    pub(super) fn is_finished<T>(handle: &JoinHandle<T>) -> bool {
        // ORDER: Relaxed, no edge: see spawn.
        handle.is_finished.load(Relaxed)
    }

    /// A thread that unwinds cannot wait for others.
    pub(super) fn may_borrow() -> bool {
        !std::thread::panicking()
    }

    /// When an execution is over, the engine schedules no thread any more: this does not return then. shuttle gives up
    /// the threads' stacks without unwinding them, and drops the closures of threads that have never run. A thread that
    /// unwinds already is let run until it has caught its panic: it must not come back from here (shuttle-engine 0.1.7).
    pub(super) fn stay_until(is_time: impl Fn() -> bool) {
        while !is_time() {
            yield_now();
        }
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

    /// The tool's statics may be gone.
    pub(super) fn made<T: Sync>(_: &'static Lazy<T>) -> Option<&'static T> {
        None
    }

    pub(super) struct Tracker(AtomicBool);

    #[allow(clippy::unused_self, reason = "the signatures are those of every world")]
    impl Tracker {
        pub(super) fn new() -> Self {
            Tracker(AtomicBool::new(false))
        }

        pub(super) fn read(&self) {}

        pub(super) fn write(&self) {}

        pub(super) fn end(&self, _is_write: bool) {}

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
