//! One test in a process of its own, with what it is asked to do, and what it answers.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use drawloom::engine::mutation::Mutant;
use drawloom::record::{ModelRun, asked};

use super::build::{Built, Test};
use super::process::{Ended, run};
use crate::cli::crate_error::CrateError;

/// What a test process is asked to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish<'m> {
    /// The operations that are broken.
    pub(super) mutants: &'m [Mutant],
    /// Whether the operations that it performs are wanted.
    pub(super) operations: bool,
    /// The limit on the executions of each model.
    pub(super) executions_max: Option<u64>,
    /// The limit on the time of each model's search; executions are drawn after that.
    pub(super) search_time_max: Duration,
    /// The limit on the time of the process.
    pub(super) time_max: Duration,
}

/// How the process ended, and the models that it has searched.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) ended: Ended,
    pub(super) runs: Vec<ModelRun>,
}

/// Runs a test.
///
/// # Errors
/// It cannot be started, or it has recorded what cannot be read.
pub(super) fn attempt(
    built: &Built,
    test: &Test,
    scratch: &Path,
    wish: &Wish<'_>,
) -> Result<Answer, CrateError> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    // ORDER: Relaxed, no edge: a number of its own for each file.
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let record = scratch.join(format!("record-{}-{number}", std::process::id()));
    let mut command = built.command(test);
    command.env(asked::RECORD, &record);
    command.env("DRAWLOOM_TIME", format!("{}ms", wish.search_time_max.as_millis()));
    command.env(asked::OPERATIONS, if wish.operations { "1" } else { "0" });
    match wish.executions_max {
        Some(max) => command.env(asked::EXECUTIONS, max.to_string()),
        None => command.env_remove(asked::EXECUTIONS),
    };
    let mutants = serde_json::to_string(wish.mutants).expect("texts and numbers");
    command.env(asked::MUTANT, if wish.mutants.is_empty() { "" } else { &mutants });
    let ended = run(command, wish.time_max);
    let text = fs::read_to_string(&record);
    // A test without a model records nothing.
    let _ = fs::remove_file(&record);
    let runs = read(&record, &text.unwrap_or_default())?;
    Ok(Answer { ended: ended?, runs })
}

/// The runs in a record. A process that was killed may have left a last line that is not whole.
fn read(path: &Path, text: &str) -> Result<Vec<ModelRun>, CrateError> {
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let run = |(at, line)| {
        let wrong = |source| CrateError::Record { path: path.to_owned(), line: at + 1, source };
        serde_json::from_str(line).map_err(wrong)
    };
    whole.lines().enumerate().map(run).collect()
}
