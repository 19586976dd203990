//! A counter that says of itself that nobody reads it too early.

use std::fmt;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::{call, create, point, raw};
use crate::session::{self, Decision, Event, Fault, ObjectId, ObjectKind, OpKind, Operator, Site};

/// A number to which any thread adds, and which nobody reads before all additions have happened: a statistic. In the
/// native world it is an `AtomicU64` with relaxed additions.
///
/// With an atomic, a checker looks at each order of the additions: n! orders of n. Here it looks at one, since the total
/// is the same in all. So a read that nothing orders after all additions, and an addition that nothing orders after an
/// earlier read, is a violation under heddle. The other worlds do not see that, and count with an atomic.
pub struct Counter {
    object: ObjectId,
    /// `None` if it was created after the end of its execution.
    raw: Option<raw::Counter>,
    copy: AtomicU64,
}

impl Counter {
    /// A counter that begins with this number.
    #[track_caller]
    pub fn new(total: u64) -> Self {
        let object = session::new_object(ObjectKind::Counter);
        let raw = create(|| raw::Counter::new(total));
        Counter { object, raw, copy: AtomicU64::new(total) }
    }

    /// Adds, wrapping. Orders nothing.
    ///
    /// # Panics
    /// If nothing orders it after an earlier read.
    #[track_caller]
    pub fn add(&self, number: u64) {
        let event = Event::new(OpKind::Count, Location::caller()).on(self.object);
        let decision = point(event);
        if decision != Decision::Break(Operator::DropStore) {
            if let Some(raw) = self.raw.as_ref().filter(|_| decision != Decision::Bypass) {
                let added = call(|| raw.add(number, session::site(event.location)));
                self.check(added, &event);
            }
            // ORDER: Relaxed, no edge: a copy, for `Debug` and for destructors after the execution.
            self.copy.fetch_add(number, Relaxed);
        }
        if decision != Decision::Bypass {
            session::finish(Event { written: Some(number), ..event });
        }
    }

    /// The number, after all additions.
    ///
    /// # Panics
    /// If nothing orders it after them.
    #[track_caller]
    pub fn total(&self) -> u64 {
        let event = Event::new(OpKind::Read, Location::caller()).on(self.object);
        let decision = point(event);
        let Some(raw) = self.raw.as_ref().filter(|_| decision != Decision::Bypass) else {
            // ORDER: Relaxed, no edge: see add.
            return self.copy.load(Relaxed);
        };
        let total = call(|| raw.total(session::site(event.location)));
        let total = self.check(total, &event);
        session::finish(event);
        total
    }

    /// Reports a use that nothing orders after another.
    fn check<T>(&self, used: Result<T, Site>, event: &Event) -> T {
        used.unwrap_or_else(|other| {
            let site = session::site(event.location);
            let (read, added) =
                if event.op == OpKind::Count { (other, site) } else { (site, other) };
            let object = self.object;
            let message =
                format!("{object} is read by {read} while additions may still come: {added}");
            session::violate(Fault::DataRace, message, event.location)
        })
    }
}

impl Default for Counter {
    #[track_caller]
    fn default() -> Self {
        Counter::new(0)
    }
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // ORDER: Relaxed, no edge: see add.
        write!(f, "{:?}", self.copy.load(Relaxed))
    }
}

/// The counter of worlds that do not look at the order of reads and additions.
pub(in super::super) struct Relaxing(raw::AtomicU64);

impl Relaxing {
    pub(in super::super) fn new(total: u64) -> Self {
        Relaxing(raw::AtomicU64::new(total))
    }

    #[allow(clippy::unnecessary_wraps, reason = "the signatures are those of every world")]
    pub(in super::super) fn add(&self, number: u64, _: Site) -> Result<(), Site> {
        // ORDER: Relaxed, no edge: a statistic.
        self.0.fetch_add(number, Relaxed);
        Ok(())
    }

    #[allow(clippy::unnecessary_wraps, reason = "the signatures are those of every world")]
    pub(in super::super) fn total(&self, _: Site) -> Result<u64, Site> {
        // ORDER: Relaxed, no edge: see add.
        Ok(self.0.load(Relaxed))
    }
}
