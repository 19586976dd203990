//! Plain accesses to atomics: a load without synchronisation, and an access by `&mut`, which somebody may have got by a
//! pointer. One that nothing orders with what another thread does to the atomic is a data race.
//!
//! It is a relaxed load to the search, so that there are executions in which it comes before the other access and such in
//! which it comes after that. Whichever comes later does not know of the other.

use std::cell::Cell;
use std::panic::Location;
use std::thread::panicking;

use super::execution::{Execution, Outcome};
use super::operation::{Act, Object};
use super::with_state;
use crate::graph::EventId;
use crate::session::{self, Fault, place_of};

type Site = &'static Location<'static>;

/// How a plain access uses an atomic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Plain {
    /// It reads. Others may read it, too.
    Read,
    /// It may write.
    Write,
}

/// A plain access that has happened.
#[derive(Clone, Copy)]
pub(super) struct Access {
    object: Object,
    plain: Plain,
    point: EventId,
    site: Site,
}

thread_local! {
    /// What kind of access the next load is, if it is a plain one.
    static NEXT: Cell<Option<Plain>> = const { Cell::new(None) };
    /// Whether the execution that runs on this OS thread has plain accesses. Most have none, and pay nothing.
    static HAS_ACCESSES: Cell<bool> = const { Cell::new(false) };
}

/// Makes the load that `load` asks for a plain access.
pub(crate) fn plainly<R>(plain: Plain, site: Site, load: impl FnOnce() -> R) -> R {
    super::at(site);
    NEXT.set(Some(plain));
    load()
}

/// What kind of access an operation on an atomic is that begins now, if it is a plain one.
pub(super) fn take_next() -> Option<Plain> {
    NEXT.take()
}

/// No execution runs any more, or another one.
pub(super) fn forget() {
    NEXT.take();
    HAS_ACCESSES.set(false);
}

/// Looks whether an operation that has come out races with another access, as a plain one, or with a plain one.
///
/// # Panics
/// It does.
pub(super) fn check(object: Object, act: Act, outcome: &Outcome, plain: Option<Plain>, site: Site) {
    // A destructor that runs because of a panic must not panic, too: the first violation counts.
    if (plain.is_none() && !HAS_ACCESSES.get()) || panicking() {
        return;
    }
    HAS_ACCESSES.set(true);
    let race = with_state(|state| {
        let (execution, accesses) = (&mut state.execution, &mut state.plain);
        let goes_on = execution.ending.is_none() && !execution.threads.is_empty();
        if !goes_on {
            return None;
        }
        let site = execution.thread().site.unwrap_or(site);
        let disturbs = |it: &&Access| {
            it.object == object
                && (outcome.writes || plain == Some(Plain::Write) || it.plain == Plain::Write)
                && !execution.knows(it.point)
        };
        if let Some(other) = accesses.iter().find(disturbs) {
            return Some((site, other.site));
        }
        let plain = plain?;
        if let Some(other) = execution.unknown_to_plain(object, plain) {
            return Some((site, other));
        }
        accesses.push(Access { object, plain, point: outcome.id, site });
        None
    });
    if let Some((site, other)) = race.flatten() {
        let verb = if act == Act::Load { "reads" } else { "writes" };
        let message = format!(
            "{} {verb} an atomic, and {} uses it, one of them without synchronisation: nothing orders the two",
            place_of(site),
            place_of(other)
        );
        session::violate(Fault::DataRace, message, site);
    }
}

impl Execution {
    /// Where another thread has used an object in this execution, if the running thread does not know that, and it may
    /// not do so beside a plain access.
    fn unknown_to_plain(&self, object: Object, plain: Plain) -> Option<Site> {
        let location = self.graph.locations.get(object as usize)?;
        let knows = self.knowledge();
        let reads = (plain == Plain::Write).then(|| location.reads_beyond(knows));
        let mut others = location.writes_beyond(knows).chain(reads.into_iter().flatten());
        let other = others.find(|it| it.thread != self.running && self.has_come_out(*it))?;
        Some(self.graph.event(other).detail.operation.site)
    }
}

/// The plain accesses of an execution.
pub(super) type Accesses = Vec<Access>;
