//! A mutual exclusion lock whose absence would be noticed.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    panic::Location,
    sync::{LockResult, PoisonError, TryLockError, TryLockResult},
    thread::panicking,
};

use super::{
    call,
    claims::{Cell, Exclusive},
    create, fail_try,
    lock::{Poison, release},
    point, raw,
};
use crate::session::{self, Decision, Event, ObjectId, ObjectKind, ObjectName, OpKind, Operator};

/// A mutex: the tool's lock, and a cell with the data that notices when the lock was not taken (see
/// `cell`). Poisoned like `std`'s.
///
/// Does not see, under loom: what happens after a panic has unwound through a guard and was caught.
/// The tool's own lock breaks then, and the search ends as unsupported.
pub struct Mutex<T: ?Sized> {
    object: ObjectId,
    poison: Poison,
    /// `None` if it was created after the end of its execution.
    raw: Option<raw::Mutex<()>>,
    cell: Cell<T>,
}

/// Access to a mutex's data, until dropped.
///
/// # Invariants
/// - *claim first out*: the claim ends before the lock is released; otherwise another thread could get
///   the lock and find the claim.
pub struct MutexGuard<'mutex, T: ?Sized> {
    mutex: &'mutex Mutex<T>,
    claim: Option<Exclusive<'mutex, T>>,
    /// `None` while nothing is locked: during a wait, or because the lock was left out.
    raw: Option<raw::MutexGuard<'mutex, ()>>,
    /// The lock was left out, or released too early.
    is_unprotected: bool,
    was_panicking: bool,
    location: &'static Location<'static>,
}

/// A mutex that counterexamples call by this name.
pub fn named<T>(name: &'static str, mutex: Mutex<T>) -> Mutex<T> {
    Mutex { object: mutex.object.named(ObjectName::Text(name)), ..mutex }
}

impl<T> Mutex<T> {
    /// An unlocked mutex.
    #[track_caller]
    pub fn new(data: T) -> Self {
        let object = session::new_object(ObjectKind::Mutex);
        Mutex {
            object,
            poison: Poison::none(),
            raw: create(|| raw::Mutex::new(())),
            cell: Cell::new(object, data),
        }
    }

    /// Returns the data, when no other thread can reach it any more.
    ///
    /// # Errors
    /// The data, in an error, if the mutex is poisoned.
    pub fn into_inner(self) -> LockResult<T> {
        self.poison.pass(self.cell.into_inner())
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits until the mutex is free and locks it.
    ///
    /// # Errors
    /// The guard all the same, if a thread panicked while it held one.
    #[track_caller]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let event = Event::new(OpKind::Lock, Location::caller()).on(self.object);
        let decision = point(event);
        let Some(raw) = self.raw.as_ref().filter(|_| decision != Decision::Bypass) else {
            return self.guard(None, event.location);
        };
        if decision == Decision::Break(Operator::LeaveOut) {
            session::finish(event);
            return self.enter_unlocked(None, event.location);
        }
        let raw = call(|| raw::lock(raw));
        session::finish(event);
        if decision == Decision::Break(Operator::UnlockEarly) {
            return self.enter_unlocked(Some(raw), event.location);
        }
        self.guard(Some(raw), event.location)
    }

    /// Locks the mutex if it is free.
    ///
    /// Does not see, under loom: most tries that find the lock held. If another thread takes the lock while this
    /// one is about to try, loom makes this one wait. If loom gets stuck by that, its verdict is `Bounded`.
    ///
    /// # Errors
    /// `WouldBlock` if it is held; the guard all the same, if a thread panicked while it held one.
    #[track_caller]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        let event = Event::new(OpKind::TryLock, Location::caller()).on(self.object);
        let decision = point(event);
        let Some(raw) = self.raw.as_ref().filter(|_| decision != Decision::Bypass) else {
            return Ok(self.guard(None, event.location)?);
        };
        if decision == Decision::Break(Operator::LeaveOut) {
            session::finish(Event { read: Some(1), ..event });
            return Ok(self.enter_unlocked(None, event.location)?);
        }
        let raw = match decision {
            Decision::Break(Operator::FailTry) => fail_try(),
            _ => call(|| raw::try_lock(raw)),
        };
        session::finish(Event { read: Some(raw.is_some().into()), ..event });
        let Some(raw) = raw else { return Err(TryLockError::WouldBlock) };
        if decision == Decision::Break(Operator::UnlockEarly) {
            return Ok(self.enter_unlocked(Some(raw), event.location)?);
        }
        Ok(self.guard(Some(raw), event.location)?)
    }

    /// Enters without locking, like a program that forgot the lock. For tests of the checkers.
    ///
    /// # Errors
    /// As [`lock`](Self::lock).
    #[doc(hidden)]
    #[track_caller]
    pub fn lock_left_out(&self) -> LockResult<MutexGuard<'_, T>> {
        self.enter_unlocked(None, Location::caller())
    }

    /// Enters, and releases the lock at once if there is one.
    fn enter_unlocked<'mutex>(
        &'mutex self,
        raw: Option<raw::MutexGuard<'mutex, ()>>,
        location: &'static Location<'static>,
    ) -> LockResult<MutexGuard<'mutex, T>> {
        let mark = |mut guard: MutexGuard<'mutex, T>| {
            guard.is_unprotected = true;
            if let Some(raw) = guard.raw.take() {
                call(|| drop(raw));
            }
            // A lock would have let other threads run here.
            self.cell.linger();
            guard
        };
        match self.guard(raw, location) {
            Ok(guard) => Ok(mark(guard)),
            Err(poisoned) => Err(PoisonError::new(mark(poisoned.into_inner()))),
        }
    }

    fn guard<'mutex>(
        &'mutex self,
        raw: Option<raw::MutexGuard<'mutex, ()>>,
        location: &'static Location<'static>,
    ) -> LockResult<MutexGuard<'mutex, T>> {
        let mut guard = MutexGuard {
            mutex: self,
            claim: None,
            raw,
            is_unprotected: false,
            was_panicking: panicking(),
            location,
        };
        guard.claim = Some(self.cell.write(location));
        guard.or_poisoned()
    }

    /// Gives access to the data without locking.
    ///
    /// # Errors
    /// The data, in an error, if the mutex is poisoned.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        self.poison.pass(self.cell.get_mut())
    }

    /// Whether a thread panicked while it held a guard.
    pub fn is_poisoned(&self) -> bool {
        self.poison.is_there()
    }

    /// Forgets that a thread panicked while it held a guard.
    pub fn clear_poison(&self) {
        self.poison.clear();
    }
}

impl<'mutex, T: ?Sized> MutexGuard<'mutex, T> {
    fn or_poisoned(self) -> LockResult<Self> {
        self.mutex.poison.pass(self)
    }

    /// Lends the tool's lock and guard to `wait`, outside any claim, and continues with the guard that
    /// it returns.
    ///
    /// # Errors
    /// The guard all the same, if the mutex is poisoned by then.
    pub(super) fn suspend(
        mut self,
        wait: impl FnOnce(
            &'mutex raw::Mutex<()>,
            raw::MutexGuard<'mutex, ()>,
        ) -> raw::MutexGuard<'mutex, ()>,
    ) -> LockResult<Self> {
        self.claim = None;
        match (&self.mutex.raw, self.raw.take()) {
            (Some(mutex), Some(guard)) => self.raw = Some(call(|| wait(mutex, guard))),
            // Waiting is impossible without the lock, so it is taken for that time.
            (Some(mutex), None) if self.is_unprotected => {
                let guard = call(|| raw::lock(mutex));
                let guard = call(|| wait(mutex, guard));
                call(|| drop(guard));
            }
            _ => {}
        }
        self.claim = Some(self.mutex.cell.write(self.location));
        self.or_poisoned()
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.claim.as_ref().expect("a guard that is handed out has its claim")
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.claim.as_mut().expect("a guard that is handed out has its claim")
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        if self.claim.is_some() {
            self.mutex.poison.end_of_guard(self.was_panicking);
        }
        if self.is_unprotected && !panicking() && !session::is_over() {
            self.mutex.cell.check_again(OpKind::Write, self.location);
        }
        self.claim = None;
        let Some(raw) = self.raw.take() else { return };
        let event = Event::new(OpKind::Unlock, self.location).on(self.mutex.object);
        release(raw, event);
    }
}

impl<T> From<T> for Mutex<T> {
    #[track_caller]
    fn from(data: T) -> Self {
        Mutex::new(data)
    }
}

impl<T: Default> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Self {
        Mutex::new(T::default())
    }
}

impl<T: ?Sized> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.object)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
