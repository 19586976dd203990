//! What a world supplies: the contract between `src/sync/` and the `mod raw` of a world.
//!
//! A world is a file such as `src/stress.rs`. It includes `sync/mod.rs`, which builds primitives with the names
//! of `std` from these parts, found in `super::raw`:
//!
//! | item | promise |
//! |---|---|
//! | `NAME` | the world's name, by which an operation in another world's execution is found out |
//! | `OUTLIVES_EXECUTION` | whether the primitives still work when the execution is over; if not, destructors that run then leak or work on plain copies |
//! | `CHECKS_CAUSALITY` | whether `Tracker` reports accesses that nothing orders |
//! | `HEAD_START` | how many yields let a new thread go first, for a mutant |
//! | `before` | called before each operation, to add jitter or a scheduling point |
//! | `call` | runs a call into the tool; while the thread unwinds, the tool must not switch to another |
//! | `Mutex<()>`, `MutexGuard`, `lock` | mutual exclusion; never poisoned, since `sync` does that |
//! | `Condvar`, `wait` | `wait` releases the lock, waits for a notification and takes the lock again |
//! | `Deadline`, `wait_timeout` | the same with a time limit; also whether it timed out. A world without time lets the other threads run first |
//! | `AtomicBool`, `AtomicU32`, `AtomicU64`, `AtomicUsize`, `fence` | as in `std`, with the orderings that the world supports |
//! | `yield_now` | lets another thread run |
//! | `spawn`, `JoinHandle` | a thread of the execution, by name and stack size; or the system's error |
//! | `before_thread` | called with the session when a new thread is about to begin |
//! | `abandon` | ends a thread with a panic that the execution has seen already |
//! | `Arc` | shared ownership; the tool's own, if that counts references |
//! | `Lazy`, `lazy`, `get` | a value that is made once in each execution |
//! | `LocalKey`, `__thread_local!` | thread-local storage of the threads of an execution |
//! | `Tracker` | records reads and writes of the data under a cell, and lingers in them |
//! | `global!`, `local!` | `__global!` and `__local!` with the world's name |
//!
//! `src/session/` records what happens in an execution, not the world: a world never sees an `Event`. A
//! world may end a search with `session::violate`, weaken its verdict with `session::note_bound`, and
//! report that it cannot go on.
//!
//! The function below calls each part as `sync` does. A world that lacks a part, or has it with another
//! type, does not compile.

use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::raw;
use crate::session::{OpKind, Payload, Session};

#[expect(dead_code, reason = "it is compiled, which is all that it is for")]
fn holds<'mutex>(
    condvar: &raw::Condvar,
    mutex: &'mutex raw::Mutex<()>,
    lazy: &'static raw::Lazy<u32>,
    tracker: &raw::Tracker,
    session: &Session,
    payload: Payload,
) -> ! {
    let _: &'static str = raw::NAME;
    let _: (bool, bool) = (raw::OUTLIVES_EXECUTION, raw::CHECKS_CAUSALITY);
    let _: u32 = raw::HEAD_START;
    raw::before(OpKind::Lock);
    let _: u8 = raw::call(|| 0);

    let guard: raw::MutexGuard<'mutex, ()> = raw::lock(mutex);
    let guard: raw::MutexGuard<'mutex, ()> = raw::wait(condvar, mutex, guard);
    let deadline = raw::Deadline::after(Duration::ZERO);
    let (guard, _is_late): (raw::MutexGuard<'mutex, ()>, bool) =
        raw::wait_timeout(condvar, mutex, guard, &deadline);
    drop(guard);
    condvar.notify_one();
    condvar.notify_all();
    let _: (raw::Mutex<()>, raw::Condvar) = (raw::Mutex::new(()), raw::Condvar::new());

    let _: (raw::AtomicBool, raw::AtomicU32) =
        (raw::AtomicBool::new(false), raw::AtomicU32::new(0));
    let _: (raw::AtomicU64, raw::AtomicUsize) = (raw::AtomicU64::new(0), raw::AtomicUsize::new(0));
    // ORDER: SeqCst, no edge: it is never run.
    raw::fence(Ordering::SeqCst);

    let spawned: io::Result<raw::JoinHandle<u8>> = raw::spawn(None, Some(1 << 16), || 0);
    let _: Option<std::thread::Result<u8>> = spawned.ok().map(raw::JoinHandle::join);
    raw::yield_now();
    raw::before_thread(session);

    let _: raw::Lazy<u32> = raw::lazy(|| 0);
    let _: &'static u32 = raw::get(lazy);
    let _: raw::Arc<u8> = raw::Arc::new(0);

    let _: raw::Tracker = raw::Tracker::new();
    tracker.read();
    tracker.write();
    tracker.linger();
    raw::abandon(payload)
}
