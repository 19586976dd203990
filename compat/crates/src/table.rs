//! The results as a table.

use std::fmt::Write as _;
use std::time::Duration;

use drawloom::record::{Ending, ModelRun};

use crate::run::{End, Run};
use crate::{Outcome, Test};

/// What a process takes to start, more or less: a difference below it says nothing about a search.
const START: Duration = Duration::from_millis(5);

/// A run in a few words, for whoever watches.
pub(crate) fn short(run: &Run) -> String {
    let end = match &run.end {
        End::Passed => "passed",
        End::Failed(_) => "failed",
        End::CutOff => "cut off",
    };
    let executions: u64 = run.models.iter().map(|it| it.executions).sum();
    let seconds = run.cpu.as_secs_f64();
    let counted = match run.models.len() {
        0 => String::new(),
        _ => format!(", {executions} executions"),
    };
    let within = if run.ends_within_its_bound() { ", ends within its bound" } else { "" };
    format!("{end}, {seconds:.3} s{counted}{within}")
}

impl Test {
    /// Both runs, if both have come to their end.
    fn ended(&self) -> Option<(&Run, &Run)> {
        let ended = |run: &&Run| run.end != End::CutOff;
        self.loom.as_ref().filter(ended).zip(self.drawloom.as_ref().filter(|it| it.is_whole()))
    }

    /// Whether one half fails and the other does not, or is not there.
    fn differs(&self) -> bool {
        let fails = |run: &Option<Run>| run.as_ref().map(Run::fails);
        fails(&self.loom) != fails(&self.drawloom)
    }
}

impl Run {
    /// Whether it has ended, with each model searched to its end or to a violation.
    fn is_whole(&self) -> bool {
        let is_whole =
            |it: &ModelRun| it.ending.is_whole() || matches!(it.ending, Ending::Violated { .. });
        self.end != End::CutOff && self.models.iter().filter(|it| !it.is_only_first()).all(is_whole)
    }

    /// Whether the time was up in the search of everything, after that within the bound on preemptions in the code.
    fn ends_within_its_bound(&self) -> bool {
        let latest = self.models.last();
        self.end == End::CutOff && latest.is_some_and(ModelRun::is_only_first)
    }

    fn fails(&self) -> bool {
        matches!(self.end, End::Failed(_))
    }
}

/// The table and the differences.
pub(crate) fn markdown(outcomes: &[Outcome], seconds: u64) -> String {
    let mut text = String::from(
        "| crate | tests | loom ended | drawloom ended | within its bound | executions | loom, s | drawloom, s | loom / drawloom | no more CPU |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    let mut notes = String::new();
    let mut total = Sum::default();
    for outcome in outcomes {
        if let Some(trouble) = &outcome.trouble {
            _ = writeln!(text, "| {} | {trouble} | | | | | | | | |", outcome.name);
            continue;
        }
        let mut sum = Sum::default();
        for test in &outcome.tests {
            sum.add(test);
            note(&mut notes, &outcome.name, test);
        }
        total.merge(&sum);
        _ = writeln!(text, "| {} | {}", outcome.name, sum.cells());
    }
    _ = writeln!(text, "| all | {}", total.cells());
    _ = writeln!(
        text,
        "\nEach test had {seconds} s of CPU time, and no bound but those in its code. *Ended* means that a test \
         was not cut off, and on drawloom that each of its models was searched to its end or to a violation. \
         *Within its bound*: tests that were cut off on drawloom, after the search within the preemption bound in \
         their code had ended. The seconds are those of the tests that ended on both; the ratio is the geometric \
         mean of theirs, with processes that start and, on drawloom, write down what they searched. *No more CPU* \
         leaves out differences below 5 ms. Of {} tests that did not end on loom, {} ended on drawloom.\n\n{notes}",
        total.loom_cut, total.only_own,
    );
    text
}

/// What must be told of a test beside the sums.
fn note(notes: &mut String, name: &str, test: &Test) {
    let failure = |run: &Option<Run>| match run.as_ref().map(|it| &it.end) {
        Some(End::Failed(reason)) => format!("fails: {reason}"),
        Some(End::Passed) => "passes".to_owned(),
        Some(End::CutOff) => "is cut off".to_owned(),
        None => "is not there".to_owned(),
    };
    if test.differs() {
        let (loom, own) = (failure(&test.loom), failure(&test.drawloom));
        _ = writeln!(notes, "- {name} `{}`: {loom} on loom, {own} on drawloom", test.name);
    } else if test.loom.as_ref().is_some_and(|it| it.end != End::CutOff) && test.ended().is_none() {
        let models = test.drawloom.iter().flat_map(|it| &it.models);
        let cut = models.map(|it| &it.ending).find(|it| !it.is_whole());
        let why = cut.map_or_else(|| "is cut off".to_owned(), |it| format!("is {}", it.words()));
        _ = writeln!(notes, "- {name} `{}`: ends on loom, {why} on drawloom", test.name);
    }
    let remarks = test.drawloom.iter().flat_map(|it| &it.models).flat_map(|it| &it.remarks);
    for remark in remarks {
        _ = writeln!(notes, "- {name} `{}`: {remark}", test.name);
    }
}

#[derive(Default)]
struct Sum {
    tests: u32,
    loom_ended: u32,
    own_ended: u32,
    loom_cut: u32,
    /// Tests that ended here only within the bound in their code.
    within: u32,
    /// Tests that ended here, and not on loom.
    only_own: u32,
    executions: u64,
    loom_cpu: Duration,
    own_cpu: Duration,
    /// The logarithms of the ratios, and how many there are.
    logs: f64,
    both: u32,
    less: u32,
}

impl Sum {
    fn add(&mut self, test: &Test) {
        self.tests += 1;
        let loom_ended = test.loom.as_ref().is_some_and(|it| it.end != End::CutOff);
        let own_ended = test.drawloom.as_ref().is_some_and(Run::is_whole);
        self.loom_ended += u32::from(loom_ended);
        self.within += u32::from(test.drawloom.as_ref().is_some_and(Run::ends_within_its_bound));
        self.own_ended += u32::from(own_ended);
        self.loom_cut += u32::from(!loom_ended);
        self.only_own += u32::from(own_ended && !loom_ended);
        let models = test.drawloom.iter().flat_map(|it| &it.models);
        self.executions += models.map(|it| it.executions).sum::<u64>();
        let Some((loom, own)) = test.ended() else { return };
        self.loom_cpu += loom.cpu;
        self.own_cpu += own.cpu;
        self.logs += (loom.cpu.as_secs_f64().max(1e-4) / own.cpu.as_secs_f64().max(1e-4)).ln();
        self.both += 1;
        self.less += u32::from(own.cpu <= loom.cpu + START);
    }

    fn merge(&mut self, other: &Sum) {
        self.tests += other.tests;
        self.loom_ended += other.loom_ended;
        self.own_ended += other.own_ended;
        self.within += other.within;
        self.loom_cut += other.loom_cut;
        self.only_own += other.only_own;
        self.executions += other.executions;
        self.loom_cpu += other.loom_cpu;
        self.own_cpu += other.own_cpu;
        self.logs += other.logs;
        self.both += other.both;
        self.less += other.less;
    }

    fn cells(&self) -> String {
        let ratio = (self.logs / f64::from(self.both.max(1))).exp();
        format!(
            "{} | {} | {} | {} | {} | {:.2} | {:.2} | {ratio:.1} | {} of {} |",
            self.tests,
            self.loom_ended,
            self.own_ended,
            self.within,
            self.executions,
            self.loom_cpu.as_secs_f64(),
            self.own_cpu.as_secs_f64(),
            self.less,
            self.both,
        )
    }
}
