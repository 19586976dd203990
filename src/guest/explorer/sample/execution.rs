//! The part of drawing an execution that all memory models share.

use std::collections::HashSet;
use std::sync::Arc;

use super::chance::Numbers;
use crate::guest::explorer::path::{Path, bound_of};
use crate::guest::{Bound, Control, GuestCounterexample};
use crate::reference::{Access, CutOff, Outcome, Subject, Violation};
use crate::sample::Chooser;

/// Makes one execution after the other, each with a strategy and its own random numbers.
pub(super) trait Walk {
    /// Runs one execution.
    fn walk(&mut self, chooser: &mut impl Chooser<Access>, chance: &mut Numbers) -> Walked;

    /// A fingerprint of the latest execution, equal for executions with the same result reached in the
    /// same way.
    fn trace(&self) -> u64;

    /// The result of the latest execution, which is over.
    fn end(&self) -> Ended;

    /// The violation if the latest execution, which was cut off, can go on forever although no thread is
    /// starved.
    fn endless(&mut self, control: &Control) -> Option<Found>;

    /// From now on, collects the fingerprints of all states, if the model has states.
    fn collect_states(&mut self);

    /// The fingerprints that were collected.
    fn take_states(&mut self) -> HashSet<u128>;

    /// Forgets which races have been reported, so that they are reported again.
    fn forget_races(&mut self);
}

/// The limits of a search for livelocks: the bytes that it may keep, and the states that it may look at.
pub(super) const LIVELOCK_BYTES: usize = 32 << 20;
pub(super) const LIVELOCK_STATES: u64 = 20_000;

/// How an execution ran.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// What was cut off, if anything.
    pub(super) bound: Option<Bound>,
    /// The violations before its end. The execution was not continued after one, unless the search
    /// continues after violations.
    pub(super) found: Vec<Found>,
    /// Whether it ran to its end.
    pub(super) is_over: bool,
    /// Whether one of its threads was cut off.
    pub(super) is_cut_off: bool,
}

impl Walked {
    /// Records whether a thread was cut off.
    pub(super) fn cut_off(&mut self, cut_off: Option<CutOff>) {
        self.is_cut_off |= cut_off.is_some();
        self.bound = self.bound.max(cut_off.and_then(bound_of));
    }
}

/// The result of an execution.
pub(super) struct Ended {
    /// `None` if it is not an execution after all: a thread waits for something that only another
    /// execution can give it.
    pub(super) outcome: Option<Outcome>,
    /// The fingerprint of its final state.
    pub(super) state: u128,
    /// The violations in its final state.
    pub(super) found: Vec<Found>,
    /// What was cut off, if anything.
    pub(super) bound: Option<Bound>,
}

/// A violation, and the way to it.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) violation: Violation,
    pub(super) way: Way,
}

/// A way to a violation. Under weak memory it is a graph, of which only the part that shows the
/// violation is kept.
#[derive(Clone, Debug)]
pub(super) enum Way {
    Path(Path),
    Shown(Box<GuestCounterexample>),
}

impl Found {
    /// What a graph shows.
    pub(super) fn shown(shown: GuestCounterexample) -> Self {
        Found { violation: shown.violation.clone(), way: Way::Shown(Box::new(shown)) }
    }

    /// The counterexample that it is.
    pub(super) fn counterexample(
        self,
        subject: &Arc<Subject>,
        execution: u64,
    ) -> GuestCounterexample {
        match self.way {
            Way::Path(path) => path.counterexample(subject, self.violation, execution),
            Way::Shown(mut shown) => {
                shown.execution = execution;
                if let Some(schedule) = &mut shown.schedule {
                    schedule.program = subject.fingerprint;
                }
                *shown
            }
        }
    }
}
