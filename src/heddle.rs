//! The heddle world: our own engine's threads and memory, for every execution of the memory model.
//!
//! A heddle is the part of a loom that lifts one thread. The threads of an execution are coroutines of one OS
//! thread; the memory is that of RC11, of RC11 with C++20's release sequences, or sequentially consistent.
//!
//! Does not see:
//!
//! - a load that runs ahead of earlier loads in the same thread and reads from a later store (load buffering)
//! - wakeups without a cause, and weak compare-exchanges that fail without one, unless
//!   [`Heddle::spurious`](crate::engine::heddle::Heddle::spurious) is on
//! - other differences that a loop may make of the rounds in which it yields, and finds nothing new or does the same
//!   again (the verdict is then `Bounded`)
//! - the order of operations during unwinding, if one of them has to wait (the verdict is then `Bounded`)
//! - that the waits of one thread on one condition variable time out more than once (the verdict is then
//!   `Bounded`)
//! - that a loop with more than 600 rounds, in which its thread finds nothing new and nobody else can go on, counts them on the
//!   heap or in a static of `std`, and so is no livelock
//! - memory that is never freed, but for the value of an [`Arc`](sync::Arc) that is never dropped, and for memory of
//!   [`sync::alloc`], which are leaks
//! - uses of memory after its end, but for those that [`sync::alloc`] names, and for pointers of an `UnsafeCell` that are used
//!   when the cell has been dropped
//! - accesses that do not go through this world's primitives: `std`'s atomics, time, addresses. If such
//!   an access changes what a body does, the search ends as unsupported.
//!
//! It may show that a lock is found held for writing after the last of several readers has given it back, also under
//! sequential consistency.
//!
//! It may show an execution that RC11 forbids only because of plain accesses to *other* data between seq-cst operations
//! of one thread: these are not events of its graphs.
//!
//! `std::thread_local!` has one value for all threads of an execution, since these share one OS thread; `local!` has
//! one for each.
//!
//! An execution that turns out to be impossible is left in the middle. Its threads are then unwound, and a destructor
//! that panics in the meantime ends the process: no Rust code can catch that panic. It is shown first. With
//! [`Heddle::unwinds`](crate::engine::heddle::Heddle::unwinds) off, the threads stay where they are instead.
//!
//! *statics*: a `global!` lives as long as its execution. Do not keep a reference to it for longer, in a
//! `static` of `std` for example.

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

mod raw {
    use std::io;
    use std::panic::Location;
    use std::thread::panicking;

    use crate::runtime;
    use crate::session::{self, Event, OpKind, Payload, Session};
    use crate::verdict::Bound;

    pub(super) use super::sync::untimed::{Deadline, sleep};
    pub use crate::runtime::{Arc, Weak};
    pub(super) use crate::runtime::{
        AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8,
        AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Condvar, Counter, JoinHandle, Lazy, LocalKey,
        Mutex, MutexGuard, ReadGuard, RwLock, Span, ThreadEnd, Token, Tracker, WriteGuard, alloc,
        dealloc, elapsed, fence, lazy, note_change, pass, stay_until, yield_now,
    };
    pub use crate::{__heddle_global as global, __heddle_local as local};

    pub(super) const NAME: &str = crate::verdict::World::Heddle.name();
    pub(super) const OUTLIVES_EXECUTION: bool = false;
    pub(super) const UNWINDS_STACKS: bool = true;
    pub(super) const KEEPS_LOCALS: bool = true;
    pub(super) const KEEPS_ADDRESSES: bool = true;
    pub(super) const CHECKS_CAUSALITY: bool = true;
    pub(super) const HEAD_START: u32 = 1;

    /// A value that must be dropped before the execution ends: it has one owner.
    pub(super) struct Kept {
        _owner: Arc<()>,
    }

    impl Kept {
        #[track_caller]
        pub(super) fn new() -> Self {
            Kept { _owner: Arc::new(()) }
        }
    }

    /// Two operations are the same in two executions, or in two rounds of a loop, if the code that asks for
    /// them is at the same place.
    pub(super) fn before(event: &Event) {
        runtime::at(event.location);
        if event.op == OpKind::Yield {
            runtime::note_yield();
        }
    }

    pub(super) fn touch(pointer: *const u8, site: &'static Location<'static>) -> bool {
        runtime::at(site);
        runtime::touch(pointer.addr(), site)
    }

    pub(super) fn call<R>(call: impl FnOnce() -> R) -> R {
        call()
    }

    #[track_caller]
    pub(super) fn lock(mutex: &Mutex<()>) -> MutexGuard<'_, ()> {
        mutex.lock()
    }

    #[track_caller]
    pub(super) fn try_lock(mutex: &Mutex<()>) -> Option<MutexGuard<'_, ()>> {
        mutex.try_lock()
    }

    #[track_caller]
    pub(super) fn read(lock: &RwLock<()>) -> ReadGuard<'_, ()> {
        lock.read()
    }

    #[track_caller]
    pub(super) fn write(lock: &RwLock<()>) -> WriteGuard<'_, ()> {
        lock.write()
    }

    #[track_caller]
    pub(super) fn try_read(lock: &RwLock<()>) -> Option<ReadGuard<'_, ()>> {
        lock.try_read()
    }

    #[track_caller]
    pub(super) fn try_write(lock: &RwLock<()>) -> Option<WriteGuard<'_, ()>> {
        lock.try_write()
    }

    #[track_caller]
    pub(super) fn wait<'mutex>(
        condvar: &Condvar,
        _: &'mutex Mutex<()>,
        guard: MutexGuard<'mutex, ()>,
    ) -> MutexGuard<'mutex, ()> {
        condvar.wait(guard)
    }

    #[track_caller]
    pub(super) fn wait_timeout<'mutex>(
        condvar: &Condvar,
        _: &'mutex Mutex<()>,
        guard: MutexGuard<'mutex, ()>,
        _: &Deadline,
    ) -> (MutexGuard<'mutex, ()>, bool) {
        condvar.wait_timeout(guard)
    }

    #[track_caller]
    pub(super) fn spawn<F, T>(
        _: Option<String>,
        _: Option<usize>,
        body: F,
    ) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        runtime::spawn(body)
    }

    #[track_caller]
    pub(super) fn park(token: &Token) {
        token.take();
    }

    #[track_caller]
    pub(super) fn park_timeout(token: &Token, _: &Deadline) -> bool {
        token.take_in_time()
    }

    #[track_caller]
    pub(super) fn unpark(token: &Token) {
        token.give();
    }

    #[track_caller]
    pub(super) fn is_finished<T>(handle: &JoinHandle<T>) -> bool {
        handle.is_finished()
    }

    pub(super) fn plain_read<R>(site: &'static Location<'static>, load: impl FnOnce() -> R) -> R {
        runtime::plainly(runtime::Plain::Read, site, load)
    }

    pub(super) fn plain_span<R>(
        site: &'static Location<'static>,
        load: impl FnOnce() -> R,
    ) -> (R, Span) {
        runtime::span(site, load)
    }

    pub(super) fn plain_write<R>(site: &'static Location<'static>, load: impl FnOnce() -> R) -> R {
        runtime::plainly(runtime::Plain::Write, site, load)
    }

    #[track_caller]
    pub(super) fn await_waker(token: &Token) {
        token.take_or_poll();
    }

    /// All threads share one OS thread and so its count of panics: a thread that unwinds cannot wait.
    pub(super) fn may_borrow() -> bool {
        if panicking() {
            session::note_bound(Bound::Unwinding);
        }
        !panicking()
    }

    pub(super) fn before_thread(_: &Session) {}

    pub(super) fn abandon(payload: Payload) -> ! {
        std::panic::resume_unwind(payload)
    }

    #[track_caller]
    pub(super) fn get<T: Send + Sync>(lazy: &'static Lazy<T>) -> &'static T {
        lazy.get()
    }

    pub(super) fn made<T: Send + Sync>(lazy: &'static Lazy<T>) -> Option<&'static T> {
        lazy.made()
    }
}

/// Declares process-wide state that is fresh in every execution.
#[doc(hidden)]
#[macro_export]
macro_rules! __heddle_global {
    ($($tokens:tt)*) => { $crate::__global! { heddle: $($tokens)* } };
}

/// Declares thread-local state.
#[doc(hidden)]
#[macro_export]
macro_rules! __heddle_local {
    ($($tokens:tt)*) => { $crate::__local! { heddle: $($tokens)* } };
}

/// Makes keys of thread-local values of this world.
#[doc(hidden)]
#[macro_export]
macro_rules! __heddle_thread_local {
    ($(#[$meta:meta])* $visibility:vis static $name:ident: $type:ty = $init:expr $(;)?) => {
        $(#[$meta])*
        $visibility static $name: $crate::heddle::__LocalKey<$type> =
            $crate::heddle::__LocalKey::new(|| $init);
    };
}

pub use crate::runtime::NoReuse;

#[doc(hidden)]
pub use crate::__heddle_thread_local as __thread_local;
#[doc(hidden)]
pub use crate::runtime::LocalKey as __LocalKey;
#[doc(hidden)]
pub use crate::runtime::fingerprint as __fingerprint;
