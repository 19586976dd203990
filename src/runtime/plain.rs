//! Plain accesses to atomics: a load without synchronisation, and an access by `&mut`, which somebody may have got by a
//! pointer. One that nothing orders with what another thread does to the atomic is a data race.
//!
//! It is a relaxed load to the search, or a store, so that there are executions in which it comes before the other access
//! and such in which it comes after that. Whichever comes later does not know of the other.
//!
//! An access by `&mut` may last, and the thread may synchronise with others in the middle. So these must know of its end,
//! and no access may come in between. If the thread has done nothing in the meantime, nobody can know of the beginning
//! alone, and the end is no access of its own.

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
    /// Whether it has not ended yet.
    lasts: bool,
}

/// An exclusive access that lasts, until it is ended: its index among those of the execution, if that goes on.
pub(crate) struct Span(Option<usize>);

thread_local! {
    /// What kind of access the next load is, if it is a plain one.
    static NEXT: Cell<Option<Plain>> = const { Cell::new(None) };
    /// Whether the execution that runs on this OS thread has plain accesses. Most have none, and pay nothing.
    static HAS_ACCESSES: Cell<bool> = const { Cell::new(false) };
}

/// Makes the load or store that `access` asks for a plain access.
pub(crate) fn plainly<R>(plain: Plain, site: Site, access: impl FnOnce() -> R) -> R {
    super::at(site);
    NEXT.set(Some(plain));
    access()
}

/// Makes the load that `load` asks for the beginning of an exclusive access that lasts.
pub(crate) fn span<R>(site: Site, load: impl FnOnce() -> R) -> (R, Span) {
    let result = plainly(Plain::Write, site, load);
    let index = with_state(|state| {
        let latest = state.goes_on().then(|| state.execution.here())?;
        let is_it = |it: &Access| is_right_before(it.point, latest);
        let index = state.plain.iter().rposition(is_it)?;
        state.plain[index].lasts = true;
        Some(index)
    });
    (result, Span(index.flatten()))
}

/// Whether an event is the latest one of its thread, which has come to this point.
fn is_right_before(event: EventId, here: EventId) -> bool {
    event.thread == here.thread && event.position + 1 == here.position
}

impl Span {
    /// Ends it; whether the thread has done something in the meantime, so that others may know of the beginning alone.
    pub(crate) fn end(self) -> bool {
        let has_gone_on = with_state(|state| {
            let access = state.plain.get_mut(self.0?)?;
            access.lasts = false;
            let begin = access.point;
            Some(state.goes_on() && !is_right_before(begin, state.execution.here()))
        });
        has_gone_on.flatten() == Some(true)
    }
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
        if !state.goes_on() {
            return None;
        }
        let (execution, accesses) = (&mut state.execution, &mut state.plain);
        let site = execution.thread().site.unwrap_or(site);
        let disturbs = |it: &&Access| {
            it.object == object
                && (outcome.writes || plain == Some(Plain::Write) || it.plain == Plain::Write)
                && (it.lasts || !execution.knows(it.point))
        };
        if let Some(&Access { site: other, lasts, .. }) = accesses.iter().find(disturbs) {
            return Some(Race { site, other, lasts });
        }
        let plain = plain?;
        if let Some(other) = execution.unknown_to_plain(object, plain) {
            return Some(Race { site, other, lasts: false });
        }
        accesses.push(Access { object, plain, point: outcome.id, site, lasts: false });
        None
    });
    if let Some(race) = race.flatten() {
        let verb = if act == Act::Load { "reads" } else { "writes" };
        session::violate(Fault::DataRace, race.message(verb), race.site);
    }
}

/// Two accesses that race.
struct Race {
    site: Site,
    other: Site,
    /// Whether the other one is exclusive, and has not ended yet.
    lasts: bool,
}

impl Race {
    fn message(&self, verb: &str) -> String {
        let (here, there) = (place_of(self.site), place_of(self.other));
        if self.lasts {
            format!("{here} {verb} an atomic to which {there} has exclusive access at that time")
        } else {
            format!(
                "{here} {verb} an atomic, and {there} uses it, one of them without synchronisation: nothing orders the two"
            )
        }
    }
}

impl Execution {
    /// Where another thread has used an object in this execution, if the running thread does not know that, and it may
    /// not do so beside a plain access.
    fn unknown_to_plain(&self, object: Object, plain: Plain) -> Option<Site> {
        // See `knows`.
        if self.sees_too_little {
            return None;
        }
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
