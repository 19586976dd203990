//! Primitives, as in [`std::sync`].

#[path = "../../loom/src/sync/atomic.rs"]
pub mod atomic;

pub use drawloom::heddle::sync::{
    Arc, Barrier, BarrierWaitResult, Condvar, LazyLock, LockResult, Mutex, MutexGuard, Once,
    OnceLock, OnceState, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError,
    TryLockResult, WaitTimeoutResult, Weak, mpsc,
};
