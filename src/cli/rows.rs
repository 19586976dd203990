//! Rows of a matrix as they are made: kept in a journal, counted on the terminal, and turned into an exit.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use drawloom::engine::mutation::{Judged, Mutant, Outcome, Row, Suite, judge};
use drawloom::guest::Share;
use drawloom::report::{Matrix, counted};
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};

use super::choice::Choice;
use super::error::{Error, Exit};
use super::journal::{self, Journal, JournalError};
use super::output::write;
use super::shard_error::ShardError;

/// The exit for a matrix.
fn exit(matrix: &Matrix<'_>) -> Exit {
    let totals = matrix.totals();
    match totals.survived + totals.not_equivalent {
        0 if totals.unjudged == 0 && matrix.missing.is_empty() => Exit::Fine,
        0 => Exit::Unfinished,
        _ => Exit::Failed,
    }
}

/// What the rows depend on.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    /// The version of this format.
    drawloom_mutants: u32,
    /// What was run: a fingerprint of the executables, and with it of the code and its models.
    executable: String,
    seed: u64,
    asks_all: bool,
    /// The arguments of the command, without those that concern one process.
    pub(super) command: Vec<String>,
    pub(super) shard: Option<Share>,
}

const VERSION: u32 = 3;

impl Header {
    pub(super) fn new(
        executable: String,
        seed: u64,
        asks_all: bool,
        command: Vec<String>,
        shard: Option<Share>,
    ) -> Self {
        Header { drawloom_mutants: VERSION, executable, seed, asks_all, command, shard }
    }

    /// Whether two shards are of the same run.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        self.command == other.command
            && self.executable == other.executable
            && self.shard.map(|it| it.shards) == other.shard.map(|it| it.shards)
    }
}

/// Which mutants are run is no part of it: a row is about one mutant.
impl journal::Header for Header {
    fn fits(&self, other: &Self) -> bool {
        (self.drawloom_mutants, &self.executable) == (other.drawloom_mutants, &other.executable)
            && (self.seed, self.asks_all, self.shard) == (other.seed, other.asks_all, other.shard)
    }
}

/// Makes rows for mutants, and calls the function with each as it is ready.
pub(super) type Run<'r> = dyn Fn(&[Mutant], &(dyn Fn(&Row) + Sync)) -> Vec<Row> + 'r;

/// The rows of the mutants that were asked for, or of the shard's part of them.
pub(super) struct Rows {
    pub(super) list: Vec<Row>,
    /// A line about each shard of which something is missing.
    pub(super) missing: Vec<String>,
    pub(super) made: Made,
}

/// How rows were made.
pub(super) struct Made {
    /// Why not all could be kept.
    failure: Option<JournalError>,
    shard: Option<Share>,
    wanted: usize,
}

impl Rows {
    /// Takes rows from the shards, if it has these; otherwise from the journal, or makes them.
    pub(super) fn new(
        mut mutants: Vec<Mutant>,
        choice: &Choice,
        journal: Option<&Journal<Row>>,
        shards: Option<&MutantShards>,
        suite: &Suite,
        run: &Run<'_>,
    ) -> Self {
        if let Some(shards) = shards {
            let (list, missing) = shards.rows(&mutants);
            let made = Made { failure: None, shard: None, wanted: mutants.len() };
            return Rows { list, missing, made };
        }
        if let Some(share) = choice.shard {
            let mut numbers = operations(&mutants).into_iter();
            mutants.retain(|_| numbers.next().is_some_and(|it| share.of(it) == share.shard));
        }
        let (list, failure) = kept_rows(journal, &mutants, suite, run);
        let made = Made { failure, shard: choice.shard, wanted: mutants.len() };
        Rows { list, missing: Vec::new(), made }
    }
}

impl Made {
    /// Writes what a command has to say: the text, or how far a shard has come, for which `merge` will write it.
    pub(super) fn told(self, matrix: &Matrix<'_>, text: &str) -> Result<Exit, Error> {
        let exit = match self.shard {
            None => {
                write(text)?;
                exit(matrix)
            }
            Some(Share { shard, shards }) => {
                let (totals, wanted) = (matrix.totals(), self.wanted);
                let survived = totals.survived + totals.not_equivalent;
                let whole = wanted - totals.unjudged;
                let is_done = if totals.unjudged == 0 { "done" } else { "not finished" };
                write(&format!(
                    "shard {shard} of {shards} is {is_done}: {whole} of its {}, {survived} survived\n",
                    counted(wanted as u64, "mutant")
                ))?;
                if totals.unjudged == 0 { Exit::Fine } else { Exit::Unfinished }
            }
        };
        self.failure.map_or(Ok(()), Err)?;
        Ok(exit)
    }
}

/// The number of each mutant's operation, from 1: a shard has all mutants of an operation, or none.
fn operations(mutants: &[Mutant]) -> Vec<u64> {
    let mut number = 0;
    let mut latest = None;
    let of = |mutant: &Mutant| {
        if latest.replace(mutant.operation.clone()).as_ref() != Some(&mutant.operation) {
            number += 1;
        }
        number
    };
    mutants.iter().map(of).collect()
}

/// The shards of one run, from their journals.
pub(super) struct MutantShards {
    header: Header,
    /// The rows of each shard.
    rows: BTreeMap<u64, Vec<Row>>,
}

impl MutantShards {
    /// `None` if the first file is no journal of mutants.
    ///
    /// # Errors
    /// A journal cannot be read, or two do not belong together.
    pub(super) fn read(paths: &[PathBuf]) -> Result<Option<Self>, Error> {
        let mut shards: Option<MutantShards> = None;
        for path in paths {
            let name = path.display().to_string();
            let first = paths[0].display().to_string();
            let (header, rows) = match journal::read::<Header, Row>(path) {
                Err(JournalError::NoJournal { .. }) if shards.is_none() => return Ok(None),
                read => read?,
            };
            let Some(Share { shard: number, shards: of }) = header.shard.filter(Share::is_one)
            else {
                return Err(ShardError::NoShard { name }.into());
            };
            match &mut shards {
                None => {
                    let rows = BTreeMap::from([(number, rows)]);
                    shards = Some(MutantShards { header, rows });
                }
                Some(all) if !header.is_beside(&all.header) => {
                    return Err(ShardError::OfAnotherSearch { name, first }.into());
                }
                Some(all) => {
                    if all.rows.insert(number, rows).is_some() {
                        let other = "another of these files".to_owned();
                        return Err(ShardError::Twice { name, other, number, of }.into());
                    }
                }
            }
        }
        Ok(shards)
    }

    /// The arguments of the command that has made the shards.
    pub(super) fn command(&self) -> &[String] {
        &self.header.command
    }

    /// # Errors
    /// The shards were made by other executables.
    pub(super) fn suits(&self, executable: &str) -> Result<(), ShardError> {
        if self.header.executable == executable { Ok(()) } else { Err(ShardError::OtherExecutable) }
    }

    fn rows(&self, mutants: &[Mutant]) -> (Vec<Row>, Vec<String>) {
        let of = self.header.shard.map_or(1, |it| it.shards);
        let share = Share { shard: 1, shards: of };
        let (mut rows, mut missing) = (Vec::new(), BTreeMap::<u64, u64>::new());
        for (mutant, operation) in mutants.iter().zip(operations(mutants)) {
            let mut known = self.rows.values().flatten();
            match known.find(|row| row.mutant == *mutant) {
                Some(row) => rows.push(row.clone()),
                None => *missing.entry(share.of(operation)).or_default() += 1,
            }
        }
        let line = |(shard, count): (u64, u64)| {
            let mutants = counted(count, "mutant");
            if self.rows.contains_key(&shard) {
                format!("shard {shard} of {of} is not finished, without {mutants}")
            } else {
                format!("shard {shard} of {of} is missing, with {mutants}")
            }
        };
        (rows, missing.into_iter().map(line).collect())
    }
}

/// The rows of these mutants, taken from the journal where it has them and made by `run` where not, and why not all
/// could be kept.
fn kept_rows(
    journal: Option<&Journal<Row>>,
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
