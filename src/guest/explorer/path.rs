//! A path through the reference's states, under sequential consistency: the turn of each step.

use std::collections::HashMap;
use std::sync::Arc;

use crate::guest::step::set_clocks;
use crate::guest::{
    After, Bound, Choice, Choices, Done, GuestCounterexample, MemoryModel, Options, Schedule, Step,
};
use crate::interp::ThreadId;
use crate::reference::{
    CutOff, Impasse, Object, Operation, Outcome, State, Subject, Turn, Violation, ViolationKind,
    describe_circle, leak_of,
};

/// The turns, from the beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) turns: Vec<Turn>,
}

impl Path {
    /// The counterexample that shows this path.
    pub(super) fn counterexample(
        &self,
        subject: &Arc<Subject>,
        violation: Violation,
        execution: u64,
    ) -> GuestCounterexample {
        let path = self.up_to(subject, &violation);
        let choices = path.turns.iter().map(|&turn| Choice { turn, reads: None });
        let schedule = Schedule {
            program: subject.fingerprint,
            model: MemoryModel::Sc,
            choices: Choices::Reference(choices.collect()),
        };
        let trace = path.trace(subject, &violation);
        let circle_from = match violation.kind {
            ViolationKind::Livelock => path.circle_from(subject),
            _ => None,
        };
        let shown =
            GuestCounterexample::of_reference(subject, violation, trace, circle_from, schedule);
        GuestCounterexample { execution, ..shown }
    }

    /// The path up to the violation, if a trap and threads that wait for each other are both there at its end: it shows
    /// the one with which it ends.
    fn up_to(&self, subject: &Subject, violation: &Violation) -> Path {
        let (mut state, _) = State::new(subject);
        let (mut length, mut circle) = (None, None);
        for (made, &turn) in (1..).zip(&self.turns) {
            if subject.patience.is_over() || !state.is_enabled(turn.thread) {
                return self.clone();
            }
            let trap = state.step(subject, turn).violation;
            circle = describe_circle(&state, subject);
            if [&trap, &circle].into_iter().flatten().any(|shown| shown == violation) {
                length.get_or_insert(made);
            }
        }
        let has_both = circle.is_some() && !state.traps().is_empty();
        let length = length.filter(|_| has_both).unwrap_or(self.turns.len());
        Path { turns: self.turns[..length].to_vec() }
    }

    /// The steps on the path. At its end come the next operations of the threads that took part in the
    /// violation, or of all threads if none can go on.
    fn trace(&self, subject: &Subject, violation: &Violation) -> Vec<Step> {
        let (mut state, _) = State::new(subject);
        let mut trace: Vec<Step> = Vec::with_capacity(self.turns.len());
        let mut latest: HashMap<Object, usize> = HashMap::new();
        for &turn in &self.turns {
            let thread = turn.thread;
            // If the patience ends, the trace has only the steps up to there.
            if subject.patience.is_over() || !state.is_enabled(thread) {
                break;
            }
            let Some(live) = state.live(thread) else { break };
            let (operation, place) = (live.next().clone(), live.place());
            let accesses = state.accesses(thread);
            let happened = state.step(subject, turn);
            let after = accesses[0].map(|access| {
                let step = latest.get(&access.object).copied();
                let thread = step.map(|step| trace[step].thread);
                let is_read = !matches!(operation, Operation::Store { .. });
                After { step, thread, is_read, is_latest: true }
            });
            for access in accesses.iter().flatten().filter(|access| access.writes) {
                latest.insert(access.object, trace.len());
            }
            let woken =
                if operation.wakes() { happened.enables.iter().collect() } else { Vec::new() };
            let done = Done { after, woken, ..Done::of(operation, happened.answer) };
            trace.push(Step::done(thread, done, place));
        }
        let pending: Vec<ThreadId> = if state.enabled().is_empty() && state.traps().is_empty() {
            state.live_threads().iter().collect()
        } else {
            violation.places.iter().map(|(thread, _)| *thread).collect()
        };
        for thread in pending {
            if let Some(standing) = state.live(thread).or_else(|| state.stopped(thread)) {
                trace.push(Step::pending(standing, state.waits_for(thread)));
            }
        }
        set_clocks(&mut trace);
        trace
    }
}

impl Path {
    /// The number of steps after which the path first reaches its final state.
    fn circle_from(&self, subject: &Subject) -> Option<usize> {
        let (mut state, _) = State::new(subject);
        let mut seen = vec![state.fingerprint()];
        for &turn in &self.turns {
            if subject.patience.is_over() || !state.is_enabled(turn.thread) {
                return None;
            }
            state.step(subject, turn);
            seen.push(state.fingerprint());
        }
        let (last, before) = seen.split_last()?;
        before.iter().position(|state| state == last)
    }
}

/// The bound that a cut-off thread means for a search. If the search was stopped, the one who stopped it
/// knows the reason.
pub(super) fn bound_of(cut_off: CutOff) -> Option<Bound> {
    match cut_off {
        CutOff::LocalSteps => Some(Bound::LocalSteps),
        CutOff::Stopped => None,
    }
}

/// The result of an execution.
pub(super) struct End {
    /// `None` if a thread was cut off: then nothing is known.
    pub(super) outcome: Option<Outcome>,
    pub(super) violations: Vec<Violation>,
}

/// The result of a state in which no thread can make a step. If there are several violations, the
/// outcome is the least of them, so that it does not depend on their order.
pub(super) fn end_of(subject: &Subject, options: &Options, state: &State) -> End {
    let mut violations = state.traps();
    let outcome = match state.outcome(subject) {
        Some(Err(stuck)) => {
            violations.push(stuck);
            None
        }
        Some(Ok(outcome)) => Some(outcome),
        // Without the trap, the deadlock would have ended the program.
        None if !violations.is_empty() => {
            violations.extend(describe_circle(state, subject));
            None
        }
        None => None,
    };
    let outcome = outcome.or_else(|| violations.iter().map(Outcome::of_violation).min());
    let broken = outcome.as_ref().and_then(|outcome| subject.broken_claim(outcome));
    // A thread that was cut off might have joined threads and freed memory.
    let is_whole = outcome.is_some() && violations.is_empty();
    if options.finds_leaks && is_whole {
        violations.extend(leak_of(subject, state.never_joined(), &state.lost_memory()));
    }
    violations.extend(broken);
    End { outcome, violations }
}
