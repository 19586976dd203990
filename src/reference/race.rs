//! Data races under sequential consistency: two threads that can be about to make the accesses at the
//! same time.

use super::{Operation, State, Subject, Thread, Violation, ViolationKind};
use crate::interp::{Place, ThreadId};

impl State {
    /// Finds two threads that are both about to access a cell, at least one of them with a plain access
    /// and at least one with a write.
    pub fn race(&self, subject: &Subject) -> Option<Violation> {
        let enabled = self.live_threads();
        for first in enabled.iter() {
            let Some(cell) = self.live(first)?.next().cell() else { continue };
            for second in enabled.iter().filter(|second| second.0 > first.0) {
                let (one, other) = (self.live(first)?, self.live(second)?);
                let races = other.next().cell() == Some(cell)
                    && (one.next().is_plain() || other.next().is_plain())
                    && (self.writes(first) || self.writes(second));
                if races {
                    let access = |it: &Thread| (it.id(), it.next().clone(), it.place());
                    return Some(race_of(subject, &access(one), &access(other)));
                }
            }
        }
        None
    }

    fn writes(&self, thread: ThreadId) -> bool {
        self.accesses(thread).iter().flatten().any(|access| access.writes)
    }
}

/// An access, for the message of a race: its thread, its operation, and its place.
pub type RacingAccess = (ThreadId, Operation, Place);

/// The violation for two conflicting accesses.
pub fn race_of(subject: &Subject, one: &RacingAccess, other: &RacingAccess) -> Violation {
    let in_order =
        if (one.0, one.2.line) <= (other.0, other.2.line) { [one, other] } else { [other, one] };
    let describe = |(thread, operation, place): &RacingAccess| {
        format!("{} by thread {} at {place}", operation.access_name(subject), thread.0)
    };
    let message = format!(
        "{} and {}: no edge from a release to an acquire orders them",
        describe(in_order[0]),
        describe(in_order[1])
    );
    let places = in_order.map(|(thread, _, place)| (*thread, place.clone())).to_vec();
    Violation { kind: ViolationKind::DataRace, message, places }
}
