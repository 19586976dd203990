//! Counters whose number nobody reads while it may still change. Additions are no events, since nobody can tell their
//! order.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::thread::panicking;

use crate::graph::EventId;
use crate::session::{Site, ThreadId};

use super::memory::note_use;
use super::{note_effect, with_execution};

/// A number, and the latest uses by each thread: additions and reads.
pub(crate) struct Counter {
    total: AtomicU64,
    uses: Mutex<[Vec<(EventId, Site)>; 2]>,
}

const ADDS: usize = 0;
const READS: usize = 1;

impl Counter {
    pub(crate) fn new(total: u64) -> Self {
        Counter { total: AtomicU64::new(total), uses: Mutex::default() }
    }

    /// Adds.
    ///
    /// # Errors
    /// Nothing orders it after this read.
    pub(crate) fn add(&self, number: u64, site: Site) -> Result<(), Site> {
        self.take_part(ADDS, site)?;
        // ORDER: Relaxed, no edge: all threads of an execution share one OS thread.
        self.total.fetch_add(number, Relaxed);
        Ok(())
    }

    /// The number.
    ///
    /// # Errors
    /// Nothing orders it after this addition.
    pub(crate) fn total(&self, site: Site) -> Result<u64, Site> {
        self.take_part(READS, site)?;
        // ORDER: Relaxed, no edge: see add.
        Ok(self.total.load(Relaxed))
    }

    /// Records a use, which must come after all of the other kind.
    fn take_part(&self, kind: usize, site: Site) -> Result<(), Site> {
        if panicking() {
            return Ok(());
        }
        note_effect();
        note_use(std::ptr::from_ref(self).addr(), site.location);
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        let checked = with_execution(|it| {
            let unknown = uses[1 - kind].iter().find(|used| !it.knows(used.0));
            let rank = |used: &(EventId, Site)| ThreadId(it.rank(used.0.thread));
            match unknown {
                None => Ok(it.here()),
                Some(used) => Err(Site { thread: rank(used), ..used.1 }),
            }
        });
        if let Some(here) = checked.transpose()? {
            uses[kind].retain(|it| it.0.thread != here.thread);
            uses[kind].push((here, site));
        }
        Ok(())
    }
}
