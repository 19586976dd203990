//! What a world supplies: the contract between `src/sync/` and the `mod raw` of a world.
//!
//! A world is a file such as `src/stress.rs`. It includes `sync/mod.rs`, which builds primitives with the names
//! of `std` from these parts, found in `super::raw`:
//!
//! | item | promise |
//! |---|---|
//! | `NAME` | the world's name, by which an operation in another world's execution is found out |
//! | `UNWINDS_STACKS` | whether the threads of an execution that is over are unwound, or stay, before their stacks are given up |
//! | `OUTLIVES_EXECUTION` | whether the primitives still work when the execution is over; if not, destructors that run then leak or work on plain copies |
//! | `CHECKS_CAUSALITY` | whether `Tracker` reports accesses that nothing orders |
//! | `KEEPS_LOCALS` | whether the thread-locals are there while the threads of an execution that is over are unwound |
//! | `KEEPS_ADDRESSES` | whether allocated memory has the same address in every execution that does the same; if not, a trace gives each allocation a number of its own |
//! | `HEAD_START` | how many yields let a new thread go first, for a mutant |
//! | `before` | called with each operation before it, to add jitter or a scheduling point, or to note its place |
//! | `call` | runs a call into the tool; while the thread unwinds, the tool must not switch to another |
//! | `Mutex<()>`, `MutexGuard`, `lock`, `try_lock` | mutual exclusion; never poisoned, since `sync` does that |
//! | `RwLock<()>`, `ReadGuard`, `WriteGuard`, `read`, `write`, `try_read`, `try_write` | the same, but readers may share it |
//! | `Condvar`, `wait` | `wait` releases the lock, waits for a notification and takes the lock again |
//! | `Deadline`, `wait_timeout` | the same with a time limit; also whether it timed out. A world without time lets the other threads run first |
//! | `AtomicBool`, `AtomicU8` to `AtomicU64`, `AtomicUsize`, the same with `I`, `AtomicPtr`, `fence` | as in `std`, with the orderings that the world supports; a `compare_exchange_weak` may fail without a cause, or never does |
//! | `Counter` | a number that is read when nobody adds to it any more; an error names the use that is not ordered, if the world sees that |
//! | `plain_read`, `plain_write` | the relaxed load, or the store, that is made in it is a plain access: a world that sees it reports what races with it |
//! | `plain_span`, `Span` | the same for an exclusive access that lasts, until `Span::end`. That says whether the end must be an access of its own, since others may have learnt of the beginning alone |
//! | `alloc`, `dealloc` | memory, as `std`'s functions of these names |
//! | `touch` | the owner of memory is about to use it: a world that sees uses after a free reports them; false if it cannot, and the memory must be left alone |
//! | `yield_now` | lets another thread run |
//! | `spawn`, `JoinHandle`, `is_finished` | a thread of the execution, by name and stack size, or the system's error; whether its closure has returned |
//! | `ThreadEnd` | the end of a thread, for which any number of threads may wait; `sync::thread_end` has it for worlds whose tool lets one thread wait |
//! | `may_borrow` | whether a thread may be started now that borrows from frames of others; does not return if the world has no such threads |
//! | `stay_until` | keeps the frames from which threads borrow until these have ended, in an execution that is over; may never return, and does not unwind |
//! | `Token`, `park`, `park_timeout`, `unpark` | the token of a thread, made before the thread starts; whether a park with a limit was late; `sync::token` has them for worlds whose tool has not |
//! | `await_waker` | as `park`, for a thread that waits for a future; it may end without a cause if the world's options say so |
//! | `sleep` | waits for some time; a world without time lets other threads run |
//! | `elapsed`, `pass` | how much time has passed; lets time pass, after a sleep or a wait that has timed out. `session` counts it for worlds that have nothing better |
//! | `before_thread` | called with the session when a new thread is about to begin |
//! | `abandon` | ends a thread with a panic that the execution has seen already |
//! | `Arc`, `Weak` | shared ownership; the tool's own, if that counts references |
//! | `note_change` | the running thread may change the data under a cell: a loop that does so in each round does not only wait |
//! | `Kept` | a value that must be dropped before the execution ends, if the world sees that |
//! | `Lazy`, `lazy`, `get`, `made` | a value that is made once in each execution; the value that has been made, if it is there when the execution is over |
//! | `LocalKey`, `__thread_local!` | thread-local storage of the threads of an execution |
//! | `Tracker` | records reads and writes of the data under a cell, and the ends of those by pointers, and lingers in them |
//! | `global!`, `local!` | `__global!` and `__local!` with the world's name |
//!
//! `src/session/` records what happens in an execution, not the world: a world never sees an `Event`. A
//! world may end a search with `session::violate`, weaken its verdict with `session::note_bound`, and
//! report that it cannot go on.
//!
//! The function below calls each part as `sync` does. A world that lacks a part, or has it with another
//! type, does not compile.

use std::io;
use std::panic::Location;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::raw;
use crate::session::{self, Event, OpKind, Payload, Session, Site};

#[expect(dead_code, reason = "it is compiled, which is all that it is for")]
fn holds<'mutex>(
    condvar: &raw::Condvar,
    mutex: &'mutex raw::Mutex<()>,
    rwlock: &'mutex raw::RwLock<()>,
    lazy: &'static raw::Lazy<u32>,
    tracker: &raw::Tracker,
    own: &Session,
    payload: Payload,
) -> ! {
    let _: &'static str = raw::NAME;
    let _: [bool; 3] = [raw::OUTLIVES_EXECUTION, raw::UNWINDS_STACKS, raw::CHECKS_CAUSALITY];
    let _: [bool; 2] = [raw::KEEPS_LOCALS, raw::KEEPS_ADDRESSES];
    let _: u32 = raw::HEAD_START;
    raw::before(&Event::new(OpKind::Lock, Location::caller()));
    let _: u8 = raw::call(|| 0);

    let guard: raw::MutexGuard<'mutex, ()> = raw::lock(mutex);
    let guard: raw::MutexGuard<'mutex, ()> = raw::wait(condvar, mutex, guard);
    let deadline = raw::Deadline::after(Duration::ZERO);
    let (guard, _is_late): (raw::MutexGuard<'mutex, ()>, bool) =
        raw::wait_timeout(condvar, mutex, guard, &deadline);
    drop(guard);
    let _: Option<raw::MutexGuard<'mutex, ()>> = raw::try_lock(mutex);
    let _: raw::RwLock<()> = raw::RwLock::new(());
    let read: raw::ReadGuard<'mutex, ()> = raw::read(rwlock);
    drop(read);
    let written: raw::WriteGuard<'mutex, ()> = raw::write(rwlock);
    drop(written);
    let _: Option<raw::ReadGuard<'mutex, ()>> = raw::try_read(rwlock);
    let _: Option<raw::WriteGuard<'mutex, ()>> = raw::try_write(rwlock);
    condvar.notify_one();
    condvar.notify_all();
    let _: (raw::Mutex<()>, raw::Condvar) = (raw::Mutex::new(()), raw::Condvar::new());

    let _: (raw::AtomicBool, raw::AtomicU32) =
        (raw::AtomicBool::new(false), raw::AtomicU32::new(0));
    let _: (raw::AtomicU64, raw::AtomicUsize) = (raw::AtomicU64::new(0), raw::AtomicUsize::new(0));
    let _: (raw::AtomicU8, raw::AtomicU16) = (raw::AtomicU8::new(0), raw::AtomicU16::new(0));
    let _: (raw::AtomicI8, raw::AtomicI16) = (raw::AtomicI8::new(0), raw::AtomicI16::new(0));
    let _: (raw::AtomicI32, raw::AtomicI64) = (raw::AtomicI32::new(0), raw::AtomicI64::new(0));
    let _: raw::AtomicIsize = raw::AtomicIsize::new(0);
    let _: raw::AtomicPtr<u8> = raw::AtomicPtr::new(std::ptr::null_mut());
    let here = Location::caller();
    let _: (u8, u8) = (raw::plain_read(here, || 0), raw::plain_write(here, || 0));
    let (_, span): (u8, raw::Span) = raw::plain_span(here, || 0);
    let _must_be_seen: bool = span.end();
    // ORDER: SeqCst, no edge: it is never run.
    raw::fence(Ordering::SeqCst);

    let spawned: io::Result<raw::JoinHandle<u8>> = raw::spawn(None, Some(1 << 16), || 0);
    let _: Option<std::thread::Result<u8>> = spawned.ok().map(raw::JoinHandle::join);
    let asks: fn(&raw::JoinHandle<u8>) -> bool = raw::is_finished;
    let _ = asks;
    let awaited: io::Result<raw::JoinHandle<Option<()>>> = raw::spawn(None, None, || Some(()));
    let end: Option<raw::ThreadEnd> = awaited.ok().map(raw::ThreadEnd::of);
    let _: Option<()> = end.as_ref().map(raw::ThreadEnd::wait);
    let _: Option<bool> = end.as_ref().map(raw::ThreadEnd::is_finished);
    let _: bool = raw::may_borrow();
    raw::stay_until(|| true);
    let token: raw::Token = raw::Token::new();
    raw::park(&token);
    raw::await_waker(&token);
    let _is_late: bool = raw::park_timeout(&token, &deadline);
    raw::unpark(&token);
    raw::sleep(Duration::ZERO);
    raw::pass(Duration::ZERO);
    let _: Duration = raw::elapsed();
    let counter = raw::Counter::new(0);
    let site = session::site(Location::caller());
    let _: (Result<(), Site>, Result<u64, Site>) = (counter.add(1, site), counter.total(site));
    raw::yield_now();
    raw::before_thread(own);

    // `memory` calls `alloc` and `dealloc`.

    let _: bool = raw::touch(std::ptr::null(), Location::caller());

    let _: raw::Lazy<u32> = raw::lazy(|| 0);
    let _: &'static u32 = raw::get(lazy);
    let _: Option<&'static u32> = raw::made(lazy);
    let mut shared: raw::Arc<u8> = raw::Arc::new(0);
    let weak: raw::Weak<u8> = raw::Arc::downgrade(&shared);
    let _: Option<raw::Arc<u8>> = weak.upgrade();
    let _: (usize, usize) = (raw::Arc::strong_count(&shared), raw::Arc::weak_count(&shared));
    let _: Option<&mut u8> = raw::Arc::get_mut(&mut shared);
    let _: &mut u8 = raw::Arc::make_mut(&mut shared);
    let _: Result<u8, raw::Arc<u8>> = raw::Arc::try_unwrap(shared);
    let _: Option<u8> = raw::Arc::into_inner(raw::Arc::new_cyclic(|_: &raw::Weak<u8>| 0));

    raw::note_change();
    let _: raw::Kept = raw::Kept::new();
    let _: raw::Tracker = raw::Tracker::new();
    tracker.read();
    tracker.write();
    tracker.end(true);
    tracker.linger();
    raw::abandon(payload)
}
