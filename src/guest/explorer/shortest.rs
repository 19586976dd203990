//! Finds the simplest way to a violation: with the fewest preemptions, and then the fewest steps.
//!
//! The search goes [`nearest`](super::nearest) first, and its result is a minimum. If it takes too many
//! states, the given schedule is simplified piece by piece instead. The result is then only a schedule
//! from which nothing can be left out.

use std::sync::Arc;

use super::nearest::{Look, Nearest, Visit};
use super::path::{Path, end_of};
use crate::guest::{Control, Options};
use crate::reference::{Happened, State, Subject, Turn, Violation, ViolationKind};

/// The number of states that are searched for the simplest way.
const STATES_MAX: u64 = 200_000;

/// A simplest way to a violation of the same kind: minimal, unless too many states are nearer to the
/// beginning.
pub(super) fn simplify(
    subject: &Arc<Subject>,
    violation: &Violation,
    path: &Path,
    memory_max: usize,
    control: &Control,
) -> (Violation, Path) {
    // A cycle has no end that could come sooner.
    if violation.kind == ViolationKind::Livelock {
        return (violation.clone(), path.clone());
    }
    let wanted = Wanted { subject, violation };
    wanted
        .nearest(memory_max, control)
        .or_else(|| wanted.reduced(path, control))
        .unwrap_or_else(|| (violation.clone(), path.clone()))
}

struct Wanted<'a> {
    subject: &'a Arc<Subject>,
    violation: &'a Violation,
}

/// Preemptions first, then steps.
type Cost = (u32, u32);

impl Wanted<'_> {
    /// A stuck program counts as the same violation, wherever its threads are.
    fn is_met_by(&self, found: &Violation) -> bool {
        match self.violation.kind {
            kind @ (ViolationKind::Deadlock | ViolationKind::LostWakeup) => found.kind == kind,
            _ => found.is_like(self.violation),
        }
    }

    /// The violation, if this state or the step that led to it shows it.
    fn shown(&self, state: &State, happened: &Happened) -> Option<Violation> {
        let in_step = happened.violation.clone().into_iter();
        let race = state.race(self.subject).into_iter();
        let options = Options { finds_leaks: true, ..Options::default() };
        let at_end = if state.enabled().is_empty() {
            end_of(self.subject, &options, state).violations
        } else {
            Vec::new()
        };
        in_step.chain(race).chain(at_end).find(|found| self.is_met_by(found))
    }

    fn nearest(&self, memory_max: usize, control: &Control) -> Option<(Violation, Path)> {
        let nearest = Nearest {
            subject: self.subject,
            control,
            states_max: STATES_MAX,
            memory_max,
            steps_max: usize::MAX,
        };
        let look = |visit: &Visit<'_>| {
            self.shown(visit.state, visit.happened).map_or(Look::GoOn, Look::Found)
        };
        nearest.search(look).nearest
    }

    /// Removes and joins runs of steps of one thread for as long as the violation stays.
    fn reduced(&self, path: &Path, control: &Control) -> Option<(Violation, Path)> {
        let mut best = self.follow(&path.turns)?;
        while !control.is_stopped() {
            let runs = runs(&best.1.turns);
            let without = (0..runs.len()).map(|at| {
                let mut runs = runs.clone();
                runs.remove(at);
                runs
            });
            let joined = (0..runs.len()).filter_map(|at| {
                let thread = |run: &[Turn]| run[0].thread;
                let other =
                    (at + 1..runs.len()).find(|&it| thread(&runs[it]) == thread(&runs[at]))?;
                let mut runs = runs.clone();
                let later = runs.remove(other);
                runs[at].extend(later);
                Some(runs)
            });
            let current = cost(self.subject, &best.1.turns);
            let better =
                without.chain(joined).take_while(|_| !control.is_stopped()).find_map(|runs| {
                    let (violation, path) = self.follow(&runs.concat())?;
                    (cost(self.subject, &path.turns) < current).then_some((violation, path))
                });
            match better {
                Some(better) => best = better,
                None => break,
            }
        }
        Some(best)
    }

    /// Follows this way up to the violation, leaving out turns that are not possible.
    fn follow(&self, turns: &[Turn]) -> Option<(Violation, Path)> {
        let (mut state, _) = State::new(self.subject);
        let mut path = Path::default();
        for &turn in turns {
            if self.subject.patience.is_over() {
                return None;
            }
            if !state.is_enabled(turn.thread) {
                continue;
            }
            let happened = state.step(self.subject, turn);
            path.turns.push(turn);
            if let Some(violation) = self.shown(&state, &happened) {
                return Some((violation, path));
            }
        }
        None
    }
}

/// The runs of a way: consecutive turns of one thread.
fn runs(turns: &[Turn]) -> Vec<Vec<Turn>> {
    turns.chunk_by(|one, other| one.thread == other.thread).map(<[Turn]>::to_vec).collect()
}

/// The cost of a way that is possible.
fn cost(subject: &Subject, turns: &[Turn]) -> Cost {
    let (mut state, _) = State::new(subject);
    let mut preemptions = 0;
    let mut last = None;
    for &turn in turns {
        let thread = turn.thread;
        if subject.patience.is_over() || !state.is_enabled(thread) {
            break;
        }
        preemptions += u32::from(last.is_some_and(|it| it != thread && state.is_enabled(it)));
        state.step(subject, turn);
        last = Some(thread);
    }
    (preemptions, turns.len() as u32)
}
