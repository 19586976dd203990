//! Orderings that can be weakened all together without a test noticing.
//!
//! A single weakening that survives says little of two of them. So the surviving ones are joined, as long as no test
//! notices all of them at once; then what was joined is weakened further, step by step, down to `Relaxed`. The set that
//! is left is maximal if a weaker program has every execution of a stronger one, as is so for orderings: whatever was
//! noticed once would be noticed again beside more weakenings. It need not be the only one, nor the largest.

use std::collections::{BTreeMap, BTreeSet};

use drawloom::engine::mutation::{Mutant, Operation, Operator, Outcome};
use drawloom::session::Performed;

use super::trial::Trial;

/// Which ordering of an operation is weakened: that of its failure, or the other one.
type Place = (Operation, bool);

/// A set of weakenings, of which each place has one at most.
type Weakenings = BTreeMap<Place, Mutant>;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Weakest {
    /// The weakenings that no test notices, sorted by place.
    pub(super) weakenings: Vec<Mutant>,
    /// How many sets were tried.
    pub(super) sets: u64,
    /// Whether every set that was kept was searched to its end.
    pub(super) is_complete: bool,
}

/// Searches, beginning with the mutants that survive alone.
pub(super) fn weakest(trial: &Trial<'_>, survivors: &[Mutant], done: &dyn Fn(u64)) -> Weakest {
    let mut search = Search {
        is_unnoticed: &|set| outcome(trial, set),
        done,
        set: Weakenings::new(),
        sets: 0,
        is_complete: true,
    };
    search.run(survivors);
    let Search { set, sets, is_complete, .. } = search;
    Weakest { weakenings: set.into_values().collect(), sets, is_complete }
}

/// Whether no test notices the set, and if so whether everything was searched.
fn outcome(trial: &Trial<'_>, set: &[Mutant]) -> Option<bool> {
    match trial.outcome(set) {
        Outcome::Survived { is_complete, .. } => Some(is_complete),
        Outcome::Killed { .. } | Outcome::Unjudged { .. } => None,
    }
}

struct Search<'s> {
    is_unnoticed: &'s dyn Fn(&[Mutant]) -> Option<bool>,
    /// Called with the number of sets tried.
    done: &'s dyn Fn(u64),
    set: Weakenings,
    sets: u64,
    is_complete: bool,
}

impl Search<'_> {
    fn run(&mut self, survivors: &[Mutant]) {
        let mut candidates: Vec<Mutant> =
            survivors.iter().filter(|it| place(it).is_some()).cloned().collect();
        while !candidates.is_empty() {
            // An acquire-release ordering has two steps down. One is tried after the other: both are one more step.
            let (now, later) = one_of_each_place(candidates);
            let before = self.set.clone();
            self.join(&now);
            let kept = now.iter().filter(|it| self.set.values().any(|kept| kept == *it));
            let steps: Vec<Mutant> = kept.flat_map(further).collect();
            let is_open =
                |it: &Mutant| place(it).is_some_and(|at| self.set.get(&at) == before.get(&at));
            candidates = later.into_iter().filter(is_open).chain(steps).collect();
        }
    }

    /// Joins as many of these to the set as no test notices.
    fn join(&mut self, weakenings: &[Mutant]) {
        if weakenings.is_empty() {
            return;
        }
        let mut joined = self.set.clone();
        joined.extend(weakenings.iter().filter_map(|it| Some((place(it)?, it.clone()))));
        self.sets += 1;
        (self.done)(self.sets);
        let all: Vec<Mutant> = joined.values().cloned().collect();
        if let Some(is_complete) = (self.is_unnoticed)(&all) {
            self.set = joined;
            self.is_complete &= is_complete;
        } else if weakenings.len() > 1 {
            let (left, right) = weakenings.split_at(weakenings.len() / 2);
            self.join(left);
            self.join(right);
        }
    }
}

/// The ordering that a mutant weakens; `None` if it weakens none.
fn place(mutant: &Mutant) -> Option<Place> {
    let is_failure = match mutant.operator {
        Operator::Weaken { .. } => false,
        Operator::WeakenFailure { .. } => true,
        _ => return None,
    };
    Some((mutant.operation.clone(), is_failure))
}

fn one_of_each_place(mutants: Vec<Mutant>) -> (Vec<Mutant>, Vec<Mutant>) {
    let mut seen = BTreeSet::new();
    mutants.into_iter().partition(|it| place(it).is_some_and(|at| seen.insert(at)))
}

/// The same weakening, one step further, in each way that there is.
fn further(mutant: &Mutant) -> Vec<Mutant> {
    let (from, to, is_failure) = match mutant.operator {
        Operator::Weaken { from, to } => (from, to, false),
        Operator::WeakenFailure { from, to } => (from, to, true),
        _ => return Vec::new(),
    };
    let ordering = |is_this: bool| is_this.then_some(to);
    let weakened = Performed {
        operation: mutant.operation.clone(),
        ordering: ordering(!is_failure),
        ordering_failure: ordering(is_failure),
    };
    let of = |operator| Some(Mutant { operation: mutant.operation.clone(), operator });
    let step = |next: Mutant| match next.operator {
        Operator::Weaken { to, .. } if !is_failure => of(Operator::Weaken { from, to }),
        Operator::WeakenFailure { to, .. } if is_failure => {
            of(Operator::WeakenFailure { from, to })
        }
        _ => None,
    };
    weakened.mutants().into_iter().filter_map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawloom::engine::mutation::OpKind;
    use std::sync::atomic::Ordering;
    use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

    fn weaken(line: u32, op: OpKind, from: Ordering, to: Ordering) -> Mutant {
        let operation = Operation { file: "a.rs".into(), line, column: 1, op, name: None };
        Mutant { operation, operator: Operator::Weaken { from, to } }
    }

    /// What is found if no test notices the sets for which `holds`.
    fn found(survivors: &[Mutant], holds: &dyn Fn(&[Mutant]) -> bool) -> Vec<String> {
        let is_unnoticed = |set: &[Mutant]| holds(set).then_some(true);
        let mut search = Search {
            is_unnoticed: &is_unnoticed,
            done: &|_| {},
            set: Weakenings::new(),
            sets: 0,
            is_complete: true,
        };
        search.run(survivors);
        search.set.values().map(|it| format!("{}: {}", it.operation.line, it.operator)).collect()
    }

    #[test]
    fn what_nothing_notices_is_weakened_down_to_relaxed() {
        let survivors =
            [weaken(1, OpKind::FetchAdd, SeqCst, AcqRel), weaken(2, OpKind::Load, SeqCst, Acquire)];
        let all = found(&survivors, &|_| true);
        assert_eq!(all, ["1: weaken SeqCst to Relaxed", "2: weaken SeqCst to Relaxed"]);
    }

    #[test]
    fn weakenings_that_are_noticed_together_do_not_come_together() {
        let survivors = [1, 2, 3].map(|line| weaken(line, OpKind::Store, Release, Relaxed));
        let both = |set: &[Mutant]| set.iter().filter(|it| it.operation.line != 3).count() < 2;
        assert_eq!(
            found(&survivors, &both),
            ["1: weaken Release to Relaxed", "3: weaken Release to Relaxed"]
        );
    }

    #[test]
    fn the_other_step_down_is_tried_if_the_first_is_noticed() {
        let survivors =
            [weaken(1, OpKind::Swap, AcqRel, Acquire), weaken(1, OpKind::Swap, AcqRel, Release)];
        let needs_release = |set: &[Mutant]| {
            set.iter().all(|it| matches!(it.operator, Operator::Weaken { to: Release, .. }))
        };
        assert_eq!(found(&survivors, &needs_release), ["1: weaken AcqRel to Release"]);
    }
}
