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
