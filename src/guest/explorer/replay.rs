//! Repeats an execution under sequential consistency from its schedule.

use std::sync::Arc;

use super::livelock::livelock;
use super::path::{Path, bound_of, end_of};
use crate::guest::{Choice, Control, GuestCounterexample, Options, ReplayError};
use crate::interp::ThreadId;
use crate::reference::{
    Impasse, State, Subject, ThreadSet, View, Violation, ViolationKind, describe_circle_closed_by,
};

/// Follows a schedule of sequential consistency.
pub(in crate::guest) fn sequential(
    subject: &Arc<Subject>,
    choices: &[Choice],
    control: &Control,
) -> Result<GuestCounterexample, ReplayError> {
    let (mut state, happened) = State::new(subject);
    let mut seen = vec![state.fingerprint()];
    let mut path = Path::default();
    let mut cut_off = happened.cut_off.and_then(bound_of);
    let mut violation = happened.violation;
    for (step, choice) in (1..).zip(choices) {
        if let Some(bound) = control.bound() {
            return Err(ReplayError::CutOff(bound));
        }
        let thread = choice.turn.thread;
        if !state.is_enabled(thread) {
            let not_enabled = ReplayError::NotEnabled { step, thread: thread.0 };
            return Err(cut_off.map_or(not_enabled, ReplayError::CutOff));
        }
        let happened = state.step(subject, choice.turn);
        path.turns.push(choice.turn);
        seen.push(state.fingerprint());
        cut_off = cut_off.or(happened.cut_off.and_then(bound_of));
        violation = violation.or(happened.violation);
    }
    let bound = control.bound().or(cut_off);
    let last = choices.last().map(|choice| choice.turn.thread);
    let closed = last.and_then(|last| describe_circle_closed_by(&state, subject, last));
    let violation = violation
        .map(|trap| closed.clone().unwrap_or(trap))
        .or_else(|| state.race(subject))
        .or_else(|| at_end(subject, &state))
        .or(closed)
        .or_else(|| circle(&state, &seen, path.turns.iter().map(|turn| turn.thread)).map(|it| it.0))
        .ok_or(bound.map_or(ReplayError::NoViolation, ReplayError::CutOff))?;
    Ok(path.counterexample(subject, violation, 1))
}

/// The states on the way of a schedule of sequential consistency, as far as it can be followed, from the one before
/// the choice at this position.
pub(in crate::guest) fn views_sequential(
    subject: &Subject,
    choices: &[Choice],
    from: usize,
) -> Vec<View> {
    let (mut state, _) = State::new(subject);
    let mut views = Vec::new();
    for made in 0..=choices.len() {
        if made >= from {
            views.push(state.view(subject.code.globals.len()));
        }
        match choices.get(made) {
            Some(choice) if state.is_enabled(choice.turn.thread) => {
                state.step(subject, choice.turn);
            }
            _ => break,
        }
    }
    views
}

fn at_end(subject: &Subject, state: &State) -> Option<Violation> {
    if !state.enabled().is_empty() {
        return None;
    }
    let options = Options { finds_leaks: true, ..Options::default() };
    // If there is no other violation, the schedule was made for a leak.
    end_of(subject, &options, state)
        .violations
        .into_iter()
        .min_by_key(|it| it.kind == ViolationKind::Leak)
}

/// A schedule that ends in a state where it has been before shows that its threads can go on forever.
/// Also returns the number of steps after which it first was there. `seen` has the fingerprints of the
/// states, beginning with the state before any step.
pub(super) fn circle(
    state: &impl Impasse,
    seen: &[u128],
    way: impl Iterator<Item = ThreadId>,
) -> Option<(Violation, usize)> {
    let (last, before) = seen.split_last()?;
    let from = before.iter().position(|it| it == last)?;
    let mut threads = ThreadSet::default();
    way.skip(from).for_each(|thread| threads.insert(thread));
    let places = threads.iter().filter_map(|it| Some((it, state.live(it)?.place()))).collect();
    Some((livelock(threads, places), from))
}
