//! How bodies are run.

use std::path::PathBuf;
use std::time::Duration;

/// How a body is run. The fields are shuttle's; what each does here is said there.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The size of a thread's stack in bytes, if it is larger than 1 MiB, which a stack has anyway.
    pub stack_size: usize,

    /// Whether the schedule of a failure is written to a file. The error output has it in any case.
    pub failure_persistence: FailurePersistence,

    /// The limit on operations in an execution.
    pub max_steps: MaxSteps,

    /// The time after which the search ends, and the body passes. An execution is cut off when it is up.
    pub max_time: Option<Duration>,

    /// Does nothing: there are no warnings of what shuttle warns of.
    pub silence_warnings: bool,

    /// Does nothing: nothing is traced.
    pub record_steps_in_span: bool,
}

impl Config {
    /// The default settings.
    pub fn new() -> Self {
        Config {
            stack_size: 0xf000,
            failure_persistence: FailurePersistence::Print,
            max_steps: MaxSteps::FailAfter(1_000_000),
            max_time: None,
            silence_warnings: false,
            record_steps_in_span: false,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Config::new()
    }
}

/// What becomes of the schedule of a failure, besides that the failure shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailurePersistence {
    /// Nothing.
    None,
    /// Nothing.
    Print,
    /// It is written to a new file `scheduleN.txt` in this folder, or in the current one, for
    /// [`replay_from_file`](crate::replay_from_file).
    File(Option<PathBuf>),
}

/// A limit on the operations in an execution, and what happens when one is longer, and so is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MaxSteps {
    /// There is none.
    None,
    /// The body fails.
    FailAfter(usize),
    /// The search goes on with another execution. If no execution ends, the body fails.
    ContinueAfter(usize),
}
