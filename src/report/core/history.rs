//! The table of retold bugs: what each engine found in the wrong and the right version of each.
//!
//! A number is the execution in which an engine first found the wrong version. `-` marks a search that
//! found nothing and need not have, and `never` an engine that cannot find the bug. Results that are not
//! as they must be are left to the caller.

use std::fmt::Write;
use std::panic::Location;

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use serde::Serialize;

use crate::engine::history::{Bug, Duty, ILLEGAL, SOURCES, Told};
use crate::engine::{Verdict, WorldEngine};
use crate::report::events::{render_event, render_events};
use crate::report::numbers::grouped;

/// A bug, and the results of the engines that were asked.
#[derive(Clone, Debug)]
pub struct Retold {
    /// The bug.
    pub bug: &'static Bug,
    /// The results, in the order of [`WorldEngine::ALL`].
    pub told: Vec<Told>,
}

impl Retold {
    /// Everything that is not as it must be, each with the bug and the engine.
    pub fn objections(&self) -> impl Iterator<Item = String> {
        let id = self.bug.id;
        self.told.iter().filter_map(move |told| {
            Some(format!("{id}: {}: {}", told.engine.name(), told.objection()?))
        })
    }

    /// The entry for the right version: what heddle did, or else loom, if one of them was asked.
    fn right(&self) -> String {
        let is_violated = |told: &Told| matches!(told.right.verdict, Verdict::Violated(_));
        if self.told.iter().any(is_violated) {
            return "violated".to_owned();
        }
        let searches_all = [WorldEngine::Heddle, WorldEngine::Loom];
        let searched = self.told.iter().filter(|told| searches_all.contains(&told.engine));
        let mut all = searched.filter_map(|told| match told.right.verdict {
            Verdict::Exhausted { executions } | Verdict::Searched { executions, .. } => {
                Some(executions)
            }
            _ => None,
        });
        all.next()
            .map_or_else(|| "clean".to_owned(), |count| format!("clean, all {}", grouped(count)))
    }
}

/// The result of one engine for the wrong version, in a word.
fn first_find(told: &Told) -> String {
    match (told.found(), told.duty) {
        (Some(found), _) => grouped(found.execution),
        (None, Duty::Must) => "missed".to_owned(),
        (None, Duty::May(_)) => "-".to_owned(),
        (None, Duty::Cannot(_)) => "never".to_owned(),
    }
}

fn engines(retold: &[Retold]) -> Vec<WorldEngine> {
    let first = retold.first();
    first.map_or_else(Vec::new, |retold| retold.told.iter().map(|told| told.engine).collect())
}

/// The reasons why an engine need not find some of the bugs, each once.
fn reasons(retold: &[Retold]) -> Vec<String> {
    let mut reasons = Vec::new();
    for told in retold.iter().flat_map(|retold| &retold.told) {
        let reason = match told.duty {
            Duty::Must => continue,
            Duty::May(reason) => {
                format!("`-`: {reason}, so nothing is asked of {}", told.engine.name())
            }
            Duty::Cannot(reason) => format!("`never`: {reason}"),
        };
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    reasons
}

/// The table as plain text.
pub fn render_history(retold: &[Retold], width: usize) -> String {
    let engines = engines(retold);
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    let names = engines.iter().map(|engine| engine.column().to_owned());
    let header = ["id", "bug", "origin"].map(str::to_owned).into_iter().chain(names);
    table.set_header(header.chain(["right version".to_owned()]));
    for retold in retold {
        let bug = retold.bug;
        let mut row = [bug.id, bug.title, bug.origin].map(str::to_owned).to_vec();
        row.extend(retold.told.iter().map(first_find));
        row.push(retold.right());
        table.add_row(row);
    }
    for column in 3..3 + engines.len() {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut out = String::new();
    for line in table.to_string().lines() {
        let _ = writeln!(out, "{}", line.trim_end());
    }
    let _ = writeln!(
        out,
        "\nexecutions until the wrong version was found; of the right one heddle runs all that it has"
    );
    for reason in reasons(retold) {
        let _ = writeln!(out, "{}", reason.replace('`', ""));
    }
    let _ = writeln!(out, "{}", conclusion(retold));
    out
}

/// Whether everything is as it must be, in one line.
fn conclusion(retold: &[Retold]) -> String {
    let objections = retold.iter().flat_map(Retold::objections).count();
    let bugs = retold.len();
    match objections {
        0 => format!("{bugs} bugs: all who must tell wrong from right do"),
        _ => format!("{bugs} bugs: {objections} searches are not as they must be"),
    }
}

/// The table, for docs/HISTORY.md.
pub fn render_history_markdown(retold: &[Retold]) -> String {
    let engines = engines(retold);
    let mut out = String::from("| id | bug | origin |");
    for engine in &engines {
        let _ = write!(out, " {engine} |");
    }
    out.push_str(" right version |\n|---|---|---|");
    out.push_str(&"---:|".repeat(engines.len()));
    out.push_str("---|\n");
    for retold in retold {
        let bug = retold.bug;
        let _ = write!(out, "| {} | {} | {} |", bug.id, bug.title, bug.origin);
        for told in &retold.told {
            let _ = write!(out, " {} |", first_find(told));
        }
        let _ = writeln!(out, " {} |", retold.right());
    }
    out
}

/// The bugs that do not compile, for docs/HISTORY.md.
pub fn render_illegal_markdown() -> String {
    let mut out =
        String::from("| id | bug | origin | what forbids it | shown by |\n|---|---|---|---|---|\n");
    for bug in ILLEGAL {
        let test = format!("`tests/apart/compile_fail/{}.rs`", bug.test);
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {test} |",
            bug.id, bug.title, bug.origin, bug.rule
        );
    }
    out
}

/// A bug's story, and the counterexample of the first engine that found it.
pub fn render_story(retold: &Retold) -> String {
    let bug = retold.bug;
    let mut out = format!("{}: {}\n", bug.id, bug.title);
    let _ = writeln!(out, "{}\n", bug.origin);
    let _ = writeln!(out, "{}", bug.story);
    let _ = writeln!(out, "What is missing: {}.", bug.missing);
    out + "\n" + &render_counterexample_of(retold)
}

/// The counterexample of the first engine that found a bug.
pub fn render_counterexample_of(retold: &Retold) -> String {
    let Some((told, found)) = retold.told.iter().find_map(|told| Some((told, told.found()?)))
    else {
        return "nobody has found it\n".to_owned();
    };
    let name = told.engine.name();
    let mut out = format!("{name}, execution {}:\n\n", grouped(found.execution));
    out.push_str(&render_events(&found.trace, source_line));
    let _ = writeln!(out, "\n{}", found.message);
    out
}

/// The source line of a retold bug.
fn source_line(location: &Location<'_>) -> Option<String> {
    let (folder, file) = location.file().rsplit_once(['/', '\\'])?;
    let is_ours = folder.ends_with("history");
    let (_, text) = SOURCES.iter().find(|(name, _)| is_ours && *name == file)?;
    text.lines().nth(location.line().checked_sub(1)? as usize).map(str::to_owned)
}

#[derive(Serialize)]
struct BugJson<'r> {
    id: &'r str,
    title: &'r str,
    origin: &'r str,
    story: &'r str,
    missing: &'r str,
    engines: Vec<EngineJson<'r>>,
}

#[derive(Serialize)]
struct EngineJson<'r> {
    engine: &'r str,
    duty: &'static str,
    reason: Option<&'static str>,
    /// The execution in which the wrong version was found.
    found_in: Option<u64>,
    violation: Option<&'r str>,
    trace: Vec<String>,
    wrong_executions: u64,
    right: &'static str,
    right_executions: u64,
    objection: Option<String>,
}

impl<'r> EngineJson<'r> {
    fn of(told: &'r Told, has_trace: bool) -> Self {
        let (duty, reason) = match told.duty {
            Duty::Must => ("must", None),
            Duty::May(reason) => ("may", Some(reason)),
            Duty::Cannot(reason) => ("cannot", Some(reason)),
        };
        let found = told.found();
        let trace = found.filter(|_| has_trace).map(|found| &found.trace[..]).unwrap_or_default();
        EngineJson {
            engine: told.engine.name(),
            duty,
            reason,
            found_in: found.map(|found| found.execution),
            violation: found.map(|found| found.message.as_str()),
            trace: trace.iter().map(render_event).collect(),
            wrong_executions: told.wrong.executions,
            right: match told.right.verdict {
                Verdict::Exhausted { .. } => "exhausted",
                Verdict::Searched { .. } => "searched",
                Verdict::Bounded { .. } => "nothing found",
                Verdict::Violated(_) => "violated",
                Verdict::Unsupported { .. } => "unsupported",
            },
            right_executions: told.right.executions,
            objection: told.objection(),
        }
    }
}

/// The table with all its data, as an array of bugs.
pub fn render_history_json(retold: &[Retold], has_traces: bool) -> String {
    let bugs: Vec<BugJson<'_>> = retold
        .iter()
        .map(|retold| BugJson {
            id: retold.bug.id,
            title: retold.bug.title,
            origin: retold.bug.origin,
            story: retold.bug.story,
            missing: retold.bug.missing,
            engines: retold.told.iter().map(|told| EngineJson::of(told, has_traces)).collect(),
        })
        .collect();
    let mut text = serde_json::to_string_pretty(&bugs).expect("texts and numbers can be written");
    text.push('\n');
    text
}
