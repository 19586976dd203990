//! `drawloom mutants`: breaks every synchronisation operation of the core, one at a time, and shows
//! which model noticed. With `--crate`, those of somebody's crate; `krate` does that.

use std::io::{self, BufRead, BufReader};
use std::process::Command;
use std::thread;

use clap::Args;
use drawloom::engine::mutation::{self, Mutant, Row, Runner, Suite};
use drawloom::report::{
    Matrix, Weights, render_lines, render_survivors_github, render_survivors_sarif,
};

use super::choice::{Choice, Format, Site};
use super::crate_error::CrateError;
use super::error::{Error, Exit, NoMutants};
use super::given::Given;
use super::journal::{Journal, fingerprint};
use super::krate::{self, CrateOptions, SELECTION};
use super::rows::{Header, MutantShards, Rows, bar};
use super::say;

#[derive(Args)]
#[command(after_help = "\
Examples:
  drawloom mutants --quick                         one mutant for each operation of the core
  drawloom mutants --site vm/threads.rs --weights  every model against those of one file
  drawloom mutants --crate path/to/crate           those of a crate that has loom tests")]
pub(super) struct Options {
    #[command(flatten)]
    pub(super) choice: Choice,
    /// The seed of everything that is drawn at random
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    #[command(flatten)]
    of_crate: CrateOptions,
}

impl Options {
    /// Errors in the options that are known before anything runs.
    fn objection(&self, suite: &Suite) -> Option<NoMutants> {
        if cfg!(not(any(feature = "heddle", feature = "loom", feature = "shuttle"))) {
            return Some(NoMutants::Engine);
        }
        let Site { file, .. } = self.choice.site.as_ref()?;
        if suite.sources.iter().any(|source| source.has_name(file)) {
            return None;
        }
        let known: Vec<&str> = suite.sources.iter().map(|source| source.file.as_str()).collect();
        Some(NoMutants::Source { file: file.clone(), known: known.join(", ") })
    }
}

/// The work of a child of `drawloom mutants`: makes the attempts that it reads, one per line.
pub(super) fn work() -> Result<Exit, Error> {
    let served =
        requests().and_then(|it| mutation::serve(&mutation::core(), it, io::stdout().lock()));
    served.map(|()| Exit::Fine).map_err(Error::Worker)
}

/// The attempts that come in. A separate thread reads them, so that it notices when the parent is gone,
/// even during an attempt, whose result is then useless.
fn requests() -> io::Result<impl BufRead> {
    let (requests, mut passed_on) = io::pipe()?;
    thread::spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut passed_on);
        std::process::exit(0);
    });
    Ok(BufReader::new(requests))
}

/// Runs the mutants, or takes their results from shards.
pub(super) fn mutants(
    options: &Options,
    given: &Given,
    shards: Option<&MutantShards>,
) -> Result<Exit, Error> {
    options.choice.can_be_written()?;
    if given.has("width") && options.choice.format != Format::Text {
        return Err(Error::WidthOfText);
    }
    if let Some(path) = &options.of_crate.path {
        if given.has("seed") {
            return Err(CrateError::NotForCrates { option: "seed" }.into());
        }
        return krate::mutants(&options.choice, &options.of_crate, path, given, shards);
    }
    let of_crates = ["dependencies", "executions", "weakest"];
    if let Some(option) = SELECTION.iter().chain(&of_crates).find(|option| given.has(option)) {
        return Err(CrateError::OnlyForCrates { option: format!("--{option} is") }.into());
    }
    if options.of_crate.selection.has_arguments() {
        return Err(CrateError::OnlyForCrates { option: "arguments after -- are".into() }.into());
    }
    of_core(options, given, shards)
}

fn of_core(options: &Options, given: &Given, shards: Option<&MutantShards>) -> Result<Exit, Error> {
    let choice = &options.choice;
    let executable = std::env::current_exe().map_err(NoMutants::Executable)?;
    let command = || {
        let mut command = Command::new(&executable);
        command.arg("mutants-worker");
        command
    };
    let suite = mutation::core();
    if let Some(objection) = options.objection(&suite) {
        return Err(objection.into());
    }
    if cfg!(not(all(feature = "heddle", feature = "loom", feature = "shuttle"))) {
        say("note: this drawloom was built without one of its engines: more survives\n");
    }
    let journal = match (&choice.resume, shards) {
        (_, Some(shards)) => {
            shards.suits(&fingerprint(&[&executable])?)?;
            None
        }
        (None, None) => None,
        (Some(path), None) => {
            let (of, command) = (fingerprint(&[&executable])?, given.of_all_processes());
            let header = Header::new(of, options.seed, choice.weights, command, choice.shard);
            Some(Journal::open(path, &header)?)
        }
    };
    let runner_options = mutation::Options {
        seed: options.seed,
        jobs: super::jobs(choice.jobs),
        time_max: choice.timeout,
        asks_all: choice.weights,
    };
    let runner = Runner::new(&suite, runner_options, &command);
    let bar = bar("models", suite.models.len());
    let discovery = runner.discover(&|| bar.inc(1))?;
    bar.finish_and_clear();

    let mutants = choice.wanted(&suite, &discovery);
    if mutants.is_empty() {
        return Err(NoMutants::Operation.into());
    }
    let run = |fresh: &[Mutant], done: &(dyn Fn(&Row) + Sync)| runner.run(&discovery, fresh, done);
    let all = Rows::new(mutants, choice, journal.as_ref(), shards, &suite, &run);
    let (rows, missing, seed) = (&all.list, &all.missing, Some(options.seed));
    let matrix = Matrix { suite: &suite, discovery: &discovery, rows, seed, missing };
    let text = match choice.format {
        Format::Json => matrix.to_json(),
        Format::Github => render_survivors_github(&matrix),
        Format::Sarif => render_survivors_sarif(&matrix),
        Format::Markdown if choice.weights => Weights::new(&matrix).to_markdown(),
        Format::Markdown => matrix.to_markdown(),
        Format::Text => {
            let lines = if choice.weights { Weights::new(&matrix).lines() } else { matrix.lines() };
            render_lines(&lines, choice.lines.style())
        }
    };
    let told = all.made.told(&matrix, &text);
    choice.write_page(&matrix, "drawloom mutants")?;
    told
}
