//! `drawloom mutants`: breaks every synchronisation operation of the core, one at a time, and shows
//! which model noticed. With `--crate`, those of somebody's crate; `krate` does that.

use std::io::{self, BufRead, BufReader};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use drawloom::engine::mutation::{
    self, Discovery, Judged, Mutant, Operator, Outcome, Row, Runner, Suite, judge,
};
use drawloom::report::{Matrix, Weights};
use indicatif::{ProgressBar, ProgressStyle};

use super::error::{Error, Exit, NoMutants};
use super::given::Given;
use super::krate::{self, CrateError, CrateOptions, SELECTION};
use super::output::write;
use super::resume::{Journal, JournalError, fingerprint};
use super::{say, values};

#[derive(Args)]
pub(super) struct Options {
    /// Break only operations in this file, or in one line of it
    #[arg(long, value_name = "FILE[:LINE]")]
    pub(super) site: Option<Site>,
    /// Break operations only in this way
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(Operator::NAMES))]
    operator: Option<String>,
    /// The seed of everything that is drawn at random
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Try one mutant for each operation, instead of all
    #[arg(long)]
    quick: bool,
    /// Run every model against every mutant, and show which models are needed
    #[arg(long, conflicts_with = "quick")]
    pub(super) weights: bool,
    /// Keep results in a file, and continue from there the next time
    #[arg(long, value_name = "FILE")]
    pub(super) resume: Option<PathBuf>,
    /// How many child processes work at once [default: one per core]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) jobs: Option<u16>,
    /// Time that one mutant may take
    #[arg(long, value_name = "TIME", value_parser = values::duration, default_value = "5m")]
    pub(super) timeout: Duration,
    /// How the matrix is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) of_crate: CrateOptions,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Plain text
    Text,
    /// One JSON object
    Json,
    /// The tables of docs/MUTANTS.md
    Markdown,
}

/// A file, named by the end of its path, and optionally a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Site {
    pub(super) file: String,
    line: Option<u32>,
}

impl std::str::FromStr for Site {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.rsplit_once(':') {
            Some((file, line)) => {
                let line = line.parse().map_err(|_| format!("'{line}' is no line's number"))?;
                Ok(Site { file: file.to_owned(), line: Some(line) })
            }
            None => Ok(Site { file: text.to_owned(), line: None }),
        }
    }
}

impl Options {
    fn is_wanted(&self, suite: &Suite, mutant: &Mutant) -> bool {
        let operation = &mutant.operation;
        let is_there = self.site.as_ref().is_none_or(|Site { file, line }| {
            suite.source(operation).is_some_and(|source| source.has_name(file))
                && line.is_none_or(|it| it == operation.line)
        });
        let is_so = self.operator.as_ref().is_none_or(|name| name == mutant.operator.name());
        is_there && is_so
    }

    /// The mutants that the options choose.
    pub(super) fn wanted(&self, suite: &Suite, discovery: &Discovery) -> Vec<Mutant> {
        if self.quick {
            let is_wanted =
                |it: &Mutant| self.is_wanted(suite, it) && suite.equivalent(it).is_none();
            return discovery.one_of_each(is_wanted);
        }
        discovery.mutants.iter().filter(|it| self.is_wanted(suite, it)).cloned().collect()
    }

    /// Errors in the options that are known before anything runs.
    fn objection(&self, suite: &Suite) -> Option<NoMutants> {
        if cfg!(not(any(feature = "heddle", feature = "loom", feature = "shuttle"))) {
            return Some(NoMutants::Engine);
        }
        let Site { file, .. } = self.site.as_ref()?;
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

/// Runs the mutants.
pub(super) fn mutants(options: &Options, given: &Given) -> Result<Exit, Error> {
    if let Some(path) = &options.of_crate.path {
        if given.has("seed") {
            return Err(CrateError::NotForCrates { option: "seed" }.into());
        }
        return krate::mutants(options, path);
    }
    let of_crates = ["dependencies", "executions", "weakest"];
    if let Some(option) = SELECTION.iter().chain(&of_crates).find(|option| given.has(option)) {
        return Err(CrateError::OnlyForCrates { option: format!("--{option} is") }.into());
    }
    if options.of_crate.selection.has_arguments() {
        return Err(CrateError::OnlyForCrates { option: "arguments after -- are".into() }.into());
    }
    of_core(options)
}

fn of_core(options: &Options) -> Result<Exit, Error> {
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
    let journal = match &options.resume {
        Some(path) => {
            let executable = fingerprint(&[&executable])?;
            Some(Journal::open(path, executable, options.seed, options.weights)?)
        }
        None => None,
    };
    let runner_options = mutation::Options {
        seed: options.seed,
        jobs: super::jobs(options.jobs),
        time_max: options.timeout,
        asks_all: options.weights,
    };
    let runner = Runner::new(&suite, runner_options, &command);
    let bar = bar("models", suite.models.len());
    let discovery = runner.discover(&|| bar.inc(1))?;
    bar.finish_and_clear();

    let mutants = options.wanted(&suite, &discovery);
    if mutants.is_empty() {
        return Err(NoMutants::Operation.into());
    }
    let run = |fresh: &[Mutant], done: &(dyn Fn(&Row) + Sync)| runner.run(&discovery, fresh, done);
    let (rows, failure) = kept_rows(journal.as_ref(), &mutants, &suite, &run);
    let seed = Some(options.seed);
    let matrix = Matrix { suite: &suite, discovery: &discovery, rows: &rows, seed };
    write(&match options.format {
        Format::Json => matrix.to_json(),
        Format::Markdown if options.weights => Weights::new(&matrix).to_markdown(),
        Format::Markdown => matrix.to_markdown(),
        Format::Text if options.weights => Weights::new(&matrix).to_text(),
        Format::Text => matrix.to_text(),
    })?;
    finish(&matrix, failure)
}

/// The exit for a matrix, or why not all of it was kept.
pub(super) fn finish(matrix: &Matrix<'_>, failure: Option<JournalError>) -> Result<Exit, Error> {
    failure.map_or(Ok(()), Err)?;
    let totals = matrix.totals();
    Ok(match totals.survived + totals.not_equivalent {
        0 if totals.unjudged == 0 => Exit::Fine,
        0 => Exit::Unfinished,
        _ => Exit::Failed,
    })
}

/// Makes rows for mutants, and calls the function with each as it is ready.
pub(super) type Run<'r> = dyn Fn(&[Mutant], &(dyn Fn(&Row) + Sync)) -> Vec<Row> + 'r;

/// The rows of these mutants, taken from the journal where it has them and made by `run` where not, and why not all
/// could be kept.
pub(super) fn kept_rows(
    journal: Option<&Journal>,
    mutants: &[Mutant],
    suite: &Suite,
    run: &Run<'_>,
) -> (Vec<Row>, Option<JournalError>) {
    let known = journal.map_or(&[][..], Journal::rows);
    let is_new = |mutant: &&Mutant| known.iter().all(|row| row.mutant != **mutant);
    let fresh: Vec<Mutant> = mutants.iter().filter(is_new).cloned().collect();
    let bar = bar("mutants", mutants.len());
    bar.inc((mutants.len() - fresh.len()) as u64);
    let failure = Mutex::new(None);
    let mut rows = run(&fresh, &|row| {
        // A mutant that ran out of time is tried again the next time.
        let is_final = !matches!(row.outcome, Outcome::Unjudged { .. });
        if let Some(journal) = journal
            && is_final
            && let Err(error) = journal.append(row)
            && let Ok(mut failure) = failure.lock()
        {
            *failure = Some(error);
        }
        if judge(suite, row) == Judged::Survived {
            bar.println(format!("survived: {}", row.mutant));
        }
        bar.inc(1);
    });
    bar.finish_and_clear();
    rows.extend(known.iter().filter(|row| mutants.contains(&row.mutant)).cloned());
    rows.sort_by(|a, b| a.mutant.rank().cmp(&b.mutant.rank()));
    // Two runs at once may both have recorded the same mutant.
    rows.dedup_by(|later, earlier| later.mutant == earlier.mutant);
    (rows, failure.into_inner().ok().flatten())
}

/// Writes a line to stderr, if that is a terminal.
pub(super) fn bar(things: &'static str, count: usize) -> ProgressBar {
    let bar = ProgressBar::new(count as u64);
    let template = "{spinner} {pos}/{len} {msg} {wide_bar} {elapsed}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(things);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_a_file_and_perhaps_a_line() {
        let site = |file: &str, line| Ok(Site { file: file.into(), line });
        assert_eq!("vm/trap.rs".parse(), site("vm/trap.rs", None));
        assert_eq!("trap.rs:12".parse(), site("trap.rs", Some(12)));
        assert!("trap.rs:x".parse::<Site>().is_err());
    }
}
