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
//! An execution has at most five threads, including the first, and a body must join the threads that it
//! starts. The first thread's stack is small: about 32 KiB.

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

pub(crate) use raw::reset;

mod raw {
    use std::{
        cell::Cell, fmt, io, marker::PhantomData, mem, ops, sync::LockResult, thread::panicking,
    };

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

    pub(super) use super::sync::thread_end::ThreadEnd;
    pub(super) use super::sync::token::{Token, park, park_timeout, unpark};
    pub(super) use super::sync::untimed::{Deadline, sleep, wait_timeout};
    use super::sync::{lock::tried, untimed};
    pub use crate::{__loom_global as global, __loom_local as local};

    pub(super) const NAME: &str = crate::verdict::World::Loom.name();
    pub(super) const OUTLIVES_EXECUTION: bool = false;
    pub(super) const CHECKS_CAUSALITY: bool = true;
    /// The number of yields that let a new thread go first. A yield lets every other thread run that can.
    pub(super) const HEAD_START: u32 = 1;

    /// The stack size in words, the unit of loom's generators. loom's own choice is an eighth of this,
    /// which an unoptimised interpreter overflows.
    const STACK_WORDS: usize = 1 << 15;

    thread_local! {
        static NOT_EXPLORING: Cell<bool> = const { Cell::new(false) };
    }

    /// Forgets what the last search on this thread may have left behind.
    pub(crate) fn reset() {
        NOT_EXPLORING.set(false);
    }

    pub(super) fn before(_: &Event) {}

    /// While a thread unwinds, loom must not switch to another: all of them share one OS thread and
    /// so its count of panics. loom stays on a thread that can run if it does not explore.
    pub(super) fn call<R>(call: impl FnOnce() -> R) -> R {
        if !panicking() || NOT_EXPLORING.get() {
            return call();
        }
        session::note_bound(Bound::Unwinding);
        NOT_EXPLORING.set(true);
        ::loom::stop_exploring();
        let result = call();
        ::loom::explore();
        NOT_EXPLORING.set(false);
        result
    }

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

        /// Not needed: an access without an edge is seen wherever it happens.
        pub(super) fn linger(&self) {}
    }

    /// A shared value. The checker sees the edges between its drops, and notices leaks: loom counts with
    /// an `Arc` of its own, beside `std`'s `Arc`, which holds the value.
    ///
    /// Once the execution is over, loom's part is leaked instead of dropped. Its destructor calls into
    /// the model, which is gone when loom has found a deadlock, and a second panic would abort the
    /// process before the first one could be reported.
    ///
    /// loom has no weak pointers: a search of a body that makes one ends as unsupported.
    pub struct Arc<T: ?Sized> {
        /// `None` if it was made after the end of its execution.
        count: Option<::loom::sync::Arc<()>>,
        value: std::sync::Arc<T>,
    }

    impl<T> Arc<T> {
        /// A shared value.
        #[track_caller]
        pub fn new(value: T) -> Self {
            Arc::from_std(std::sync::Arc::new(value))
        }
    }

    impl<T> Arc<T> {
        /// Not to be had under loom; see [`Arc`].
        #[track_caller]
        pub fn new_cyclic(_: impl FnOnce(&Weak<T>) -> T) -> Self {
            no_weak()
        }

        /// Returns the value, if this is its only owner.
        ///
        /// # Errors
        /// This owner, if there are others.
        #[track_caller]
        pub fn try_unwrap(mut this: Self) -> Result<T, Self> {
            let value = this.value.clone();
            if let Some(count) = this.count.take().filter(|_| !session::is_over()) {
                let tried = session::inside(|| call(|| ::loom::sync::Arc::try_unwrap(count)));
                if let Err(count) = tried {
                    this.count = Some(count);
                    return Err(this);
                }
            }
            drop(this);
            std::sync::Arc::try_unwrap(value).map_err(|value| Arc { count: None, value })
        }

        /// Gives up this share; returns the value, if it was the last.
        #[track_caller]
        pub fn into_inner(this: Self) -> Option<T> {
            let value = this.value.clone();
            drop(this);
            std::sync::Arc::into_inner(value)
        }
    }

    impl<T: Clone> Arc<T> {
        /// Gives access to the value; to a clone of it, which this then owns alone, if there are other
        /// owners.
        #[track_caller]
        pub fn make_mut(this: &mut Self) -> &mut T {
            if Arc::get_mut(this).is_none() {
                *this = Arc::new(T::clone(this));
            }
            std::sync::Arc::get_mut(&mut this.value).expect("it has one owner")
        }
    }

    /// A weak pointer, which cannot be made under loom.
    pub struct Weak<T: ?Sized>(PhantomData<std::sync::Weak<T>>);

    #[track_caller]
    fn no_weak() -> ! {
        session::unsupported(Reason::Other("loom has no weak pointers".to_owned()))
    }

    impl<T> Weak<T> {
        /// A pointer that leads nowhere.
        pub fn new() -> Self {
            Weak(PhantomData)
        }
    }

    #[allow(clippy::unused_self, reason = "the signatures are those of every world")]
    impl<T: ?Sized> Weak<T> {
        /// Nothing: it leads nowhere.
        pub fn upgrade(&self) -> Option<Arc<T>> {
            None
        }

        /// None.
        pub fn strong_count(&self) -> usize {
            0
        }

        /// None.
        pub fn weak_count(&self) -> usize {
            0
        }

        /// Whether both lead nowhere.
        pub fn ptr_eq(&self, _: &Self) -> bool {
            true
        }
    }

    impl<T: ?Sized> Clone for Weak<T> {
        fn clone(&self) -> Self {
            Weak(PhantomData)
        }
    }

    impl<T> Default for Weak<T> {
        fn default() -> Self {
            Weak::new()
        }
    }

    impl<T: ?Sized> fmt::Debug for Weak<T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("(Weak)")
        }
    }

    impl<T: ?Sized> Arc<T> {
        #[track_caller]
        fn from_std(value: std::sync::Arc<T>) -> Self {
            let count =
                (!session::is_over()).then(|| session::inside(|| ::loom::sync::Arc::new(())));
            Arc { count, value }
        }

        /// Whether both point to the same value.
        pub fn ptr_eq(this: &Self, other: &Self) -> bool {
            std::sync::Arc::ptr_eq(&this.value, &other.value)
        }

        /// A pointer to the value.
        pub fn as_ptr(this: &Self) -> *const T {
            std::sync::Arc::as_ptr(&this.value)
        }

        /// Not to be had under loom; see [`Arc`].
        #[track_caller]
        pub fn downgrade(_: &Self) -> Weak<T> {
            no_weak()
        }

        /// None: there are no weak pointers.
        pub fn weak_count(_: &Self) -> usize {
            0
        }

        /// Gives access to the value, if there is no other owner.
        #[track_caller]
        pub fn get_mut(this: &mut Self) -> Option<&mut T> {
            if let Some(count) = this.count.as_mut().filter(|_| !session::is_over()) {
                session::inside(|| call(|| ::loom::sync::Arc::get_mut(count).map(drop)))?;
            }
            std::sync::Arc::get_mut(&mut this.value)
        }

        /// The number of pointers to this value.
        #[track_caller]
        pub fn strong_count(this: &Self) -> usize {
            match &this.count {
                Some(count) if !session::is_over() => {
                    session::inside(|| call(|| ::loom::sync::Arc::strong_count(count)))
                }
                _ => std::sync::Arc::strong_count(&this.value),
            }
        }
    }

    impl<T: ?Sized> Clone for Arc<T> {
        #[track_caller]
        fn clone(&self) -> Self {
            let count = match &self.count {
                Some(count) if !session::is_over() => {
                    Some(session::inside(|| call(|| count.clone())))
                }
                _ => None,
            };
            Arc { count, value: self.value.clone() }
        }
    }

    impl<T: ?Sized> ops::Deref for Arc<T> {
        type Target = T;

        fn deref(&self) -> &T {
            &self.value
        }
    }

    impl<T: ?Sized> Drop for Arc<T> {
        /// loom may switch threads before it counts down, but not after: the thread that counts down to
        /// zero drops the value at once.
        #[track_caller]
        fn drop(&mut self) {
            let count = self.count.take();
            if session::is_over() {
                mem::forget(count);
            } else {
                session::inside(|| call(|| drop(count)));
            }
        }
    }

    impl<T: ?Sized> From<Box<T>> for Arc<T> {
        #[track_caller]
        fn from(value: Box<T>) -> Self {
            Arc::from_std(value.into())
        }
    }

    impl<T: Default> Default for Arc<T> {
        #[track_caller]
        fn default() -> Self {
            Arc::new(T::default())
        }
    }

    impl<T: ?Sized + fmt::Debug> fmt::Debug for Arc<T> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            (**self).fmt(f)
        }
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
