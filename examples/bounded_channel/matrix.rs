//! Is every lock of the channel needed, and every notification? Each operation is broken, in every
//! way that applies, and some model must notice.

use std::collections::BTreeMap;
use std::error::Error;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Duration;
use std::{env, io, thread};

use drawloom::engine::mutation::{self, Model, Options, Runner, Source, Suite};
use drawloom::engine::{Body, World};
use drawloom::report::Matrix;

use super::{loom, shuttle};

/// The argument of a child process.
pub const WORKER: &str = "worker";

/// What is broken, and who is to notice.
fn suite() -> Suite {
    let worlds = loom::models::MODELS.iter().zip(shuttle::models::MODELS);
    let models = worlds.map(|(&(name, in_loom), &(_, in_shuttle))| Model {
        name: name.to_owned(),
        sometimes: Vec::new(),
        preemptions_max: None,
        bodies: BTreeMap::from([
            (World::Loom, Arc::new(in_loom) as Body),
            (World::Shuttle, Arc::new(in_shuttle) as Body),
        ]),
    });
    let channel = Source {
        file: "examples/bounded_channel/channel.rs".to_owned(),
        text: include_str!("channel.rs").to_owned(),
    };
    Suite { models: models.collect(), sources: vec![channel], equivalents: Vec::new() }
}

/// What a child does: one attempt after the other, as they come in.
pub fn work() -> ExitCode {
    match mutation::serve(&suite(), io::stdin().lock(), io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Runs every mutant, and prints who noticed; whether all were noticed.
pub fn every_mutant_is_noticed() -> Result<bool, Box<dyn Error>> {
    let program = env::current_exe()?;
    let command = || {
        let mut command = Command::new(&program);
        command.arg(WORKER);
        command
    };
    let options = Options {
        seed: 1,
        jobs: thread::available_parallelism().map_or(1, usize::from),
        time_max: Duration::from_hours(1),
        asks_all: false,
    };
    let suite = suite();
    let runner = Runner::new(&suite, options, &command);
    let discovery = runner.discover(&|| ())?;
    let rows = runner.run(&discovery, &discovery.mutants, &|_| ());
    let matrix = Matrix {
        suite: &suite,
        discovery: &discovery,
        rows: &rows,
        seed: Some(options.seed),
        missing: &[],
    };
    print!("\n{}", matrix.to_text());
    Ok(matrix.totals().is_clean() && is_documented(&matrix.to_markdown()))
}

/// The walk-through shows this matrix, without the columns that differ from run to run.
fn is_documented(matrix: &str) -> bool {
    let is_there = include_str!("../../docs/CHECK_YOUR_CODE.md").contains(matrix);
    if !is_there {
        println!("\ndocs/CHECK_YOUR_CODE.md has another matrix than this:\n\n{matrix}");
    }
    is_there
}
