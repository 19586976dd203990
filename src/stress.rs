//! The stress world: real threads on `std`, instrumented, with seeded jitter at every operation.
//!
//! This world looks for errors on the machine that it runs on. It does not see what that machine and its
//! scheduler do not do. The instrumentation also orders more than the program does, and so hides effects
//! of weak memory. `notify_one` wakes the thread that has waited longest. The jitter derives from a
//! seed, but the interleaving does not. Each execution leaks the globals that it used.

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
    use std::{
        collections::VecDeque,
        hint, io,
        panic::Location,
        sync::{LockResult, OnceLock, PoisonError},
        thread::panicking,
        time::{Duration, Instant},
    };

    use crate::session::{self, Event, Payload, Session};

    pub use std::sync::{Arc, Weak};
    pub(super) use std::{
        alloc::{alloc, dealloc},
        sync::{
            Mutex, MutexGuard, RwLock, RwLockReadGuard as ReadGuard,
            RwLockWriteGuard as WriteGuard,
            atomic::{
                AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr,
                AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, fence,
            },
        },
        thread::{JoinHandle, LocalKey, sleep, yield_now},
    };

    pub(super) use super::sync::counter::Relaxing as Counter;
    use super::sync::lock::tried;
    pub(super) use super::sync::thread_end::ThreadEnd;
    pub(super) use super::sync::token::{Token, park, park as await_waker, park_timeout, unpark};
    pub(super) use super::sync::unseen::{
        Kept, Span, note_change, plain_read, plain_span, plain_write,
    };
    pub(super) use crate::session::lazy::{Lazy, get, lazy, made};
    pub use crate::{__stress_global as global, __stress_local as local};

    pub(super) const NAME: &str = crate::verdict::World::Stress.name();
    pub(super) const OUTLIVES_EXECUTION: bool = true;
    pub(super) const UNWINDS_STACKS: bool = true;
    pub(super) const KEEPS_LOCALS: bool = true;
    pub(super) const KEEPS_ADDRESSES: bool = false;
    pub(super) const CHECKS_CAUSALITY: bool = false;
    /// The number of yields that let a new thread go first. The system may ignore a yield.
    pub(super) const HEAD_START: u32 = 32;

    /// How long a thread sleeps before it looks again whether its execution is over.
    const NAP: Duration = Duration::from_micros(50);

    /// Not seen here.
    pub(super) fn touch(_: *const u8, _: &'static Location<'static>) -> bool {
        true
    }

    pub(super) fn before(_: &Event) {
        if session::session().is_some() {
            jitter();
        }
    }

    /// Adds a delay: usually none, sometimes a yield, sometimes a short spin, rarely a nap.
    fn jitter() {
        match session::chance() % 1024 {
            0 => std::thread::sleep(NAP),
            1..64 => yield_now(),
            64..128 => (0..session::chance() % 512).for_each(|_| hint::spin_loop()),
            _ => {}
        }
    }

    pub(super) fn call<R>(call: impl FnOnce() -> R) -> R {
        call()
    }

    /// Blocks by trying again, so that a thread notices a deadlock and can leave it.
    fn take<G>(mut attempt: impl FnMut() -> Option<G>) -> G {
        for attempts in 0_u32.. {
            let progress = session::progress();
            if let Some(guard) = attempt() {
                return guard;
            }
            if session::is_over() && !panicking() {
                session::cancel();
            }
            if attempts < 64 {
                yield_now();
            } else {
                session::note_blocked(progress);
                std::thread::sleep(NAP);
            }
        }
        unreachable!("a lock is tried until it is free")
    }

    fn unpoisoned<G>(result: LockResult<G>) -> G {
        result.unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn lock(mutex: &Mutex<()>) -> MutexGuard<'_, ()> {
        take(|| try_lock(mutex))
    }

    pub(super) fn try_lock(mutex: &Mutex<()>) -> Option<MutexGuard<'_, ()>> {
        tried(mutex.try_lock(), unpoisoned)
    }

    pub(super) fn read(lock: &RwLock<()>) -> ReadGuard<'_, ()> {
        take(|| try_read(lock))
    }

    pub(super) fn try_read(lock: &RwLock<()>) -> Option<ReadGuard<'_, ()>> {
        tried(lock.try_read(), unpoisoned)
    }

    pub(super) fn write(lock: &RwLock<()>) -> WriteGuard<'_, ()> {
        take(|| try_write(lock))
    }

    pub(super) fn try_write(lock: &RwLock<()>) -> Option<WriteGuard<'_, ()>> {
        tried(lock.try_write(), unpoisoned)
    }

    /// A condition variable with a queue of waiters. Because the waiters are known, a waiter can wake
    /// now and then to see whether its execution is over, without missing a notification.
    #[derive(Default)]
    pub(super) struct Condvar {
        line: Mutex<Line>,
        changed: std::sync::Condvar,
    }

    #[derive(Default)]
    struct Line {
        tickets: u64,
        waiting: VecDeque<u64>,
    }

    impl Condvar {
        pub(super) fn new() -> Self {
            Condvar::default()
        }

        pub(super) fn notify_one(&self) {
            self.line().waiting.pop_front();
            self.changed.notify_all();
        }

        pub(super) fn notify_all(&self) {
            self.line().waiting.clear();
            self.changed.notify_all();
        }

        fn line(&self) -> MutexGuard<'_, Line> {
            self.line.lock().unwrap_or_else(PoisonError::into_inner)
        }

        fn stand_in_line(&self) -> u64 {
            let mut line = self.line();
            line.tickets += 1;
            let ticket = line.tickets;
            line.waiting.push_back(ticket);
            ticket
        }

        /// Waits until this ticket is notified, the execution is over, or the time is up; false if the
        /// time is up.
        fn wait_for(&self, ticket: u64, deadline: Option<Instant>) -> bool {
            loop {
                let progress = session::progress();
                let mut line = self.line();
                if !line.waiting.contains(&ticket) || session::is_over() {
                    return true;
                }
                let pause = match deadline.map(|it| it.saturating_duration_since(Instant::now())) {
                    Some(Duration::ZERO) => {
                        line.waiting.retain(|&it| it != ticket);
                        return false;
                    }
                    Some(left) => left.min(WATCH),
                    None => {
                        session::note_blocked(progress);
                        WATCH
                    }
                };
                drop(self.changed.wait_timeout(line, pause));
            }
        }
    }

    /// How long a waiter sleeps before it checks whether its execution is over.
    const WATCH: Duration = Duration::from_millis(10);

    /// Returns without a notification once the execution is over.
    pub(super) fn wait<'mutex>(
        condvar: &Condvar,
        mutex: &'mutex Mutex<()>,
        guard: MutexGuard<'mutex, ()>,
    ) -> MutexGuard<'mutex, ()> {
        let ticket = condvar.stand_in_line();
        drop(guard);
        session::note_progress();
        condvar.wait_for(ticket, None);
        lock(mutex)
    }

    pub(super) struct Deadline(Option<Instant>);

    impl Deadline {
        pub(super) fn after(time_max: Duration) -> Self {
            Deadline(Instant::now().checked_add(time_max))
        }
    }

    /// If the deadline is later than the clock can represent, waits without a limit.
    pub(super) fn wait_timeout<'mutex>(
        condvar: &Condvar,
        mutex: &'mutex Mutex<()>,
        guard: MutexGuard<'mutex, ()>,
        Deadline(deadline): &Deadline,
    ) -> (MutexGuard<'mutex, ()>, bool) {
        let ticket = condvar.stand_in_line();
        drop(guard);
        session::note_progress();
        let is_late = !condvar.wait_for(ticket, *deadline);
        (lock(mutex), is_late)
    }

    pub(super) fn spawn<F, T>(
        name: Option<String>,
        stack_size: Option<usize>,
        body: F,
    ) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let mut builder = std::thread::Builder::new();
        if let Some(name) = name {
            builder = builder.name(name);
        }
        if let Some(stack_size) = stack_size {
            builder = builder.stack_size(stack_size);
        }
        builder.spawn(body)
    }

    pub(super) fn is_finished<T>(handle: &JoinHandle<T>) -> bool {
        handle.is_finished()
    }

    /// Since somebody asked for the first time.
    pub(super) fn elapsed() -> Duration {
        static FIRST: OnceLock<Instant> = OnceLock::new();
        FIRST.get_or_init(Instant::now).elapsed()
    }

    /// Time passes by itself.
    pub(super) fn pass(_: Duration) {}

    pub(super) fn may_borrow() -> bool {
        true
    }

    /// The threads end by themselves: they are told to if their execution is over.
    pub(super) fn stay_until(is_time: impl Fn() -> bool) {
        while !is_time() {
            sleep(NAP);
        }
    }

    pub(super) fn before_thread(_: &Session) {}

    pub(super) fn abandon(payload: Payload) -> ! {
        std::panic::resume_unwind(payload)
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

        /// Jitter, so that accesses that may overlap do overlap.
        pub(super) fn linger(&self) {
            if session::session().is_some() {
                yield_now();
                jitter();
            }
        }
    }
}

/// Declares process-wide state that is fresh in every execution.
#[doc(hidden)]
#[macro_export]
macro_rules! __stress_global {
    ($($tokens:tt)*) => { $crate::__global! { stress: $($tokens)* } };
}

/// Declares thread-local state.
#[doc(hidden)]
#[macro_export]
macro_rules! __stress_local {
    ($($tokens:tt)*) => { $crate::__local! { stress: $($tokens)* } };
}

#[doc(hidden)]
pub use ::std::thread_local as __thread_local;
