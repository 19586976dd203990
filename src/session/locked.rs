//! A mutex whose data no panic leaves half-written.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex, whoever has panicked with it.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
