//! A run over several programs as text: a line for each program, and a summary that names what went wrong again.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use super::checked::{Checked, Conclusion};
use super::mark::mark_of;
use super::not_seen::not_seen;
use super::text::below_headline;
use crate::report::layout::TextStyle;
use crate::report::numbers::{counted, grouped};

/// A program that takes longer is marked.
const SLOW: Duration = Duration::from_secs(5);
/// The number of characters for the name of a conclusion.
const NAME_WIDTH: usize = 10;

/// Renders one program of several: status, time and headline; below it the report, if something is wrong.
pub fn render_in_run(checked: &Checked, style: TextStyle) -> String {
    let mut out = line(checked, style);
    if checked.conclusion() != Conclusion::Fine && checked.refusal.is_none() {
        let report = below_headline(checked, style);
        if !report.is_empty() {
            let _ = writeln!(out, "{}", report.trim_end());
        }
    }
    out
}

/// Status, time, headline, and how much was searched.
fn line(checked: &Checked, style: TextStyle) -> String {
    let conclusion = format!("{:<NAME_WIDTH$}", checked.conclusion().name());
    let mark = mark_of(checked);
    let status = mark.marked(&conclusion);
    let time = checked.time();
    let slow = if time >= SLOW { ", slow" } else { "" };
    let time = format!("[{:>8.3} s{slow}]", time.as_secs_f64());
    let (name, verdict) = (&checked.program.name, mark.coloured(&checked.verdict()));
    let text = format!("{status} {time} {name}: {verdict}{}", in_brief(checked));
    format!("{}\n", style.layout().hanging(&text, 2))
}

/// How much was searched, in a few words.
fn in_brief(checked: &Checked) -> String {
    let Some(searched) = checked.searches.first() else { return String::new() };
    let findings = &searched.findings;
    let model = findings.model.map_or(String::new(), |model| format!("{}, ", model.name()));
    let known = if searched.is_known { ", known" } else { "" };
    let states =
        searched.states().map_or(String::new(), |it| format!(", {}", counted(it, "state")));
    format!(" ({model}{}{states}{known})", counted(findings.tally.executions, "execution"))
}

/// The end of the report on several programs: what was not searched, what went wrong, and how many.
pub fn render_summary(checked: &[Checked], style: TextStyle) -> String {
    let mut out = String::new();
    for line in lines_not_seen(checked) {
        let _ = writeln!(out, "{}", style.layout().hanging(&line, 2));
    }
    let is_told = |it: &&Checked| it.conclusion() != Conclusion::Fine && it.not_run.is_none();
    let mut wrong: Vec<&Checked> = checked.iter().filter(is_told).collect();
    wrong.sort_by_key(|it| it.conclusion());
    if !wrong.is_empty() {
        out.push('\n');
    }
    for program in wrong {
        out += &line(program, style);
    }
    let _ = write!(out, "\n{}", render_totals(checked));
    out
}

/// What the engines do not see, each with the number of programs that it concerns, if these are not all.
pub(super) fn lines_not_seen(checked: &[Checked]) -> impl Iterator<Item = String> {
    all_not_seen(checked).into_iter().map(|(not_seen, count)| {
        if count == checked.len() {
            return format!("not seen: {not_seen}");
        }
        format!("not seen in {}: {not_seen}", counted(count as u64, "program"))
    })
}

/// What engines do not see, however long they run, each with the number of programs that it concerns.
fn all_not_seen(checked: &[Checked]) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for searched in checked.iter().filter_map(|it| it.searches.first()) {
        if searched.findings.unsupported.is_none() {
            *counts.entry(not_seen(&searched.findings)).or_default() += 1;
        }
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    counts
}

/// The last line of a report on several programs. Its time is that of all searches together, some of which may have
/// been made at once.
pub fn render_totals(checked: &[Checked]) -> String {
    let mut parts = vec![counted(checked.len() as u64, "program")];
    for conclusion in
        [Conclusion::Fine, Conclusion::Unfinished, Conclusion::Wrong, Conclusion::Refused]
    {
        let run = checked.iter().filter(|it| it.not_run.is_none());
        let count = run.filter(|it| it.conclusion() == conclusion).count();
        if count > 0 {
            parts.push(format!("{} {}", grouped(count as u64), conclusion.name()));
        }
    }
    let not_run = checked.iter().filter(|it| it.not_run.is_some()).count();
    if not_run > 0 {
        parts.push(format!("{} not run", grouped(not_run as u64)));
    }
    let time: Duration = checked.iter().map(Checked::time).sum();
    format!("{}, searched for {:.3} s\n", parts.join(", "), time.as_secs_f64())
}
