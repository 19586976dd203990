//! One shard of a search that several processes make: `--shard K/N --resume FILE`, for `check` and `fuzz`; and
//! what the shards have kept, put together for `merge`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Args;
use drawloom::guest::{Bound, Control, Findings, InParts, Part, Parts, Share, Traces, merge};
use drawloom::reference::Violation;
use drawloom::report::{bound_in_words, grouped};
use serde::{Deserialize, Serialize};

use super::error::{Error, Exit};
use super::given::Given;
use super::interrupt::Interrupt;
use super::journal::{self, Journal, JournalError, fingerprint_of_build};
use super::kept::{TallyRow, bound, sorted};
use super::output::write;
use super::progress::{Budget, Label, watched};
use super::shard_error::ShardError;
use super::subject::Checkable;

#[derive(Args)]
pub(super) struct ShardOptions {
    /// Search only one of N shards, so that N processes search the whole; `merge` gives the verdict
    #[arg(long, value_name = "K/N", value_parser = share, requires = "resume")]
    pub(super) shard: Option<Share>,
    /// Keep the results of the shard in a file, and continue from there the next time
    #[arg(long, value_name = "FILE", requires = "shard")]
    resume: Option<PathBuf>,
}

/// `2/8`
pub(super) fn share(text: &str) -> Result<Share, String> {
    let wrong = || "write 2/8 for the second of eight shards".to_owned();
    let (shard, shards) = text.split_once('/').ok_or_else(wrong)?;
    let number = |text: &str| text.parse().map_err(|_| wrong());
    let share = Share { shard: number(shard)?, shards: number(shards)? };
    if !(1..=Share::SHARDS_MAX).contains(&share.shards) {
        return Err(format!("there can be 1 to {} shards", Share::SHARDS_MAX));
    }
    if !share.is_one() {
        return Err(format!("the shards are numbered from 1 to {}", share.shards));
    }
    Ok(share)
}

/// What the parts of a search depend on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    /// The version of this format.
    drawloom_shard: u32,
    /// A fingerprint of this program: another one may cut a search in another place.
    build: String,
    /// The arguments of the command, without those that concern one process.
    pub(super) command: Vec<String>,
    /// The fingerprint of the program's text, its arguments and its input.
    program: String,
    pub(super) shard: Share,
}

const VERSION: u32 = 2;

impl Header {
    fn new(
        command: Vec<String>,
        checkable: &Checkable,
        shard: Share,
    ) -> Result<Self, JournalError> {
        Ok(Header {
            drawloom_shard: VERSION,
            build: fingerprint_of_build()?,
            command,
            program: format!("{:032x}", checkable.subject.fingerprint),
            shard,
        })
    }

    fn is_beside(&self, other: &Self) -> bool {
        let shard = Share { shard: self.shard.shard, ..other.shard };
        *self == Header { shard, ..other.clone() }
    }
}

impl journal::Header for Header {
    fn fits(&self, other: &Self) -> bool {
        self == other
    }
}

/// A part of a search as a journal keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    part: u64,
    parts: u64,
    is_whole: bool,
    before: Option<u64>,
    tally: TallyRow,
    traces: Option<TracesRow>,
    /// The time since the row before it, or since the process began, in microseconds.
    us: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TracesRow {
    /// Each trace, and how often it was drawn, if not once.
    known: Vec<String>,
    is_complete: bool,
}

impl Row {
    fn new(part: &Part, time: Duration) -> Self {
        let Part { number, count, is_whole, before, tally, traces } = part;
        debug_assert!(tally.gaps.is_empty() && tally.remarks.is_empty() && tally.facts.is_empty());
        Row {
            part: *number,
            parts: *count,
            is_whole: *is_whole,
            before: *before,
            tally: TallyRow::new(tally),
            traces: traces.as_ref().map(|Traces { known, is_complete }| TracesRow {
                known: sorted(known, |(trace, times)| match times {
                    1 => format!("{trace:016x}"),
                    times => format!("{trace:016x} {times}"),
                }),
                is_complete: *is_complete,
            }),
            us: u64::try_from(time.as_micros()).unwrap_or(u64::MAX),
        }
    }

    /// The part that the row is about, without the violations that are known from parts before it, which this adds to.
    fn part(
        &self,
        checkable: &Checkable,
        memory_max: usize,
        known: &mut Vec<Violation>,
    ) -> Result<Part, String> {
        let mut is_new = |violation: &Violation| {
            let is_new = !known.iter().any(|it| it.is_like(violation));
            if is_new {
                known.push(violation.clone());
            }
            is_new
        };
        let traces = self.traces.as_ref().map(|TracesRow { known, is_complete }| {
            let drawn = |text: &String| {
                let (trace, times) = text.split_once(' ').unwrap_or((text, "1"));
                let number = u64::from_str_radix(trace, 16).ok().zip(times.parse::<u32>().ok());
                let wrong = || format!("'{text}' is no trace");
                number.map(|(trace, times)| (trace, u64::from(times))).ok_or_else(wrong)
            };
            let known: Result<HashMap<u64, u64>, String> = known.iter().map(drawn).collect();
            known.map(|known| Traces { known, is_complete: *is_complete })
        });
        Ok(Part {
            number: self.part,
            count: self.parts,
            is_whole: self.is_whole,
            before: self.before,
            tally: self.tally.tally(checkable, memory_max, &mut is_new)?,
            traces: traces.transpose()?,
        })
    }

    /// Whether it can be a row of this shard.
    ///
    /// # Errors
    /// Why not.
    fn fits(&self, share: Share) -> Result<(), String> {
        /// More than any journal has. With fewer executions than that in each, nothing overflows.
        const PARTS_MAX: u64 = 1 << 23;
        const EXECUTIONS_MAX: u64 = 1 << 40;
        let Row { part, parts, .. } = *self;
        let TallyRow { executions, blocked, ref outcomes, .. } = self.tally;
        if part >= parts || parts > PARTS_MAX || !share.has(part) {
            let Share { shard, shards } = share;
            return Err(format!("is no part of shard {shard} of {shards}, out of {parts} parts"));
        }
        let counts = outcomes.iter().map(|it| it.executions).chain([blocked]);
        if executions > EXECUTIONS_MAX || counts.clone().any(|count| count > EXECUTIONS_MAX) {
            return Err("has more executions than can be counted".to_owned());
        }
        let outcomes: u64 = outcomes.iter().map(|it| it.executions).sum();
        if outcomes != executions {
            return Err(format!("has {executions} executions, and {outcomes} in its outcomes"));
        }
        Ok(())
    }

    fn has_violation(&self) -> bool {
        !self.tally.violations.is_empty()
    }
}

/// Keeps the parts of a shard in its journal.
struct Kept<'j> {
    journal: &'j Journal<Row>,
    keeps_going: bool,
    state: Mutex<State>,
}

struct State {
    /// The rows of the shard, by part. What is not whole is made again.
    rows: BTreeMap<u64, Row>,
    latest: Instant,
    failure: Option<JournalError>,
}

/// The first part with a violation, if that ends the search.
fn end(rows: &BTreeMap<u64, Row>, keeps_going: bool) -> Option<u64> {
    let mut violated = rows.values().filter(|row| row.has_violation());
    violated.next().filter(|_| !keeps_going).map(|row| row.part)
}

impl Parts for Kept<'_> {
    fn is_done(&self, part: u64) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_whole = state.rows.get(&part).is_some_and(|row| row.is_whole);
        let end = || end(&state.rows, self.keeps_going);
        is_whole || state.failure.is_some() || end().is_some_and(|end| end < part)
    }

    fn done(&self, part: Part) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let row = Row::new(&part, now - state.latest);
        state.latest = now;
        if let Err(error) = self.journal.append(&row) {
            state.failure.get_or_insert(error);
        }
        state.rows.insert(row.part, row);
    }
}

/// Runs a shard, and says how far it has come. A shard that has done its work is fine, whatever it has found:
/// `merge` gives the verdict.
pub(super) fn run(
    engine: &dyn InParts,
    checkable: &Checkable,
    options: &ShardOptions,
    given: &Given,
    interrupt: &Interrupt,
    budget: Budget,
) -> Result<Exit, Error> {
    can_be_shared(given)?;
    let (Some(share), Some(path)) = (options.shard, &options.resume) else {
        unreachable!("one option requires the other");
    };
    let header = Header::new(given.of_all_processes(), checkable, share)?;
    let journal: Journal<Row> = Journal::open(path, &header)?;
    for row in journal.rows() {
        let name = || path.display().to_string();
        let wrong = |reason| ShardError::Part { name: name(), part: row.part, reason };
        row.fits(share).map_err(wrong)?;
    }
    let rows = journal.rows().iter().map(|row| (row.part, row.clone())).collect();
    let state = State { rows, latest: Instant::now(), failure: None };
    let keeps_going = engine.keeps_going();
    let kept = Kept { journal: &journal, keeps_going, state: Mutex::new(state) };
    let place = format!("{}/{}", share.shard, share.shards);
    let label = Label { place: &place, ..Label::of(&checkable.program.name) };
    let search = |control: &Control| {
        let mut bounds = engine.search_share(&checkable.subject, share, control, &kept);
        bounds.extend(control.bound());
        bounds
    };
    let (bounds, _) = watched(label, interrupt, budget, search);
    kept.told(&checkable.program.name, share, bounds)
}

/// # Errors
/// Not every shard can read the program.
pub(super) fn can_be_read(program: &Path) -> Result<(), ShardError> {
    if program == Path::new("-") { Err(ShardError::Stdin) } else { Ok(()) }
}

/// # Errors
/// The user wrote an option that is about the report of the whole search.
pub(super) fn can_be_shared(given: &Given) -> Result<(), ShardError> {
    let of_merge = ["format", "html", "quiet", "report", "save", "svg", "verbose", "width"];
    let written = of_merge.into_iter().find(|option| given.has(option));
    written.map_or(Ok(()), |option| Err(ShardError::ForMerge { option }))
}

impl Kept<'_> {
    /// Says how far the shard has come. The bounds have stopped this process.
    fn told(self, name: &str, share: Share, mut bounds: BTreeSet<Bound>) -> Result<Exit, Error> {
        let keeps_going = self.keeps_going;
        let State { rows, failure, .. } =
            self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        failure.map_or(Ok(()), Err)?;
        let count = rows.values().map(|row| row.parts).max().unwrap_or(1);
        let last = end(&rows, keeps_going).map_or(count, |end| end + 1);
        let (mut wanted, mut whole) = (0, 0);
        for part in (0..last).filter(|&part| share.has(part)) {
            wanted += 1;
            whole += u64::from(rows.get(&part).is_some_and(|row| row.is_whole));
        }
        let executions: u64 = rows.values().map(|row| row.tally.executions).sum();
        let found = if rows.values().any(Row::has_violation) { "something" } else { "nothing" };
        let unfinished =
            rows.values().filter(|row| !row.is_whole).flat_map(|row| &row.tally.bounds);
        bounds.extend(unfinished.filter_map(|name| bound(name)));
        let why: Vec<String> = bounds.into_iter().map(bound_in_words).collect();
        let why = if why.is_empty() { String::new() } else { format!(": {}", why.join("; ")) };
        let Share { shard, shards } = share;
        let done = format!(
            "parts {} of {}, executions {}, {found} found",
            grouped(whole),
            grouped(wanted),
            grouped(executions)
        );
        if whole == wanted {
            write(&format!("{name}: shard {shard} of {shards} is done: {done}\n"))?;
            Ok(Exit::Fine)
        } else {
            write(&format!("{name}: shard {shard} of {shards} is not finished{why}; {done}\n"))?;
            Ok(Exit::Unfinished)
        }
    }
}

/// The shards of one search, from their journals.
pub(super) struct Shards {
    header: Header,
    /// The name of each shard's file, with its rows.
    files: BTreeMap<u64, (String, Vec<Row>)>,
}

impl Shards {
    /// # Errors
    /// A journal cannot be read, or two do not belong together.
    pub(super) fn read(paths: &[PathBuf]) -> Result<Self, Error> {
        let (mut shards, build): (Option<Shards>, _) = (None, fingerprint_of_build()?);
        for path in paths {
            let name = path.display().to_string();
            let (header, rows): (Header, Vec<Row>) = journal::read(path)?;
            if header.drawloom_shard != VERSION || header.build != build || !header.shard.is_one() {
                return Err(ShardError::OtherBuild { name }.into());
            }
            for row in &rows {
                let wrong =
                    |reason| ShardError::Part { name: name.clone(), part: row.part, reason };
                row.fits(header.shard).map_err(wrong)?;
            }
            let Share { shard: number, shards: of } = header.shard;
            let all = shards
                .get_or_insert_with(|| Shards { header: header.clone(), files: BTreeMap::new() });
            let first = || all.files.values().next().map(|(name, _)| name.clone());
            if !header.is_beside(&all.header) {
                let first = first().unwrap_or_default();
                return Err(ShardError::OfAnotherSearch { name, first }.into());
            }
            if let Some((other, _)) = all.files.get(&number) {
                let other = other.clone();
                return Err(ShardError::Twice { name, other, number, of }.into());
            }
            all.files.insert(number, (name, rows));
        }
        if let Some(shards) = &shards {
            shards.agree()?;
        }
        Ok(shards.expect("there is at least one file"))
    }

    /// # Errors
    /// The shards have not cut the search in the same place.
    fn agree(&self) -> Result<(), ShardError> {
        let rows =
            self.files.values().flat_map(|(name, rows)| rows.iter().map(move |it| (name, it)));
        let (mut parts, mut cut): (Option<u64>, Option<&Row>) = (None, None);
        for (name, row) in rows {
            let is_other_cut = row.part == 0
                && cut.replace(row).is_some_and(|it| Row { us: row.us, ..it.clone() } != *row);
            if is_other_cut || *parts.get_or_insert(row.parts) != row.parts {
                let reason = "another shard has cut the search in another place".to_owned();
                return Err(ShardError::Part { name: name.clone(), part: row.part, reason });
            }
        }
        Ok(())
    }

    /// The arguments of the command that has made the shards.
    pub(super) fn command(&self) -> &[String] {
        &self.header.command
    }

    /// The name of the first file.
    pub(super) fn name(&self) -> &str {
        self.files.values().next().map_or("", |(name, _)| name)
    }

    /// Puts the parts of the shards together: the findings, the time that they took in all, and a line about each
    /// shard that something is missing of.
    ///
    /// # Errors
    /// The program is another one, or a row does not fit it.
    pub(super) fn merged(
        &self,
        engine: &dyn InParts,
        checkable: &Checkable,
        memory_max: usize,
    ) -> Result<(Findings, Duration, Vec<String>), ShardError> {
        if self.header.program != format!("{:032x}", checkable.subject.fingerprint) {
            return Err(ShardError::OtherProgram { name: self.name().to_owned() });
        }
        let (mut rows_of, mut us) = (BTreeMap::new(), 0u64);
        for (name, rows) in self.files.values() {
            for row in rows {
                us = us.saturating_add(row.us);
                // A part that was not whole may have been made again.
                rows_of.insert(row.part, (name, row));
            }
        }
        // In the order of the parts, in which the first of several violations that are alike is the one to be shown.
        let (mut parts, mut known) = (BTreeMap::new(), Vec::new());
        for (part, (name, row)) in rows_of {
            let made = row.part(checkable, memory_max, &mut known);
            let wrong = |reason| ShardError::Part { name: name.clone(), part, reason };
            parts.insert(part, made.map_err(wrong)?);
        }
        let share = self.header.shard;
        let merged = merge(&parts, engine.keeps_going());
        let mut missing = BTreeMap::<u64, u64>::new();
        for part in merged.missing {
            *missing.entry(if part == 0 { 1 } else { share.of(part) }).or_default() += 1;
        }
        let of = share.shards;
        let line = |(shard, count): (u64, u64)| match self.files.get(&shard) {
            None => format!("shard {shard} of {of} is missing"),
            Some((name, _)) => {
                let parts = if count == 1 { "part is" } else { "parts are" };
                format!("shard {shard} of {of} is not finished: {count} {parts} missing in {name}")
            }
        };
        let lines = missing.into_iter().map(line).collect();
        let findings = engine.findings(&checkable.subject, merged.tally, &Control::default());
        Ok((findings, Duration::from_micros(us), lines))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_one_of_so_many() {
        assert_eq!(share("2/8"), Ok(Share { shard: 2, shards: 8 }));
        for text in ["2", "0/8", "9/8", "1/0", "a/8", "1/100001", "-1/2", "1/2/3"] {
            assert!(share(text).is_err(), "{text}");
        }
    }
}
