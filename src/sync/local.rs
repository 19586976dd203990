//! Thread-local state.

use std::{cell::Cell, error, fmt, panic::Location};

use super::{point, raw};
use crate::session::{self, Decision, Event, OpKind, Operator};

/// Thread-local state, declared with `local!`. Has the methods of `std`'s key that the core uses.
///
/// Once the execution is over, the tool's storage may be gone: reads then see the initial value, and
/// writes are lost. Under heddle it is there until the threads have been unwound.
pub struct LocalKey<T: 'static> {
    raw: &'static raw::LocalKey<T>,
    init: fn() -> T,
    name: &'static str,
    location: &'static Location<'static>,
}

impl<T> LocalKey<T> {
    #[doc(hidden)]
    #[track_caller]
    pub const fn new(raw: &'static raw::LocalKey<T>, init: fn() -> T, name: &'static str) -> Self {
        LocalKey { raw, init, name, location: Location::caller() }
    }

    /// Gives access to the value.
    ///
    /// # Panics
    /// The value has been dropped, since the thread ends, or it is being dropped.
    #[track_caller]
    pub fn with<F, R>(&'static self, access: F) -> R
    where
        F: FnOnce(&T) -> R,
    {
        self.try_with(access).expect("a thread-local value is used before it is dropped")
    }

    /// Gives access to the value, if it has not been dropped.
    ///
    /// # Errors
    /// The value has been dropped, since the thread ends, or it is being dropped.
    pub fn try_with<F, R>(&'static self, access: F) -> Result<R, AccessError>
    where
        F: FnOnce(&T) -> R,
    {
        if !is_there() {
            return Ok(access(&(self.init)()));
        }
        match session::shared_local(self.name, self.location, self.init) {
            Some(shared) => Ok(access(&shared)),
            None => self.raw.try_with(access).map_err(|_| AccessError(())),
        }
    }
}

/// Whether the tool's storage is there.
fn is_there() -> bool {
    raw::KEEPS_LOCALS || !session::is_over()
}

/// A thread-local value is used after it has been dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccessError(());

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the thread-local value has been dropped")
    }
}

impl error::Error for AccessError {}

impl<T> LocalKey<Cell<T>> {
    /// Writes the value.
    #[track_caller]
    pub fn set(&'static self, value: T) {
        self.write(value, Location::caller());
    }

    /// Writes the value and returns what was there.
    #[track_caller]
    pub fn replace(&'static self, value: T) -> T {
        self.write(value, Location::caller())
    }

    /// Reads the value.
    #[track_caller]
    pub fn get(&'static self) -> T
    where
        T: Copy,
    {
        self.with(Cell::get)
    }

    /// Every write goes through here.
    fn write(&'static self, value: T, location: &'static Location<'static>) -> T {
        let event = Event::new(OpKind::LocalWrite, location);
        match point(event) {
            Decision::Bypass if is_there() => self.with(|cell| cell.replace(value)),
            Decision::Bypass => (self.init)().replace(value),
            // The stored value stays there, so the caller must get another one.
            Decision::Break(Operator::DropStore) => {
                session::finish(event);
                (self.init)().replace(value)
            }
            Decision::Perform | Decision::Weaken { .. } | Decision::Break(_) => {
                let old = self.with(|cell| cell.replace(value));
                session::finish(event);
                old
            }
        }
    }
}

impl<T> std::fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalKey").finish_non_exhaustive()
    }
}
