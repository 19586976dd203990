//! A cell without synchronisation of its own.

use std::{fmt, panic::Location};

use super::{claims::Cell, point};
use crate::session::{self, Decision, Event, ObjectId, ObjectKind, OpKind};

/// Plain data that a model places beside what it publishes, to prove an edge: if an access to it
/// is not ordered after the latest write, the execution fails with a data race.
///
/// Under loom, every pair of accesses that begin without an edge between them is reported. shuttle and stress
/// do not see that: they report only accesses that overlap in time.
pub struct Plain<T> {
    object: ObjectId,
    cell: Cell<T>,
}

impl<T> Plain<T> {
    /// A cell with an initial value.
    #[track_caller]
    pub fn new(value: T) -> Self {
        let object = session::new_object(ObjectKind::Plain);
        Plain { object, cell: Cell::new(object, value) }
    }

    /// Reads the value.
    ///
    /// # Panics
    /// If the read races with a write.
    #[track_caller]
    pub fn with<R>(&self, read: impl FnOnce(&T) -> R) -> R
    where
        T: Sync,
    {
        let event = Event::new(OpKind::Read, Location::caller()).on(self.object);
        let decision = point(event);
        let value = self.cell.read(event.location);
        self.linger(decision);
        let result = read(&value);
        Self::finish(decision, event);
        result
    }

    /// Writes the value.
    ///
    /// # Panics
    /// If the write races with another access.
    #[track_caller]
    pub fn with_mut<R>(&self, write: impl FnOnce(&mut T) -> R) -> R {
        let event = Event::new(OpKind::Write, Location::caller()).on(self.object);
        let decision = point(event);
        let mut value = self.cell.write(event.location);
        self.linger(decision);
        let result = write(&mut value);
        Self::finish(decision, event);
        result
    }

    /// Returns the value, when no other thread can reach it any more.
    pub fn into_inner(self) -> T {
        self.cell.into_inner()
    }

    fn linger(&self, decision: Decision) {
        if decision != Decision::Bypass {
            self.cell.linger();
        }
    }

    fn finish(decision: Decision, event: Event) {
        if decision != Decision::Bypass {
            session::finish(event);
        }
    }
}

impl<T> fmt::Debug for Plain<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.object)
    }
}
