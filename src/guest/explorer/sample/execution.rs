//! What all memory models have in common in drawing an execution.

use std::collections::HashSet;
use std::sync::Arc;

use super::chance::Chance;
use super::chooser::Chooser;
use crate::guest::explorer::path::{Path, bound_of};
use crate::guest::{Bound, Control, GuestCounterexample};
use crate::reference::{CutOff, Outcome, Subject, Violation};

/// A maker of executions: one after the other, each by a strategy and its own chance.
pub(super) trait Walk {
    /// Runs one execution.
    fn walk(&mut self, chooser: &mut impl Chooser, chance: &mut Chance) -> Walked;

    /// A number for the latest execution, equal for those that come to the same in the same way.
    fn trace(&self) -> u64;

    /// What the latest execution, which is over, has come to.
    fn end(&self) -> Ended;

    /// Whether the latest execution, which was cut off, can go on for ever though nobody is starved.
    fn endless(&mut self, control: &Control) -> Option<Found>;

    /// Collects the fingerprints of all states from now on, if there are states.
    fn collect_states(&mut self);

    /// The fingerprints that were collected.
    fn take_states(&mut self) -> HashSet<u128>;

    /// Reports races anew that have been reported.
    fn forget_races(&mut self);
}

/// What a look for livelocks may remember, and how many states it may look at.
pub(super) const LIVELOCK_BYTES: usize = 32 << 20;
pub(super) const LIVELOCK_STATES: u64 = 20_000;

/// How an execution went.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// What was cut off.
    pub(super) bound: Option<Bound>,
    /// What went wrong before its end. The execution was not continued, unless the search keeps
    /// going.
    pub(super) found: Vec<Found>,
    /// Whether it came to its end.
    pub(super) is_over: bool,
    /// Whether a thread of it was cut off.
    pub(super) is_cut_off: bool,
}

impl Walked {
    /// A thread may have been cut off.
    pub(super) fn cut_off(&mut self, cut_off: Option<CutOff>) {
        self.is_cut_off |= cut_off.is_some();
        self.bound = self.bound.max(cut_off.and_then(bound_of));
    }
}

/// What an execution has come to.
pub(super) struct Ended {
    /// `None` if it is none after all: a thread waits for what only another one can give it.
    pub(super) outcome: Option<Outcome>,
    /// The fingerprint of the state that it has come to.
    pub(super) state: u128,
    /// What is wrong with that.
    pub(super) found: Vec<Found>,
    /// What was cut off.
    pub(super) bound: Option<Bound>,
}

/// Something that went wrong, and the way to it.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) violation: Violation,
    pub(super) way: Way,
}

/// A way to a violation. Under weak memory it is a graph, of which only what shows it is kept.
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
