//! Locks that readers may share.

use std::marker::PhantomData;
use std::panic::Location;

use super::mutex::Held;
use super::new_object;
use super::operation::{Access, Object};

/// A lock without data, in the order of its tickets: a reader that comes after a waiting writer waits too.
pub(crate) struct RwLock<T> {
    object: Option<Object>,
    data: PhantomData<T>,
}

/// Gives a share of the lock back when it is dropped.
pub(crate) struct ReadGuard<'lock, T> {
    _held: Held,
    lock: PhantomData<&'lock RwLock<T>>,
}

/// Gives the lock back when it is dropped.
pub(crate) struct WriteGuard<'lock, T> {
    _held: Held,
    lock: PhantomData<&'lock RwLock<T>>,
}

impl<T> RwLock<T> {
    pub(crate) fn new(_: T) -> Self {
        RwLock { object: new_object(0), data: PhantomData }
    }

    #[track_caller]
    pub(crate) fn read(&self) -> ReadGuard<'_, T> {
        let held = Held::lock(self, self.object, Access::Shared, Location::caller());
        ReadGuard { _held: held, lock: PhantomData }
    }

    #[track_caller]
    pub(crate) fn write(&self) -> WriteGuard<'_, T> {
        let held = Held::lock(self, self.object, Access::Exclusive, Location::caller());
        WriteGuard { _held: held, lock: PhantomData }
    }

    #[track_caller]
    pub(crate) fn try_read(&self) -> Option<ReadGuard<'_, T>> {
        let held = Held::try_lock(self, self.object, Access::Shared, Location::caller())?;
        Some(ReadGuard { _held: held, lock: PhantomData })
    }

    #[track_caller]
    pub(crate) fn try_write(&self) -> Option<WriteGuard<'_, T>> {
        let held = Held::try_lock(self, self.object, Access::Exclusive, Location::caller())?;
        Some(WriteGuard { _held: held, lock: PhantomData })
    }
}
