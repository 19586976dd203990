//! A run and its numbers, as Markdown and as JSON.

use std::fmt::Write;

use serde::Serialize;

use crate::job::{Job, Sample, Size};
use crate::machine::Machine;
use crate::parties::Party;
use crate::rounds::{Measurements, Plan};
use crate::spread::Spread;

/// In what the work is not the same everywhere.
const CAVEATS: &str = "\
Ratios are for one thread, or for one pass of the token; above 1, the party takes more than drawloom on one worker.
A `*` means that not all threads slept at the same time: to start them took longer than the sleep.
";

/// All that a report is made from.
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) plan: Plan,
    pub(crate) jobs: Vec<Job>,
    /// Those that ran, with their versions.
    pub(crate) parties: Vec<(Party, String)>,
    /// Those that did not, and why.
    pub(crate) missing: Vec<(Party, String)>,
    pub(crate) measurements: Measurements,
}

/// A column of numbers: what is taken from a sample, and how it is shown.
struct Column {
    job: Job,
    title: &'static str,
    number: fn(&Sample, sleep_seconds: f64) -> Option<f64>,
    /// What is shown of a number.
    shown: fn(f64, Size) -> String,
    /// What the ratios beside it are of.
    measure: &'static str,
}

/// A table: jobs that are shown side by side.
struct Table {
    title: &'static str,
    columns: &'static [Column],
}

const TABLES: [Table; 4] = [
    Table {
        title: "Starting and joining threads that do nothing",
        columns: &[
            Column {
                job: Job::Start,
                title: "starts per second, all before the first join",
                number: seconds,
                shown: per_second,
                measure: "time",
            },
            Column {
                job: Job::Turns,
                title: "starts per second, a thread at a time",
                number: seconds,
                shown: per_second,
                measure: "time",
            },
        ],
    },
    Table {
        title: "Threads that wait, and are let go on by one call",
        columns: &[
            Column {
                job: Job::Parked,
                title: "bytes per waiting thread",
                number: bytes,
                shown: each,
                measure: "bytes",
            },
            Column {
                job: Job::Parked,
                title: "seconds to release and join all",
                number: seconds,
                shown: plain,
                measure: "time",
            },
        ],
    },
    Table {
        title: "A token passed around a ring of threads",
        columns: &[Column {
            job: Job::Ring,
            title: "seconds",
            number: seconds,
            shown: plain,
            measure: "time",
        }],
    },
    Table {
        title: "Threads that sleep at the same time",
        columns: &[
            Column {
                job: Job::Sleepers,
                title: "bytes per sleeping thread",
                number: bytes,
                shown: each,
                measure: "bytes",
            },
            Column {
                job: Job::Sleepers,
                title: "seconds beyond the sleep",
                number: beyond,
                shown: plain,
                measure: "time",
            },
        ],
    },
];

// Each gives what the columns' type says.
#[allow(clippy::unnecessary_wraps)]
fn seconds(sample: &Sample, _: f64) -> Option<f64> {
    Some(sample.seconds)
}

fn bytes(sample: &Sample, _: f64) -> Option<f64> {
    Some(sample.bytes? as f64)
}

#[allow(clippy::unnecessary_wraps)]
fn beyond(sample: &Sample, sleep_seconds: f64) -> Option<f64> {
    Some(sample.seconds - sleep_seconds)
}

fn per_second(seconds: f64, size: Size) -> String {
    rounded(f64::from(size.count) / seconds)
}

fn each(bytes: f64, size: Size) -> String {
    rounded(bytes / f64::from(size.count))
}

fn plain(number: f64, _size: Size) -> String {
    format!("{number:.3}")
}

impl Report {
    /// The whole report, for people.
    pub(crate) fn markdown(&self) -> String {
        let mut out = self.heading();
        for table in &TABLES {
            if table.columns.iter().any(|column| self.jobs.contains(&column.job)) {
                out += &self.table(table);
            }
        }
        out + "\n" + CAVEATS
    }

    fn heading(&self) -> String {
        let Machine { cpu, cores, system, rustc, commit } = &self.machine;
        let Plan { rounds, seed, count, host_count, ring_count, passes, sleep_ms, .. } = &self.plan;
        let mut out = format!(
            "machine   {cpu}, {cores} cores, {system}\nrustc     {rustc}\ncommit    {commit}\n\
             rounds    {rounds}, in random order, seed {seed}\n\
             threads   {}; of the host {}; in the ring {}, {} passes\n\
             sleep     {sleep_ms} ms\n",
            grouped(u64::from(*count)),
            grouped(u64::from(*host_count)),
            grouped(u64::from(*ring_count)),
            grouped(*passes),
        );
        let mut line = |what: &str, party: &Party, text: &str| {
            writeln!(out, "{what:<9} {party}: {text}").expect("strings take everything");
        };
        self.parties.iter().for_each(|(party, version)| line("party", party, version));
        self.missing.iter().for_each(|(party, reason)| line("missing", party, reason));
        for (party, job, error) in self.measurements.failures() {
            line("failed", &party, &format!("{job}: {error}"));
        }
        out
    }

    /// One row per party, also for those that did not run.
    fn table(&self, Table { title, columns }: &Table) -> String {
        let columns: Vec<&Column> =
            columns.iter().filter(|column| self.jobs.contains(&column.job)).collect();
        let mut out = format!("\n{title}\n\n");
        let mut row = |first: &str, cells: Vec<String>| {
            writeln!(out, "| {first} | {} |", cells.join(" | ")).expect("strings take everything");
        };
        let mut titles = vec!["threads".to_owned()];
        for column in &columns {
            titles.push(column.title.to_owned());
            titles.push(format!("{}, {} = 1", column.measure, Party::BASE));
        }
        let width = titles.len();
        row("", titles);
        row("---", vec!["---:".to_owned(); width]);
        for party in self.rows() {
            if !columns.iter().any(|column| party.can_do(column.job)) {
                row(party.name(), vec!["-".to_owned(); width]);
                continue;
            }
            let size = self.plan.size(party, columns[0].job);
            let numbers = columns.iter().flat_map(|column| self.cells(party, column));
            row(
                party.name(),
                [grouped(u64::from(size.count))].into_iter().chain(numbers).collect(),
            );
        }
        out
    }

    /// All parties of this run, in the order of the tables.
    fn rows(&self) -> impl Iterator<Item = Party> {
        let is_asked_for = |party: &Party| {
            let is = |(id, _): &(Party, String)| id == party;
            self.parties.iter().any(is) || self.missing.iter().any(is)
        };
        Party::ALL.into_iter().filter(is_asked_for)
    }

    /// A party's number, and its ratio.
    fn cells(&self, party: Party, column: &Column) -> Vec<String> {
        let Column { job, number, shown, .. } = *column;
        let number = |sample: &Sample| number(sample, self.sleep_seconds());
        let units = |party| {
            let Size { count, passes, .. } = self.plan.size(party, job);
            if job == Job::Ring { passes as f64 } else { f64::from(count) }
        };
        let number_cell = match self.measurements.spread(party, job, number) {
            Some(spread) => {
                shown(spread.median, self.plan.size(party, job)) + self.mark(party, job)
            }
            None if self.measurements.has_failed(party, job) => "failed".into(),
            None if self.missing.iter().any(|(id, _)| *id == party) => "missing".into(),
            None => "-".into(),
        };
        let ratio =
            self.measurements.ratio(party, job, units, number).filter(|_| party != Party::BASE);
        let ratio_cell = ratio.map_or("-".into(), in_full);
        vec![number_cell, ratio_cell]
    }

    fn sleep_seconds(&self) -> f64 {
        f64::from(self.plan.sleep_ms) / 1e3
    }

    /// What a reader must know of a number.
    fn mark(&self, party: Party, job: Job) -> &'static str {
        let begun = self.measurements.spread(party, job, |sample| sample.begun_seconds);
        if begun.is_some_and(|begun| begun.median > self.sleep_seconds()) { "*" } else { "" }
    }

    /// The samples themselves, and where they come from.
    pub(crate) fn json(&self) -> String {
        #[derive(Serialize)]
        struct Row<'r> {
            party: &'r str,
            job: &'r str,
            size: Size,
            samples: &'r [Sample],
        }
        #[derive(Serialize)]
        struct Failure<'r> {
            party: &'r str,
            job: &'r str,
            error: &'r str,
        }
        #[derive(Serialize)]
        struct Document<'r> {
            machine: &'r Machine,
            rounds: u32,
            seed: u64,
            parties: Vec<(&'r str, &'r str)>,
            missing: Vec<(&'r str, &'r str)>,
            failures: Vec<Failure<'r>>,
            samples: Vec<Row<'r>>,
        }
        let named = |list: &'_ [(Party, String)]| -> Vec<(&'static str, String)> {
            list.iter().map(|(party, text)| (party.name(), text.clone())).collect()
        };
        let (parties, missing) = (named(&self.parties), named(&self.missing));
        let row = |party: Party, job: Job| {
            let samples = self.measurements.samples(party, job);
            let size = self.plan.size(party, job);
            let row = Row { party: party.name(), job: job.name(), size, samples };
            (!samples.is_empty()).then_some(row)
        };
        let samples = self
            .jobs
            .iter()
            .flat_map(|job| self.parties.iter().filter_map(move |(party, _)| row(*party, *job)));
        let document = Document {
            machine: &self.machine,
            rounds: self.plan.rounds,
            seed: self.plan.seed,
            parties: parties.iter().map(|(name, text)| (*name, text.as_str())).collect(),
            missing: missing.iter().map(|(name, text)| (*name, text.as_str())).collect(),
            failures: self
                .measurements
                .failures()
                .map(|(party, job, error)| Failure { party: party.name(), job: job.name(), error })
                .collect(),
            samples: samples.collect(),
        };
        serde_json::to_string_pretty(&document).expect("names and numbers have a JSON form") + "\n"
    }
}

fn in_full(Spread { median, low, high }: Spread) -> String {
    let digits = if median < 10.0 { 2 } else { usize::from(median < 100.0) };
    format!("{median:.digits$} ({low:.digits$}-{high:.digits$})")
}

/// Three digits that count, in groups.
fn rounded(number: f64) -> String {
    let whole = format!("{:.0}", number.abs());
    let Ok(value) = whole.parse::<u64>() else { return number.to_string() };
    let unit = 10_u64.pow(u32::try_from(whole.len().saturating_sub(3)).unwrap_or_default());
    let sign = if number < 0.0 && value > 0 { "-" } else { "" };
    format!("{sign}{}", grouped((value + unit / 2) / unit * unit))
}

/// A number with its digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (nth, digit) in digits.chars().enumerate() {
        if nth > 0 && (digits.len() - nth).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_to_three_digits_and_grouped() {
        let shown = [0.4, 7.6, 1234.5, 999_600.0, 12_345_678.0, -2048.0].map(rounded);
        assert_eq!(shown, ["0", "8", "1,230", "1,000,000", "12,300,000", "-2,050"]);
    }

    #[test]
    fn ratios_have_fewer_digits_the_larger_they_are() {
        let shown = |median| in_full(Spread { median, low: median, high: median });
        assert_eq!(shown(1.234), "1.23 (1.23-1.23)");
        assert_eq!(shown(12.34), "12.3 (12.3-12.3)");
        assert_eq!(shown(123.4), "123 (123-123)");
    }
}
