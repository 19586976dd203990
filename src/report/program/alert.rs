//! What is wrong with a checked program, as a list: what editors and continuous integration show beside its source.
//!
//! A report on all of a program is [`text`](super::text) or [`json`](super::json). This is its short form, from which
//! [`sarif`](super::sarif), [`github`](super::github) and [`junit`](super::junit) are made: each entry has a rule, a
//! place, and one message.

use super::checked::{Checked, Conclusion};
use super::trace::thread_name;
use crate::guest::{GuestCounterexample, Judgement};
use crate::il::Lines;
use crate::interp::Place;
use crate::reference::ViolationKind;
use crate::report::source::trap::line_of;

/// Something to look at.
pub(super) struct Alert<'c> {
    pub(super) rule: Rule,
    /// Whether it needs no action: the header expects it, or the engine is known to show too much.
    pub(super) is_known: bool,
    pub(super) message: String,
    /// Where it is, if it has a place in the program's own text.
    pub(super) region: Option<Region>,
    /// The execution that shows it.
    pub(super) shown: Option<&'c GuestCounterexample>,
    /// The command that shows it again.
    pub(super) repeat: Option<&'c str>,
}

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// A violation.
    Violation(ViolationKind),
    /// The findings are not those of the program's header.
    Expectation,
    /// The machine has shown an outcome that the reference does not have.
    Disagreement,
    /// The program cannot be read.
    NotChecked,
    /// Nothing was found, but not everything was searched.
    NotFinished,
}

/// A part of a line of the program's own text. Lines and columns are counted from 1, columns in characters; the end
/// is the column after the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) end_line: u32,
    pub(super) end_column: u32,
}

impl Rule {
    /// All rules.
    pub(super) fn all() -> impl Iterator<Item = Rule> {
        let own = [Rule::Expectation, Rule::Disagreement, Rule::NotChecked, Rule::NotFinished];
        ViolationKind::ALL.into_iter().map(Rule::Violation).chain(own)
    }

    /// The name: a violation's kind, or what the headline says.
    pub(super) fn name(self) -> &'static str {
        match self {
            Rule::Violation(kind) => kind.name(),
            Rule::Expectation => "not as expected",
            Rule::Disagreement => "disagreement",
            Rule::NotChecked => "not checked",
            Rule::NotFinished => "not finished",
        }
    }
}

impl Region {
    /// The place of an instruction, to the end of its line, if it is in the program's own text.
    pub(super) fn of(checked: &Checked, place: &Place) -> Option<Self> {
        let program = &checked.program;
        let span = line_of(&program.text, program.own_file, place)?;
        Some(Region::between(&Lines::new(&program.text), span.range().start, span.range().end))
    }

    fn between(lines: &Lines<'_>, start: usize, end: usize) -> Self {
        let ((line, column), (end_line, end_column)) = (lines.place(start), lines.place(end));
        Region { line, column, end_line, end_column }
    }
}

impl<'c> Alert<'c> {
    /// An alert without a place.
    fn new(rule: Rule, message: impl Into<String>) -> Self {
        let message = message.into();
        Alert { rule, is_known: false, message, region: None, shown: None, repeat: None }
    }

    /// Everything that is to be looked at in this program, in the order of the text report.
    pub(super) fn all(checked: &'c Checked) -> Vec<Self> {
        if let Some(refusal) = &checked.refusal {
            let lines = Lines::new(&checked.program.text);
            let finding = |finding: &crate::il::Diagnostic| {
                let range = finding.span.range();
                let help = finding.help.as_ref().map_or(String::new(), |help| format!(" ({help})"));
                let region = Some(Region::between(&lines, range.start, range.end));
                let message = format!("{}{help}", finding.message);
                Alert { region, ..Alert::new(Rule::NotChecked, message) }
            };
            return match &refusal.findings[..] {
                [] => vec![Alert::new(Rule::NotChecked, refusal.message.as_str())],
                findings => findings.iter().map(finding).collect(),
            };
        }
        if checked.not_run.is_some() {
            return Vec::new();
        }
        let conclusion = checked.conclusion();
        let mut alerts = violations(checked, conclusion != Conclusion::Wrong);
        if let Some(Judgement::Missed(lines)) = &checked.judgement {
            alerts.extend(lines.iter().map(|line| Alert::new(Rule::Expectation, line.as_str())));
        }
        let disagreements = checked.disagreements.iter();
        alerts.extend(disagreements.map(|line| Alert::new(Rule::Disagreement, line.as_str())));
        if conclusion == Conclusion::Unfinished {
            alerts.push(Alert::new(Rule::NotFinished, unfinished(checked)));
        }
        alerts
    }
}

/// The violations that the text report shows.
fn violations(checked: &Checked, are_known: bool) -> Vec<Alert<'_>> {
    let mut alerts = Vec::new();
    for searched in checked.shown_searches() {
        for (at, shown) in searched.findings.tally.violations.iter().enumerate() {
            let violation = &shown.violation;
            let place = violation.places.iter().find_map(|(_, place)| Region::of(checked, place));
            alerts.push(Alert {
                is_known: are_known,
                region: place,
                shown: Some(shown),
                // The command shows the first one.
                repeat: searched.repeat.as_deref().filter(|_| at == 0),
                ..Alert::new(Rule::Violation(violation.kind), violation.message.as_str())
            });
        }
    }
    alerts
}

/// What was not searched, and what the header leaves open by that.
fn unfinished(checked: &Checked) -> String {
    let mut lines = vec![checked.verdict()];
    if let Some(Judgement::Open(open)) = &checked.judgement {
        lines.extend(open.iter().cloned());
    }
    lines.join("\n")
}

/// The threads that took part in a violation, with their places, after the first one.
pub(super) fn others<'c>(
    checked: &Checked,
    shown: &'c GuestCounterexample,
) -> Vec<(String, Option<Region>, &'c Place)> {
    let places = shown.violation.places.iter().skip(1);
    let other = |(thread, place): &'c (_, Place)| {
        (format!("{} at {place}", thread_name(*thread)), Region::of(checked, place), place)
    };
    places.map(other).collect()
}
