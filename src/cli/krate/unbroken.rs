//! The tests of a crate while nothing is broken: which of them pass, what they check, and which operations they reach.

use std::time::Duration;

use drawloom::record::{Ending, ModelRun};
use drawloom::verdict::Bound;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::attempt::{Answer, Wish, attempt};
use super::build::{Built, Test};
use super::process::Ended;
use super::shadow::Shadow;
use crate::cli::crate_error::CrateError;

/// A test that passes and has checked a model.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Witness {
    pub(super) test: Test,
    /// The searches of its models, in the order in which they ended.
    pub(super) runs: Vec<ModelRun>,
    /// How long the test took.
    pub(super) time: Duration,
}

impl Witness {
    /// The executions of all its models: what it costs to ask, the same in every run if the searches come to their end.
    pub(super) fn executions(&self) -> u64 {
        self.runs.iter().map(|run| run.executions).sum()
    }

    /// The number of its models.
    pub(super) fn models(&self) -> usize {
        self.runs.iter().filter(|run| !run.is_only_first()).count()
    }
}

/// A test that fails, or has checked no model.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct LeftOut {
    pub(super) test: Test,
    pub(super) why: String,
    /// Whether it fails, so that the crate is wrong already.
    pub(super) fails: bool,
    /// Whether it was still running when its time was up.
    pub(super) has_no_end: bool,
    /// What it has checked before.
    pub(super) runs: Vec<ModelRun>,
    /// What it wrote.
    pub(super) output: String,
}

/// All tests of a crate.
#[derive(Debug, Default)]
pub(super) struct Unbroken {
    /// Those with the fewest executions first.
    pub(super) witnesses: Vec<Witness>,
    pub(super) left_out: Vec<LeftOut>,
}

/// Limits on the tests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// For each model's search.
    pub(super) search_time_max: Duration,
    /// For each test.
    pub(super) time_max: Duration,
    /// For each model's search, if the user gives one.
    pub(super) executions_max: Option<u64>,
    pub(super) jobs: usize,
}

/// What a search may leave out that comes to its end.
const LEFT_OUT: [Bound; 8] = [
    Bound::Unwinding,
    Bound::Yields,
    Bound::Uncaused,
    Bound::TimeOuts,
    Bound::Rounds,
    Bound::Preemptions,
    Bound::Chance,
    Bound::Orderings,
];

/// Whether a search has not come to its end, because something was used up or it could not be made.
pub(super) fn is_cut_off(run: &ModelRun) -> bool {
    match &run.ending {
        Ending::Bounded { stopped_by, .. } => {
            !LEFT_OUT.iter().any(|bound| bound.name() == stopped_by)
        }
        Ending::Unsupported { .. } => true,
        Ending::Exhausted | Ending::Searched { .. } | Ending::Violated { .. } => false,
    }
}

impl Unbroken {
    /// Whether no search was cut off.
    pub(super) fn is_whole(&self) -> bool {
        !self.witnesses.iter().flat_map(|witness| &witness.runs).any(is_cut_off)
    }

    /// Runs every test once. `done` is called after each.
    ///
    /// # Errors
    /// A test cannot be started, or its record cannot be read.
    pub(super) fn run(
        built: &Built,
        shadow: &Shadow,
        limits: Limits,
        operations: bool,
        done: &(dyn Fn() + Sync),
    ) -> Result<Self, CrateError> {
        let wish = Wish {
            mutants: &[],
            operations,
            executions_max: limits.executions_max,
            search_time_max: limits.search_time_max,
            time_max: limits.time_max,
        };
        let answers: Result<Vec<Answer>, CrateError> = on_cores(limits.jobs, || {
            let answer = |test: &Test| {
                let answer = attempt(built, test, &shadow.scratch, &wish);
                done();
                answer
            };
            built.tests.par_iter().map(answer).collect()
        });
        let mut all = Unbroken::default();
        for (test, answer) in built.tests.iter().zip(answers?) {
            all.add(test.clone(), answer, limits.time_max);
        }
        all.witnesses.sort_by_cached_key(|it| (it.executions(), it.test.title.clone()));
        Ok(all)
    }

    /// Why no test of the package can tell anything.
    pub(super) fn nothing_to_ask(&self, package: &str) -> CrateError {
        let mut reasons: Vec<&str> = self.left_out.iter().map(|it| it.why.as_str()).collect();
        reasons.sort_unstable();
        reasons.dedup();
        let (package, tests) = (package.to_owned(), self.left_out.len());
        CrateError::NothingToAsk { package, tests, why: reasons.join("; ") }
    }

    fn add(&mut self, test: Test, Answer { ended, runs }: Answer, time_max: Duration) {
        let seconds = time_max.as_secs_f32();
        let has_no_end = matches!(ended, Ended::TimeOut);
        let (why, fails, output) = match ended {
            Ended::Exited { status, time, .. } if status.success() && !runs.is_empty() => {
                self.witnesses.push(Witness { test, runs, time });
                return;
            }
            Ended::Exited { status, output, .. } if status.success() => {
                ("it checks no model".to_owned(), false, output)
            }
            Ended::Exited { status, output, .. } => {
                (format!("it fails while nothing is broken: {}", how(&runs, status)), true, output)
            }
            Ended::TimeOut => (format!("it takes more than {seconds} s"), false, String::new()),
        };
        self.left_out.push(LeftOut { test, why, fails, has_no_end, runs, output });
    }
}

/// How a test that fails has ended, in words.
fn how(runs: &[ModelRun], status: std::process::ExitStatus) -> String {
    match runs.last().map(|run| &run.ending) {
        Some(Ending::Violated { violation, message, .. }) => {
            let first = message.lines().next().unwrap_or_default();
            if first.starts_with(violation.as_str()) {
                first.to_owned()
            } else {
                format!("{violation}: {first}")
            }
        }
        Some(Ending::Unsupported { reason }) => reason.clone(),
        _ => status.to_string(),
    }
}

/// Does work on so many threads.
pub(super) fn on_cores<R: Send>(jobs: usize, work: impl FnOnce() -> R + Send) -> R {
    match rayon::ThreadPoolBuilder::new().num_threads(jobs).build() {
        Ok(pool) => pool.install(work),
        // The system refuses threads, so this thread does the work.
        Err(_) => work(),
    }
}
