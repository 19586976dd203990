//! A toy world, for the tests: a new thread runs to its end at once, on the stack of the thread that starts it.
//!
//! It shows what a world needs: this file, an engine (`engine/toy.rs`), and a line each in `lib.rs` and
//! `engine/mod.rs`. It does not see any other schedule, and all threads share the thread-locals.

#[path = "sync/mod.rs"]
pub mod sync;

mod raw {
    use std::io;
    use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
    use std::sync::{LockResult, PoisonError};

    use crate::session::{self, Event, Fault, Payload, Session};

    pub(super) use std::alloc::{alloc, dealloc};
    pub(super) use std::sync::atomic::{
        AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8,
        AtomicU16, AtomicU32, AtomicU64, AtomicUsize, fence,
    };
    pub use std::sync::{Arc, Weak};
    pub(super) use std::sync::{
        Mutex, MutexGuard, RwLock, RwLockReadGuard as ReadGuard, RwLockWriteGuard as WriteGuard,
    };
    pub(super) use std::thread::LocalKey;

    pub(super) use super::sync::counter::Relaxing as Counter;
    use super::sync::lock::tried;
    pub(super) use super::sync::thread_end::ThreadEnd;
    pub(super) use super::sync::token::{Token, park, park as await_waker, park_timeout, unpark};
    pub(super) use super::sync::unseen::{
        Kept, Span, note_change, plain_read, plain_span, plain_write,
    };
    pub(super) use super::sync::untimed::{Deadline, sleep};
    pub(super) use crate::session::lazy::{Lazy, get, lazy, made};
    pub(super) use crate::session::{elapsed, pass};
    pub use crate::{__toy_global as global, __toy_local as local};

    pub(super) const NAME: &str = "toy";
    pub(super) const OUTLIVES_EXECUTION: bool = true;
    pub(super) const UNWINDS_STACKS: bool = true;
    pub(super) const KEEPS_LOCALS: bool = true;
    pub(super) const KEEPS_ADDRESSES: bool = false;
    pub(super) const CHECKS_CAUSALITY: bool = false;
    pub(super) const HEAD_START: u32 = 0;

    /// Not seen here.
    pub(super) fn touch(_: *const u8, _: &'static Location<'static>) -> bool {
        true
    }

    pub(super) fn before(_: &Event) {}

    pub(super) fn call<R>(call: impl FnOnce() -> R) -> R {
        call()
    }

    const HELD: &str = "waits for a lock that nobody gives back";

    fn unpoisoned<G>(result: LockResult<G>) -> G {
        result.unwrap_or_else(PoisonError::into_inner)
    }

    /// The owner of the lock cannot go on before this thread ends.
    #[track_caller]
    pub(super) fn lock(mutex: &Mutex<()>) -> MutexGuard<'_, ()> {
        let Some(guard) = try_lock(mutex) else { stuck(HELD) };
        guard
    }

    pub(super) fn try_lock(mutex: &Mutex<()>) -> Option<MutexGuard<'_, ()>> {
        tried(mutex.try_lock(), unpoisoned)
    }

    #[track_caller]
    pub(super) fn read(lock: &RwLock<()>) -> ReadGuard<'_, ()> {
        let Some(guard) = try_read(lock) else { stuck(HELD) };
        guard
    }

    pub(super) fn try_read(lock: &RwLock<()>) -> Option<ReadGuard<'_, ()>> {
        tried(lock.try_read(), unpoisoned)
    }

    #[track_caller]
    pub(super) fn write(lock: &RwLock<()>) -> WriteGuard<'_, ()> {
        let Some(guard) = try_write(lock) else { stuck(HELD) };
        guard
    }

    pub(super) fn try_write(lock: &RwLock<()>) -> Option<WriteGuard<'_, ()>> {
        tried(lock.try_write(), unpoisoned)
    }

    #[track_caller]
    fn stuck(why: &str) -> ! {
        let message = format!("deadlock: the thread {why}");
        session::violate(Fault::Deadlock, message, Location::caller())
    }

    #[derive(Default)]
    pub(super) struct Condvar;

    impl Condvar {
        pub(super) fn new() -> Self {
            Condvar
        }

        #[allow(clippy::unused_self, reason = "the signatures are those of every world")]
        pub(super) fn notify_one(&self) {}

        #[allow(clippy::unused_self, reason = "the signatures are those of every world")]
        pub(super) fn notify_all(&self) {}
    }

    /// No other thread that could notify runs in the meantime.
    #[track_caller]
    pub(super) fn wait<'mutex>(
        _: &Condvar,
        _: &'mutex Mutex<()>,
        _: MutexGuard<'mutex, ()>,
    ) -> MutexGuard<'mutex, ()> {
        stuck("waits for a notification that nobody can give")
    }

    pub(super) fn wait_timeout<'mutex>(
        _: &Condvar,
        _: &'mutex Mutex<()>,
        guard: MutexGuard<'mutex, ()>,
        _: &Deadline,
    ) -> (MutexGuard<'mutex, ()>, bool) {
        (guard, true)
    }

    pub(super) fn yield_now() {}

    pub(super) struct JoinHandle<T>(std::thread::Result<T>);

    impl<T> JoinHandle<T> {
        pub(super) fn join(self) -> std::thread::Result<T> {
            self.0
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "in other worlds the system may refuse")]
    pub(super) fn spawn<F, T>(
        _: Option<String>,
        _: Option<usize>,
        body: F,
    ) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        Ok(JoinHandle(catch_unwind(AssertUnwindSafe(body))))
    }

    pub(super) fn is_finished<T>(_: &JoinHandle<T>) -> bool {
        true
    }

    pub(super) fn may_borrow() -> bool {
        true
    }

    /// A thread has ended when its start returns.
    pub(super) fn stay_until(is_time: impl Fn() -> bool) {
        assert!(is_time(), "no thread borrows");
    }

    pub(super) fn before_thread(_: &Session) {}

    pub(super) fn abandon(payload: Payload) -> ! {
        resume_unwind(payload)
    }

    pub(super) struct Tracker;

    #[allow(clippy::unused_self, reason = "the signatures are those of every world")]
    impl Tracker {
        pub(super) fn new() -> Self {
            Tracker
        }

        pub(super) fn read(&self) {}

        pub(super) fn write(&self) {}

        pub(super) fn end(&self, _is_write: bool) {}

        pub(super) fn linger(&self) {}
    }
}

#[doc(hidden)]
#[macro_export]
macro_rules! __toy_global {
    ($($tokens:tt)*) => { $crate::__global! { toy: $($tokens)* } };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __toy_local {
    ($($tokens:tt)*) => { $crate::__local! { toy: $($tokens)* } };
}

#[doc(hidden)]
pub use ::std::thread_local as __thread_local;

mod tests {
    use super::sync::{Arc, Condvar, Mutex, thread};
    use crate::engine::toy::Toy;
    use crate::engine::{Engine, Fault, Report, Verdict};
    use crate::session::OpKind;

    fn explored(body: impl Fn() + Send + Sync + 'static) -> Report {
        Toy.explore(std::sync::Arc::new(body))
    }

    #[test]
    fn a_started_thread_runs_at_once() {
        let report = explored(|| {
            let word = Arc::new(Mutex::new(0));
            let other = word.clone();
            let started = thread::spawn(move || *other.lock().unwrap() = 1);
            assert_eq!(*word.lock().unwrap(), 1);
            started.join().unwrap();
        });
        assert!(matches!(report.verdict, Verdict::Bounded { executions: 1, .. }), "{report:?}");
    }

    #[test]
    fn a_failure_of_a_started_thread_is_a_violation_with_its_operations() {
        let report = explored(|| {
            let word = Arc::new(Mutex::new(0));
            let other = word.clone();
            let started = thread::spawn(move || assert_eq!(*other.lock().unwrap(), 1));
            let _ = started.join();
        });
        let Verdict::Violated(shown) = report.verdict else { panic!("{report:?}") };
        assert_eq!(shown.violation, Fault::Panic);
        let locks = shown.trace.iter().filter(|event| event.op == OpKind::Lock);
        assert_eq!(locks.map(|event| event.thread.0).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn who_waits_for_one_that_cannot_run_is_in_a_deadlock() {
        let report = explored(|| {
            let word = Arc::new(Mutex::new(()));
            let guard = word.lock().unwrap();
            let other = word.clone();
            let started = thread::spawn(move || drop(other.lock()));
            drop(guard);
            let _ = started.join();
        });
        let Verdict::Violated(shown) = report.verdict else { panic!("{report:?}") };
        assert_eq!(shown.violation, Fault::Deadlock);
        let report = explored(|| {
            let (word, changed) = (Mutex::new(false), Condvar::new());
            drop(changed.wait_while(word.lock().unwrap(), |word| !*word));
        });
        assert!(matches!(report.verdict, Verdict::Violated(_)), "{report:?}");
    }
}
