//! A lock that readers may share.

use std::{
    fmt,
    marker::PhantomData,
    ops::{Deref, DerefMut},
    panic::Location,
    sync::{LockResult, TryLockError, TryLockResult},
    thread::panicking,
};

use super::{
    call,
    claims::{Cell, Exclusive, Shared},
    create, fail_try,
    lock::{Poison, release},
    point, raw,
};
use crate::session::{self, Decision, Event, ObjectId, ObjectKind, OpKind, Operator};

/// A read-write lock: the tool's lock, and a cell with the data that notices when the lock was not taken (see
/// `cell`). Poisoned by writers, like `std`'s.
///
/// A thread that reads already and locks for reading again may wait for ever, if a writer waits in between; under
/// loom and shuttle it must not do that at all. What [`Mutex`](super::Mutex) does not see, this does not see.
pub struct RwLock<T: ?Sized> {
    object: ObjectId,
    poison: Poison,
    /// `None` if it was created after the end of its execution.
    raw: Option<raw::RwLock<()>>,
    /// Readers share `&T`, so this may be shared between threads only if `T` may.
    shares: PhantomData<T>,
    cell: Cell<T>,
}

/// Shared access to a lock's data, until dropped.
///
/// # Invariants
/// - *claim first out*: the claim ends before the lock is released, so it stands before the lock.
pub struct RwLockReadGuard<'lock, T: ?Sized> {
    claim: Option<Shared<'lock, T>>,
    lock: &'lock RwLock<T>,
    held: Held<'lock>,
}

/// Exclusive access to a lock's data, until dropped.
///
/// # Invariants
/// - *claim first out*, as for [`RwLockReadGuard`].
pub struct RwLockWriteGuard<'lock, T: ?Sized> {
    claim: Option<Exclusive<'lock, T>>,
    lock: &'lock RwLock<T>,
    was_panicking: bool,
    held: Held<'lock>,
}

/// The lock, as far as it is held.
struct Held<'lock> {
    /// `None` if the lock was left out, or released too early.
    raw: Option<Raw<'lock>>,
    is_unprotected: bool,
    object: ObjectId,
    location: &'static Location<'static>,
}

/// The tool's guard. It is only there to be dropped.
enum Raw<'lock> {
    Read(#[allow(dead_code)] raw::ReadGuard<'lock, ()>),
    Write(#[allow(dead_code)] raw::WriteGuard<'lock, ()>),
}

impl<T> RwLock<T> {
    /// An unlocked lock.
    #[track_caller]
    pub fn new(data: T) -> Self {
        let object = session::new_object(ObjectKind::RwLock);
        RwLock {
            object,
            poison: Poison::none(),
            raw: create(|| raw::RwLock::new(())),
            shares: PhantomData,
            cell: Cell::new(object, data),
        }
    }

    /// Returns the data, when no other thread can reach it any more.
    ///
    /// # Errors
    /// The data, in an error, if the lock is poisoned.
    pub fn into_inner(self) -> LockResult<T> {
        self.poison.pass(self.cell.into_inner())
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Waits until nobody writes, and locks for reading.
    ///
    /// # Errors
    /// The guard all the same, if a thread panicked while it held one for writing.
    #[track_caller]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        let event = Event::new(OpKind::LockShared, Location::caller()).on(self.object);
        let held = self.take(event, |raw| Some(Raw::Read(raw::read(raw))));
        self.reading(held.expect("a lock that is waited for is taken"))
    }

    /// Waits until nobody else reads or writes, and locks for writing.
    ///
    /// # Errors
    /// The guard all the same, if a thread panicked while it held one for writing.
    #[track_caller]
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        let event = Event::new(OpKind::Lock, Location::caller()).on(self.object);
        let held = self.take(event, |raw| Some(Raw::Write(raw::write(raw))));
        self.writing(held.expect("a lock that is waited for is taken"))
    }

    /// Locks for reading, unless the lock is held for writing.
    ///
    /// Does not see, under loom: what [`Mutex::try_lock`](super::Mutex::try_lock) does not see.
    ///
    /// # Errors
    /// `WouldBlock` if it is held; the guard all the same, if a thread panicked while it held one for writing.
    #[track_caller]
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        let event = Event::new(OpKind::TryLockShared, Location::caller()).on(self.object);
        match self.take(event, |raw| raw::try_read(raw).map(Raw::Read)) {
            Some(held) => Ok(self.reading(held)?),
            None => Err(TryLockError::WouldBlock),
        }
    }

    /// Locks for writing, unless the lock is held.
    ///
    /// Does not see, under loom: what [`Mutex::try_lock`](super::Mutex::try_lock) does not see.
    ///
    /// # Errors
    /// `WouldBlock` if it is held; the guard all the same, if a thread panicked while it held one for writing.
    #[track_caller]
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        let event = Event::new(OpKind::TryLock, Location::caller()).on(self.object);
        match self.take(event, |raw| raw::try_write(raw).map(Raw::Write)) {
            Some(held) => Ok(self.writing(held)?),
            None => Err(TryLockError::WouldBlock),
        }
    }

    /// Every lock goes through here. `None` if it was only tried for, and is held.
    fn take<'lock>(
        &'lock self,
        event: Event,
        lock: impl FnOnce(&'lock raw::RwLock<()>) -> Option<Raw<'lock>>,
    ) -> Option<Held<'lock>> {
        let decision = point(event);
        let mut held = Held {
            raw: None,
            is_unprotected: false,
            object: self.object,
            location: event.location,
        };
        let Some(raw) = self.raw.as_ref().filter(|_| decision != Decision::Bypass) else {
            return Some(held);
        };
        let is_tried = matches!(event.op, OpKind::TryLock | OpKind::TryLockShared);
        let found = |is_free: bool| Event { read: is_tried.then(|| is_free.into()), ..event };
        if decision == Decision::Break(Operator::LeaveOut) {
            session::finish(found(true));
            held.is_unprotected = true;
            return Some(held);
        }
        held.raw = match decision {
            Decision::Break(Operator::FailTry) => fail_try(),
            _ => call(|| lock(raw)),
        };
        session::finish(found(held.raw.is_some()));
        held.raw.as_ref()?;
        held.is_unprotected = decision == Decision::Break(Operator::UnlockEarly);
        Some(held)
    }

    fn reading<'lock>(&'lock self, mut held: Held<'lock>) -> LockResult<RwLockReadGuard<'lock, T>> {
        let claim = Some(self.cell.read(held.location));
        held.give_back_early(&self.cell);
        let guard = RwLockReadGuard { claim, lock: self, held };
        self.poison.pass(guard)
    }

    fn writing<'lock>(
        &'lock self,
        mut held: Held<'lock>,
    ) -> LockResult<RwLockWriteGuard<'lock, T>> {
        let claim = Some(self.cell.write(held.location));
        held.give_back_early(&self.cell);
        let guard = RwLockWriteGuard { claim, lock: self, was_panicking: panicking(), held };
        self.poison.pass(guard)
    }

    /// Gives access to the data without locking.
    ///
    /// # Errors
    /// The data, in an error, if the lock is poisoned.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        self.poison.pass(self.cell.get_mut())
    }

    /// Whether a thread panicked while it held a guard for writing.
    pub fn is_poisoned(&self) -> bool {
        self.poison.is_there()
    }

    /// Forgets that a thread panicked while it held a guard for writing.
    pub fn clear_poison(&self) {
        self.poison.clear();
    }
}

impl Held<'_> {
    /// Releases a lock that a mutant leaves out, while its guard still gives access to the data.
    fn give_back_early<T: ?Sized>(&mut self, cell: &Cell<T>) {
        if !self.is_unprotected {
            return;
        }
        if let Some(raw) = self.raw.take() {
            call(|| drop(raw));
        }
        // A lock would have let other threads run here.
        cell.linger();
    }

    /// Whether an access that ends now was unprotected, so that others may race with its end.
    fn must_check_again(&self) -> bool {
        self.is_unprotected && !panicking() && !session::is_over()
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let Some(raw) = self.raw.take() else { return };
        let event = Event::new(OpKind::Unlock, self.location).on(self.object);
        release(raw, event);
    }
}

const CLAIMED: &str = "a guard that is handed out has its claim";

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.claim.as_ref().expect(CLAIMED)
    }
}

impl<T: ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.claim.as_ref().expect(CLAIMED)
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.claim.as_mut().expect(CLAIMED)
    }
}

impl<T: ?Sized> Drop for RwLockReadGuard<'_, T> {
    fn drop(&mut self) {
        if self.held.must_check_again() {
            self.lock.cell.check_again(OpKind::Read, self.held.location);
        }
        self.claim = None;
    }
}

impl<T: ?Sized> Drop for RwLockWriteGuard<'_, T> {
    fn drop(&mut self) {
        self.lock.poison.end_of_guard(self.was_panicking);
        if self.held.must_check_again() {
            self.lock.cell.check_again(OpKind::Write, self.held.location);
        }
        self.claim = None;
    }
}

impl<T> From<T> for RwLock<T> {
    #[track_caller]
    fn from(data: T) -> Self {
        RwLock::new(data)
    }
}

impl<T: Default> Default for RwLock<T> {
    #[track_caller]
    fn default() -> Self {
        RwLock::new(T::default())
    }
}

impl<T: ?Sized> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.object)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
