//! Data races: accesses to plain data that nothing orders.
//!
//! A plain access is not an event of the graph: it changes nothing that another thread may read, unless they
//! race. An execution repeats its graph in an order that respects happens-before, so of two accesses that
//! race, the one that comes later in the execution does not know of the other.

use std::panic::{Location, panic_any};
use std::sync::{Mutex, PoisonError};

use crate::graph::EventId;

use super::memory::note_use;
use super::{note_effect, with_execution};

/// The latest accesses to plain data: the points in their threads.
#[derive(Default)]
pub(crate) struct Tracker(Mutex<Accesses>);

#[derive(Default)]
struct Accesses {
    made: Option<EventId>,
    written: Option<EventId>,
    read: Vec<EventId>,
}

impl Tracker {
    pub(crate) fn new() -> Self {
        let made = with_execution(|it| it.here());
        Tracker(Mutex::new(Accesses { made, ..Accesses::default() }))
    }

    /// Records a read.
    ///
    /// # Panics
    /// It races with a write.
    pub(crate) fn read(&self) {
        self.access(
            |accesses, here| {
                accesses.read.retain(|it| it.thread != here.thread);
                accesses.read.push(here);
            },
            |_| &[],
        );
    }

    /// Records a write.
    ///
    /// # Panics
    /// It races with another access.
    pub(crate) fn write(&self) {
        self.access(
            |accesses, here| {
                accesses.read.clear();
                accesses.written = Some(here);
            },
            |accesses| &accesses.read,
        );
    }

    /// An access by a pointer ends, with the latest operation of the running thread: whoever knows of that knows of the
    /// end, too.
    ///
    /// # Panics
    /// Another thread has begun the access, and this one races.
    pub(crate) fn end(&self, is_write: bool) {
        if !self.prolong(is_write) {
            if is_write { self.write() } else { self.read() }
        }
    }

    /// Lets the latest access last until the latest operation, if the running thread has made it.
    fn prolong(&self, is_write: bool) -> bool {
        let Some(here) = with_execution(|it| it.here()) else { return true };
        let mut accesses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Accesses { written, read, .. } = &mut *accesses;
        let mut latest =
            if is_write { written.as_mut_slice() } else { read.as_mut_slice() }.iter_mut();
        let own = latest.find(|it| it.thread == here.thread);
        let position = here.position.saturating_sub(1);
        own.map(|it| it.position = it.position.max(position)).is_some()
    }

    fn access(
        &self,
        record: impl FnOnce(&mut Accesses, EventId),
        also: impl FnOnce(&Accesses) -> &[EventId],
    ) {
        note_effect();
        note_use(std::ptr::from_ref(self).addr(), Location::caller());
        let mut accesses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_ordered = with_execution(|it| {
            let mut earlier = accesses.made.iter().chain(&accesses.written).chain(also(&accesses));
            earlier.all(|&point| it.knows(point)).then(|| it.here())
        });
        match is_ordered {
            None => {}
            Some(Some(here)) => record(&mut accesses, here),
            Some(None) => {
                drop(accesses);
                panic_any("nothing orders it with the latest accesses");
            }
        }
    }

    /// Not needed: an access without an edge is seen wherever it happens.
    #[allow(clippy::unused_self, reason = "the signatures are those of every world")]
    pub(crate) fn linger(&self) {}
}
