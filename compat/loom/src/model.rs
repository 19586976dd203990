//! Checks models: closures that are run once in each execution.

use std::env;
use std::fmt::Display;
use std::io::Write as _;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use drawloom::engine::heddle::Heddle;
use drawloom::suite::{Accepted, Checked, Failed, Suite, is_first};

/// The limit on operations in an execution, unless `max_branches` is larger.
const STEPS_MAX: usize = 100_000;

/// How a model is checked. The fields are loom's; what each does here is said there.
#[derive(Debug)]
#[non_exhaustive]
pub struct Builder {
    /// Does nothing: there is no limit on threads.
    pub max_threads: usize,

    /// A limit on the operations of an execution, if it is larger than the limit of 100,000 that there is anyway. A
    /// model that ends does not fail because of it.
    ///
    /// By default `LOOM_MAX_BRANCHES`.
    pub max_branches: usize,

    /// The number of executions after which the search ends, and the model passes.
    ///
    /// By default `LOOM_MAX_PERMUTATIONS`.
    pub max_permutations: Option<usize>,

    /// The time after which the search ends, and the model passes.
    ///
    /// By default `LOOM_MAX_DURATION`, in seconds.
    pub max_duration: Option<Duration>,

    /// Leaves nothing out: the search runs all executions, with any number of preemptions. But if this is given, the
    /// search has a limit on its time: `DRAWLOOM_TIME`, or ten seconds. Half of it is for a search within the bound. If
    /// that ends and has left something out, the model is searched without the bound in the rest. When the time is up,
    /// executions are drawn at random for a quarter of it, and the model passes.
    ///
    /// By default `LOOM_MAX_PREEMPTIONS`.
    pub preemption_bound: Option<usize>,

    /// Does nothing: a failure ends with the line that runs its execution again.
    ///
    /// By default `LOOM_CHECKPOINT_FILE`.
    pub checkpoint_file: Option<PathBuf>,

    /// Does nothing.
    ///
    /// By default `LOOM_CHECKPOINT_INTERVAL`.
    pub checkpoint_interval: usize,

    /// Leaves nothing out: the search varies the order of all operations. But its time is limited as by a preemption bound.
    pub expect_explicit_explore: bool,

    /// Does nothing: places are always known.
    ///
    /// By default whether `LOOM_LOCATION` is set.
    pub location: bool,

    /// Does nothing: a failure shows its execution.
    ///
    /// By default whether `LOOM_LOG` is set.
    pub log: bool,
}

impl Builder {
    /// The default settings, from the environment.
    ///
    /// # Panics
    /// If one of the variables has a value that cannot be read.
    #[track_caller]
    pub fn new() -> Builder {
        Builder {
            max_threads: 5,
            max_branches: of_environment("LOOM_MAX_BRANCHES").unwrap_or(1_000),
            max_permutations: of_environment("LOOM_MAX_PERMUTATIONS"),
            max_duration: of_environment("LOOM_MAX_DURATION").map(Duration::from_secs),
            preemption_bound: of_environment("LOOM_MAX_PREEMPTIONS"),
            checkpoint_file: of_environment("LOOM_CHECKPOINT_FILE"),
            checkpoint_interval: of_environment("LOOM_CHECKPOINT_INTERVAL").unwrap_or(20_000),
            expect_explicit_explore: false,
            location: env::var_os("LOOM_LOCATION").is_some(),
            log: env::var_os("LOOM_LOG").is_some(),
        }
    }

    /// Sets the checkpoint file, which does nothing.
    pub fn checkpoint_file(&mut self, file: &str) -> &mut Self {
        self.checkpoint_file = Some(file.into());
        self
    }

    /// Runs a model in every execution, as far as the bounds let it, and says in one line what it did. If the model has
    /// checked nothing, there is a warning, also when the output of tests that pass is not shown.
    ///
    /// # Panics
    /// With the counterexample, if an execution shows a violation.
    #[track_caller]
    pub fn check<F>(&self, model: F)
    where
        F: Fn() + Sync + Send + 'static,
    {
        self.say_what_does_nothing();
        let Checked { summary, warning, .. } = match self.suite().check(model) {
            Ok(checked) => checked,
            Err(Failed { shown, message, .. }) => {
                eprintln!("{shown}");
                panic!("{message}")
            }
        };
        // The one is shown with the output of the test, the other in any case.
        eprintln!("{summary}");
        if let Some(warning) = warning {
            say(&warning);
        }
    }

    fn suite(&self) -> Suite {
        let steps_max = self.max_branches.max(STEPS_MAX);
        // As in loom, a future is polled once more without a cause, and a model of one execution is run once.
        let engine = Heddle::default().polls_again(true).repeats_single(false);
        let mut engine = engine.steps_max(steps_max);
        if let Some(executions) = self.max_permutations {
            engine = engine.executions_max(executions as u64);
        }
        if let Some(time) = self.max_duration {
            engine = engine.time_max(time);
        }
        let explicit = || Accepted::Other("explicit exploration".to_owned());
        let explicit = self.expect_explicit_explore.then(explicit);
        let bound = self.preemption_bound.map(Accepted::Preemptions);
        let accepted = bound.or(explicit);
        Suite { tool: "loom", engine, accepted }
    }

    fn say_what_does_nothing(&self) {
        if self.checkpoint_file.is_some() {
            say_once(
                "loom: checkpoint files do nothing here: a failure says how to run its execution again",
            );
        }
        if self.log || self.location {
            say_once(
                "loom: LOOM_LOG and LOOM_LOCATION do nothing here: a failure shows its execution with its places",
            );
        }
    }
}

impl Default for Builder {
    #[track_caller]
    fn default() -> Self {
        Builder::new()
    }
}

/// The value of a variable, if it is set.
#[track_caller]
fn of_environment<T: FromStr<Err: Display>>(name: &str) -> Option<T> {
    let text = env::var(name).ok()?;
    match text.parse() {
        Ok(value) => Some(value),
        Err(error) => panic!("invalid value for `{name}`: {error}: {text}"),
    }
}

/// Writes a line to the error output, also if the output of tests that pass is not shown.
fn say(line: &str) {
    // If it cannot be written, nobody can be told that.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The same, once in the process.
fn say_once(line: &str) {
    if is_first(line) {
        say(line);
    }
}

/// Runs a model in every execution: [`Builder::check`] with the settings of the environment.
///
/// # Panics
/// With the counterexample, if an execution shows a violation.
#[track_caller]
pub fn model<F>(model: F)
where
    F: Fn() + Sync + Send + 'static,
{
    Builder::new().check(model);
}
