//! The loom world: interleavings, and the stale values that a relaxed load may return.
//!
//! Does not see:
//!
//! - the total order of sequentially consistent accesses (only that of fences)
//! - a load that runs ahead of earlier loads in the same thread and reads from a later store (load buffering)
//! - stores to an atomic older than the last seven
//! - what can happen if a thread that yields, or waits with a time limit, goes on before the others do
//!   (the verdict is then `Bounded`)
//! - wakeups without a cause, and weak compare-exchanges that fail without one
//! - most tries that find a lock held: loom makes them wait
//! - `notify_one` waking a waiter other than the one that has waited longest
//! - a race that begins after both accesses to a `Plain` have begun
//! - a load that comes after another thread's load and store of the same atomic, if it came before both
//!   in the execution that is varied (loom remembers only the latest access to an atomic, so the other
//!   thread's own load hides this load from its store)
//! - a race that is hidden because two threads use the same `global!` for the first time
//!
//! It has no weak pointers, no owners as pointers and no scoped threads. Time passes as in [`time`](sync::time).
//!
//! An execution has at most five threads, including the first, and a body must join the threads that it
//! starts. The first thread's stack is small: about 32 KiB.

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

mod arc;
mod exploring;

pub(crate) use exploring::reset;

mod raw {
    use std::{io, marker::PhantomData, panic::Location, sync::LockResult};

    use crate::session::{self, Event, Payload, Session};
    use crate::verdict::{Bound, Reason};

    pub(super) use ::loom::{
        lazy_static::Lazy,
        sync::{
            Mutex, MutexGuard, RwLock, RwLockReadGuard as ReadGuard,
            RwLockWriteGuard as WriteGuard,
            atomic::{
                AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr,
                AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, fence,
            },
        },
        thread::{JoinHandle, LocalKey},
    };

    pub use super::arc::{Arc, Weak};
    // loom's own end the process if memory is never freed: its destructor looks for an execution that is gone.
    pub(super) use super::exploring::call;
    pub(super) use super::sync::counter::Relaxing as Counter;
    pub(super) use super::sync::thread_end::ThreadEnd;
    pub(super) use super::sync::token::{Token, park, park as await_waker, park_timeout, unpark};
    pub(super) use super::sync::unseen::{
        Kept, Span, note_change, plain_read, plain_span, plain_write,
    };
    pub(super) use super::sync::untimed::{Deadline, sleep, wait_timeout};
    use super::sync::{lock::tried, untimed};
    pub(super) use crate::session::{elapsed, pass};
    pub use crate::{__loom_global as global, __loom_local as local};
    pub(super) use std::alloc::{alloc, dealloc};

    pub(super) const NAME: &str = crate::verdict::World::Loom.name();
    pub(super) const OUTLIVES_EXECUTION: bool = false;
    pub(super) const UNWINDS_STACKS: bool = true;
    pub(super) const KEEPS_LOCALS: bool = false;
    pub(super) const KEEPS_ADDRESSES: bool = false;
    pub(super) const CHECKS_CAUSALITY: bool = true;
    /// The number of yields that let a new thread go first. A yield lets every other thread run that can.
    pub(super) const HEAD_START: u32 = 1;

    /// The stack size in words, the unit of loom's generators. loom's own choice is an eighth of this,
    /// which an unoptimised interpreter overflows.
    const STACK_WORDS: usize = 1 << 15;

    /// Not seen here.
    pub(super) fn touch(_: *const u8, _: &'static Location<'static>) -> bool {
        true
    }

    pub(super) fn before(_: &Event) {}

    #[track_caller]
    pub(super) fn lock(mutex: &Mutex<()>) -> MutexGuard<'_, ()> {
        unpoisoned(mutex.lock())
    }

    const POISONED: &str = "loom's lock is not poisoned; loom panics itself";

    fn unpoisoned<G>(result: LockResult<G>) -> G {
        result.expect(POISONED)
    }

    #[track_caller]
    pub(super) fn try_lock(mutex: &Mutex<()>) -> Option<MutexGuard<'_, ()>> {
        tried(mutex.try_lock(), unpoisoned)
    }

    #[track_caller]
    pub(super) fn read(lock: &RwLock<()>) -> ReadGuard<'_, ()> {
        unpoisoned(lock.read())
    }

    #[track_caller]
    pub(super) fn write(lock: &RwLock<()>) -> WriteGuard<'_, ()> {
        unpoisoned(lock.write())
    }

    #[track_caller]
    pub(super) fn try_read(lock: &RwLock<()>) -> Option<ReadGuard<'_, ()>> {
        tried(lock.try_read(), unpoisoned)
    }

    #[track_caller]
    pub(super) fn try_write(lock: &RwLock<()>) -> Option<WriteGuard<'_, ()>> {
        tried(lock.try_write(), unpoisoned)
    }

    pub(super) type Condvar = untimed::Condvar<::loom::sync::Condvar>;

    impl untimed::Notify for ::loom::sync::Condvar {
        fn new() -> Self {
            ::loom::sync::Condvar::new()
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

    /// loom resumes a thread that yielded only after another thread has moved, and tries no other order.
    pub(super) fn yield_now() {
        session::note_bound(Bound::Yields);
        ::loom::thread::yield_now();
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
        let mut builder = ::loom::thread::Builder::new().stack_size(STACK_WORDS);
        if let Some(name) = name {
            builder = builder.name(name);
        }
        builder.spawn(body)
    }

    /// Not to be had from loom: a thread's end is no operation that loom could order with others.
    pub(super) fn is_finished<T>(_: &JoinHandle<T>) -> bool {
        session::unsupported(Reason::Other(
            "under loom a body cannot ask whether a thread is finished".to_owned(),
        ))
    }

    /// loom leaves an execution by unwinding its threads in the order in which they have started.
    pub(super) fn may_borrow() -> bool {
        session::unsupported(Reason::Other("loom has no scoped threads".to_owned()))
    }

    pub(super) fn stay_until(is_time: impl Fn() -> bool) {
        assert!(is_time(), "no thread borrows");
    }

    /// loom has room for a fixed number of threads in an execution, and does not reuse the places.
    pub(super) fn before_thread(session: &Session) {
        if session.threads() as usize >= ::loom::MAX_THREADS {
            session::unsupported(Reason::Threads);
        }
    }

    pub(super) fn abandon(payload: Payload) -> ! {
        std::panic::resume_unwind(payload)
    }

    pub(super) const fn lazy<T>(init: fn() -> T) -> Lazy<T> {
        Lazy { init, _p: PhantomData }
    }

    pub(super) fn get<T>(lazy: &'static Lazy<T>) -> &'static T {
        lazy.get()
    }

    /// The tool's statics may be gone.
    pub(super) fn made<T>(_: &'static Lazy<T>) -> Option<&'static T> {
        None
    }

    /// loom's causality-checked cell, with nothing in it: the data lies beside it.
    pub(super) struct Tracker(::loom::cell::UnsafeCell<()>);

    #[allow(clippy::unused_self, reason = "the signatures are those of every world")]
    impl Tracker {
        pub(super) fn new() -> Self {
            Tracker(::loom::cell::UnsafeCell::new(()))
        }

        pub(super) fn read(&self) {
            self.0.with(|_| ());
        }

        pub(super) fn write(&self) {
            self.0.with_mut(|_| ());
        }

        pub(super) fn end(&self, is_write: bool) {
            if is_write { self.write() } else { self.read() }
        }

        /// Not needed: an access without an edge is seen wherever it happens.
        pub(super) fn linger(&self) {}
    }
}

/// Declares process-wide state that is fresh in every execution.
#[doc(hidden)]
#[macro_export]
macro_rules! __loom_global {
    ($($tokens:tt)*) => { $crate::__global! { loom: $($tokens)* } };
}

/// Declares thread-local state.
#[doc(hidden)]
#[macro_export]
macro_rules! __loom_local {
    ($($tokens:tt)*) => { $crate::__local! { loom: $($tokens)* } };
}

#[doc(hidden)]
pub use ::loom::thread_local as __thread_local;
