//! The instrumented primitives: the names of `std`, built on the `raw` module of the world that includes
//! this source.
//!
//! Each operation asks `session::point` what to do, performs it on the tool's own primitive inside
//! `session::inside`, and reports the result. There is one function per kind of operation that does
//! this, so that a single operation at a single source location can be broken on purpose.
//!
//! # Invariants
//! - *over means over*: once the execution is over, nothing here touches the tool. Destructors
//!   that still run see `Decision::Bypass` and work on plain copies, or leak.
//! - *one claim*: data is only reached through a claim on its cell (see `claims`), never merely
//!   because a lock is supposed to be held.

pub mod alloc;
mod atomic;
mod barrier;
pub mod cell;
mod claims;
mod condvar;
mod contract;
#[allow(dead_code, reason = "not every world needs all of it")]
pub(super) mod counter;
pub mod future;
mod global;
pub mod hint;
mod local;
pub(super) mod lock;
mod memory;
pub mod mpsc;
mod mutex;
mod notify;
mod once;
mod ordering;
mod plain;
mod rwlock;
mod signal;
pub mod thread;
#[allow(dead_code, reason = "not every world needs it")]
pub(super) mod thread_end;
pub mod time;
#[allow(dead_code, reason = "not every world needs it")]
pub(super) mod token;
#[allow(dead_code, reason = "not every world needs it")]
pub(super) mod unseen;
#[allow(dead_code, reason = "not every world needs it")]
pub(super) mod untimed;
mod unwind;

use super::raw;
use crate::session::{self, Decision, Event};

pub use crate::session::{refuse_spawn, sometimes};
pub use atomic::{
    AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicMut, AtomicPtr,
    AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence, words, zeroed,
};
pub use barrier::{Barrier, BarrierWaitResult};
pub use condvar::{Condvar, WaitTimeoutResult};
pub use counter::Counter;
#[doc(hidden)]
pub use global::Global;
pub use local::{AccessError, LocalKey};
pub use mutex::{Mutex, MutexGuard, named};
#[doc(hidden)]
pub use notify::Notify;
pub use once::{LazyLock, Once, OnceLock, OnceState};
pub use plain::Plain;
pub use raw::{Arc, Weak};
pub use rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard};
pub use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

pub use raw::{global, local};

/// Whether the search that runs this execution must end. This is not an operation: it is not a
/// scheduling point.
pub fn is_to_stop() -> bool {
    session::is_to_stop()
}

/// Whether a text of this many bytes may be made: the watcher of the search may refuse it.
pub fn may_make(bytes: usize) -> bool {
    session::may_make(bytes)
}

/// Announces an operation. Every operation goes through here.
fn point(event: Event) -> Decision {
    raw::before(&event);
    match session::point(raw::NAME, event) {
        // A world that needs no tool can go on for as long as it likes.
        Decision::Bypass if raw::OUTLIVES_EXECUTION => Decision::Perform,
        decision => decision,
    }
}

/// Calls into the tool. While this thread unwinds, the tool must not switch to another one.
fn call<R>(call: impl FnOnce() -> R) -> R {
    session::inside(|| raw::call(call))
}

/// Fails as a broken try does, without looking. Others may go on, since the thread may try again.
fn fail_try<R>() -> Option<R> {
    call(raw::yield_now);
    None
}

/// Creates one of the tool's objects, unless the tool is no longer there.
fn create<R>(create: impl FnOnce() -> R) -> Option<R> {
    (!is_gone()).then(|| session::inside(create))
}

/// Whether the tool is no longer there, because the execution is over.
fn is_gone() -> bool {
    !raw::OUTLIVES_EXECUTION && session::is_over()
}

/// The message when code asks for something that only the tool has, after the execution is over.
const OVER: &str = "the execution is over";
