//! Asks the tests of a crate whether they notice that operations are broken.

use std::collections::BTreeMap;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use drawloom::engine::mutation::{Kill, Mutant, Outcome, Row, has_aborted};
use drawloom::record::{Ending, ModelRun};
use drawloom::verdict::Bound;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::attempt::{Answer, Wish, attempt};
use super::build::Built;
use super::process::Ended;
use super::shadow::Shadow;
use super::unbroken::{Limits, Witness, is_cut_off, on_cores};

/// How many times the executions of the unbroken model a broken one may have, and how many it may have in any case.
const TIMES_UNBROKEN: u64 = 4;
const EXECUTIONS_MIN: u64 = 1_000;

/// The tests, and what they may spend.
#[derive(Debug)]
pub(super) struct Trial<'c> {
    pub(super) built: &'c Built,
    pub(super) shadow: &'c Shadow,
    /// Those with the fewest executions first.
    pub(super) witnesses: &'c [Witness],
    /// Indices of the witnesses that reach the operation of each mutant.
    pub(super) reached_by: BTreeMap<String, Vec<usize>>,
    pub(super) limits: Limits,
    /// Whether every test is asked, not only until one has noticed.
    pub(super) asks_all: bool,
}

/// What one test says.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Said {
    /// It fails.
    Notices(Kill),
    /// It passes.
    Passes {
        executions: u64,
        /// Whether everything was searched.
        is_complete: bool,
        /// Why less was searched than of the unbroken model, if so.
        cut_off: Option<String>,
    },
    /// Nothing, for this reason.
    Nothing(String),
}

impl Trial<'_> {
    /// A row for each mutant, in their order. `done` is called with each as it is ready.
    pub(super) fn rows(&self, mutants: &[Mutant], done: &(dyn Fn(&Row) + Sync)) -> Vec<Row> {
        on_cores(self.limits.jobs, || {
            let row = |mutant: &Mutant| {
                let start = Instant::now();
                let outcome = self.outcome(std::slice::from_ref(mutant));
                let ms = start.elapsed().as_millis() as u64;
                let row = Row { mutant: mutant.clone(), outcome, ms };
                done(&row);
                row
            };
            mutants.par_iter().map(row).collect()
        })
    }

    /// What the tests say if these operations are all broken at once.
    pub(super) fn outcome(&self, mutants: &[Mutant]) -> Outcome {
        let deadline = Instant::now() + self.limits.time_max;
        let mut kills = Vec::new();
        let (mut all_executions, mut all_complete) = (0, true);
        let mut open = None;
        for index in self.witnesses_of(mutants) {
            let time_left = deadline.saturating_duration_since(Instant::now());
            match self.ask(&self.witnesses[index], mutants, time_left) {
                Said::Notices(kill) => {
                    kills.push(kill);
                    if !self.asks_all {
                        break;
                    }
                }
                Said::Passes { executions, is_complete, cut_off } => {
                    all_executions += executions;
                    all_complete &= is_complete;
                    open = open.or(cut_off);
                }
                Said::Nothing(reason) => open = open.or(Some(reason)),
            }
        }
        match open {
            _ if !kills.is_empty() => Outcome::Killed { by: kills },
            Some(reason) => Outcome::Unjudged { reason },
            None => Outcome::Survived { executions: all_executions, is_complete: all_complete },
        }
    }

    /// The tests that reach any of the operations, the cheapest first.
    fn witnesses_of(&self, mutants: &[Mutant]) -> Vec<usize> {
        let of = |mutant: &Mutant| self.reached_by.get(&mutant.operation.to_string());
        let mut all: Vec<usize> = mutants.iter().filter_map(of).flatten().copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    fn ask(&self, witness: &Witness, mutants: &[Mutant], time_left: Duration) -> Said {
        let title = &witness.test.title;
        if time_left.is_zero() {
            return Said::Nothing(format!("{title}: the time was up"));
        }
        let wish = Wish {
            mutants,
            operations: false,
            executions_max: Some(self.limits.executions_max.unwrap_or(executions_max(witness))),
            search_time_max: self.limits.search_time_max.min(time_left),
            time_max: time_left,
        };
        match attempt(self.built, &witness.test, &self.shadow.scratch, &wish) {
            Err(error) => Said::Nothing(format!("{title}: {error}")),
            Ok(Answer { ended: Ended::TimeOut, .. }) => {
                Said::Nothing(format!("{title}: the time was up"))
            }
            Ok(Answer { ended: Ended::Exited { status, .. }, runs }) => {
                said(witness, status, &runs)
            }
        }
    }
}

/// The limit for each model of a test: more than the unbroken model has, unless that was cut off itself, so that there is
/// no end to come to.
fn executions_max(witness: &Witness) -> u64 {
    let largest = witness.runs.iter().map(|run| run.executions).max().unwrap_or(0);
    if witness.runs.iter().any(is_cut_off) {
        largest
    } else {
        largest.saturating_mul(TIMES_UNBROKEN).max(EXECUTIONS_MIN)
    }
}

/// What a test says that has ended.
fn said(witness: &Witness, status: ExitStatus, runs: &[ModelRun]) -> Said {
    let title = witness.test.title.clone();
    let engine = witness.runs.first().map_or_else(String::new, |run| run.engine.clone());
    let notices = |execution, how: &str| {
        Said::Notices(Kill {
            model: title.clone(),
            engine: engine.clone(),
            execution,
            how: how.to_owned(),
        })
    };
    let last = runs.last().map(|run| &run.ending);
    if status.success() {
        // Which execution it was is not recorded, only that there was one.
        return if has_endless(witness, runs) {
            notices(None, "endless")
        } else {
            passes(witness, runs)
        };
    }
    match last {
        Some(Ending::Violated { violation, execution, .. }) => notices(Some(*execution), violation),
        Some(Ending::Unsupported { reason }) => Said::Nothing(format!("{title}: {reason}")),
        _ if has_aborted(status) => notices(None, "aborted"),
        // Killed from outside, for lack of memory perhaps.
        _ if status.code().is_none() => Said::Nothing(format!("{title}: {status}")),
        _ => notices(None, "the test fails outside of its model"),
    }
}

fn is_stopped_by(run: &ModelRun, bound: Bound) -> bool {
    matches!(&run.ending, Ending::Bounded { stopped_by, .. } if stopped_by == bound.name())
}

/// Whether a model has an execution without an end, which the unbroken ones had not.
fn has_endless(witness: &Witness, runs: &[ModelRun]) -> bool {
    let is_endless = |run: &ModelRun| is_stopped_by(run, Bound::Steps);
    runs.iter().any(is_endless) && !witness.runs.iter().any(is_endless)
}

fn passes(witness: &Witness, runs: &[ModelRun]) -> Said {
    let is_complete = |run: &ModelRun| run.ending.is_whole() || run.is_only_first();
    let was_complete = witness.runs.iter().all(is_complete);
    // What cannot be searched to its end unbroken cannot be broken either, and that is known.
    let cut_off = runs.iter().find(|run| is_cut_off(run)).filter(|_| was_complete).map(|run| {
        let (title, words) = (&witness.test.title, run.ending.words());
        format!("{title}: {words} after {} executions", run.executions)
    });
    Said::Passes {
        executions: runs.iter().map(|run| run.executions).sum(),
        is_complete: runs.iter().all(is_complete),
        cut_off,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::cli::krate::build::{Binary, Test};
    use std::os::unix::process::ExitStatusExt as _;

    fn run(ending: Ending, executions: u64) -> ModelRun {
        ModelRun {
            test: None,
            place: "a.rs:1:1".into(),
            engine: "heddle".into(),
            preemptions_max: None,
            ending,
            executions,
            blocked: 0,
            threads: None,
            objects_shared: None,
            ms: 1,
            cpu_ms: None,
            remarks: vec![],
            operations: vec![],
        }
    }

    fn witness(ending: Ending) -> Witness {
        let binary = Binary { target: "t".into(), path: "t".into() };
        let test = Test { binary, name: "a".into(), title: "a".into() };
        Witness { test, runs: vec![run(ending, 5)], time: Duration::ZERO }
    }

    fn bounded(bound: Bound) -> Ending {
        Ending::Bounded { stopped_by: bound.name().into(), not_seen: Vec::new() }
    }

    fn violated() -> Ending {
        Ending::Violated {
            violation: "data race".into(),
            message: "data race: x".into(),
            location: None,
            execution: 3,
        }
    }

    /// What the test says if it ends with this status after this model.
    fn says(unbroken: Ending, status: i32, broken: Option<Ending>) -> Said {
        let runs: Vec<ModelRun> = broken.into_iter().map(|ending| run(ending, 9)).collect();
        said(&witness(unbroken), ExitStatus::from_raw(status), &runs)
    }

    const FAILED: i32 = 101 << 8;
    const KILLED: i32 = 9;
    const ABORTED: i32 = 6;

    #[test]
    fn a_test_that_fails_has_noticed_unless_the_search_could_not_be_made() {
        let how = |said: Said| match said {
            Said::Notices(kill) => (kill.how, kill.execution),
            other => (format!("{other:?}"), None),
        };
        let after = |status, broken| how(says(Ending::Exhausted, status, broken));
        assert_eq!(after(FAILED, Some(violated())), ("data race".into(), Some(3)));
        assert_eq!(after(ABORTED, None), ("aborted".into(), None));
        assert_eq!(after(FAILED, None).0, "the test fails outside of its model");
        assert_eq!(after(0, Some(bounded(Bound::Steps))), ("endless".into(), None));
        let unsupported = Ending::Unsupported { reason: "too much".into() };
        assert!(matches!(says(Ending::Exhausted, FAILED, Some(unsupported)), Said::Nothing(_)));
        assert!(matches!(says(Ending::Exhausted, KILLED, None), Said::Nothing(_)));
    }

    #[test]
    fn a_test_that_expects_its_violation_passes() {
        assert!(matches!(says(violated(), 0, Some(violated())), Said::Passes { .. }));
    }

    #[test]
    fn a_search_that_is_cut_off_says_nothing_unless_it_was_so_before() {
        let is_cut = |unbroken, broken| match says(unbroken, 0, Some(broken)) {
            Said::Passes { cut_off, .. } => cut_off.is_some(),
            other => panic!("{other:?}"),
        };
        assert!(is_cut(Ending::Exhausted, bounded(Bound::Executions)));
        assert!(is_cut(Ending::Exhausted, bounded(Bound::Memory)));
        assert!(!is_cut(bounded(Bound::Time), bounded(Bound::Executions)));
        assert!(!is_cut(Ending::Exhausted, bounded(Bound::Rounds)));
    }
}
