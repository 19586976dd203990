//! The search by preemptions, under sequential consistency: [`nearest`](super::nearest) first.
//!
//! It finds a violation that needs few preemptions, whatever the size of the program, and its
//! counterexample has the fewest. It verifies nothing: more preemptions may show what it has not found.
//! It does not see livelocks.

use std::sync::Arc;

use super::nearest::{Look, Nearest, Visit};
use super::path::{bound_of, end_of};
use crate::guest::{Bound, Control, Fact, Options, PreemptionsDone, Tally};
use crate::reference::{State, Subject, Violation};

/// Whether a data race is a violation here. Under another memory model a race is something else, and
/// that model's own search looks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Races {
    /// Races are violations.
    Count,
    /// Races are ignored.
    Ignore,
}

/// Searches all executions without a preemption, then those with one, and so on.
pub(super) fn search(
    subject: &Arc<Subject>,
    options: &Options,
    races: Races,
    control: &Control,
) -> Tally {
    let mut search = Search { subject, options, races, control, tally: Tally::default() };
    let nearest = Nearest {
        subject,
        control,
        states_max: options.effort_max,
        memory_max: options.memory_max,
        steps_max: options.steps_max,
    };
    let reached = nearest.search(|visit| search.look(visit));
    let mut tally = search.tally;
    if let Some((violation, path)) = reached.nearest {
        let execution = tally.executions.max(1);
        tally.keep(path.counterexample(subject, violation, execution));
    }
    tally.states = Some(reached.states);
    tally.bounds.extend(reached.bounds);
    tally.bounds.insert(Bound::Preemptions);
    tally.facts.push(Fact::Preemptions(match reached.preemptions {
        None => PreemptionsDone::Nothing,
        Some(u32::MAX) => PreemptionsDone::Everything,
        Some(count) => PreemptionsDone::UpTo(count),
    }));
    tally
}

struct Search<'a> {
    subject: &'a Arc<Subject>,
    options: &'a Options,
    races: Races,
    control: &'a Control,
    tally: Tally,
}

impl Search<'_> {
    fn look(&mut self, visit: &Visit<'_>) -> Look {
        let Visit { state, happened, .. } = *visit;
        self.tally.bounds.extend(happened.cut_off.and_then(bound_of));
        let mut violations: Vec<Violation> = happened.violation.iter().cloned().collect();
        if self.races == Races::Count {
            violations.extend(state.race(self.subject));
        }
        if state.enabled().is_empty() {
            if self.tally.executions + self.tally.blocked >= self.options.executions_max {
                self.tally.bounds.insert(Bound::Executions);
                return Look::Enough;
            }
            violations.extend(self.end_of(state));
        }
        if self.options.keeps_going {
            for violation in violations {
                if !self.tally.knows(&violation) {
                    let execution = self.tally.executions.max(1);
                    let path = visit.path();
                    self.tally.keep(path.counterexample(self.subject, violation, execution));
                }
            }
            return Look::GoOn;
        }
        violations.into_iter().next().map_or(Look::GoOn, Look::Found)
    }

    /// Counts an execution; returns the violations in its final state.
    fn end_of(&mut self, state: &State) -> Vec<Violation> {
        if state.is_out_of_threads() {
            self.tally.bounds.insert(Bound::Threads);
        }
        let end = end_of(self.subject, self.options, state);
        if self.tally.final_states.insert(state.fingerprint()) {
            self.control.add_executions(1);
            match end.outcome {
                Some(outcome) => self.tally.execution(outcome),
                None => self.tally.blocked += 1,
            }
        }
        end.violations
    }
}
