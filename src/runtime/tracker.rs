//! Data races: accesses to plain data that nothing orders.
//!
//! A plain access is not an event of the graph: it changes nothing that another thread may read, unless they
//! race. An execution repeats its graph in an order that respects happens-before, so of two accesses that
//! race, the one that comes later in the execution does not know of the other.

use std::panic::panic_any;

use smallvec::{SmallVec, smallvec};

use crate::graph::EventId;

use super::accesses::Accesses;
use super::execution::Execution;
use super::{note_effect, with_execution};

/// The accesses to some plain data. The execution has them: there is nothing that the end of the data must free.
#[derive(Clone, Copy)]
pub(crate) struct Tracker(Option<Place>);

/// Where the accesses are: in the execution with this number.
#[derive(Clone, Copy)]
struct Place {
    execution: u64,
    index: usize,
}

impl Execution {
    fn accesses(&mut self, tracker: Tracker) -> Option<&mut Accesses> {
        let Place { execution, index } = tracker.0?;
        if execution == self.number { self.accesses.get_mut(index) } else { None }
    }
}

impl Tracker {
    pub(crate) fn new() -> Self {
        Tracker(with_execution(|it| {
            let made = it.here();
            it.accesses.push(Accesses { made, written: None, read: Vec::new() });
            Place { execution: it.number, index: it.accesses.len() - 1 }
        }))
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
        let prolonged = with_execution(|it| {
            let here = it.here();
            let Some(Accesses { written, read, .. }) = it.accesses(*self) else { return true };
            let mut latest =
                if is_write { written.as_mut_slice() } else { read.as_mut_slice() }.iter_mut();
            let own = latest.find(|it| it.thread == here.thread);
            let position = here.position.saturating_sub(1);
            own.map(|it| it.position = it.position.max(position)).is_some()
        });
        prolonged != Some(false)
    }

    fn access(
        &self,
        record: impl FnOnce(&mut Accesses, EventId),
        also: impl FnOnce(&Accesses) -> &[EventId],
    ) {
        note_effect();
        let is_ordered = with_execution(|it| {
            let here = it.here();
            let Some(accesses) = it.accesses(*self) else { return true };
            let Accesses { made, written, .. } = &*accesses;
            let mut earlier: SmallVec<[EventId; 4]> = smallvec![*made];
            earlier.extend(*written);
            earlier.extend_from_slice(also(accesses));
            let is_ordered = earlier.into_iter().all(|point| it.knows(point));
            if is_ordered && let Some(accesses) = it.accesses(*self) {
                record(accesses, here);
            }
            is_ordered
        });
        if is_ordered == Some(false) {
            panic_any("nothing orders it with the latest accesses");
        }
    }

    /// Not needed: an access without an edge is seen wherever it happens.
    #[allow(clippy::unused_self, reason = "the signatures are those of every world")]
    pub(crate) fn linger(&self) {}
}
