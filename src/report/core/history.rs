//! The table of retold bugs: what each engine found in the wrong and the right version of each.
//!
//! A number is the execution in which an engine first found the wrong version. `-` marks a search that
//! found nothing and need not have, and `never` an engine that cannot find the bug. Results that are not
//! as they must be are left to the caller.

use std::fmt::Write;
use std::panic::Location;

use serde::Serialize;

use crate::engine::history::{Bug, Duty, ILLEGAL, SOURCES, Told};
use crate::engine::{Verdict, WorldEngine};
use crate::report::events::{lines_of_events, render_event, render_events};
use crate::report::layout::TextStyle;
use crate::report::lines::{Line, render_lines};
use crate::report::mark::Mark;
use crate::report::numbers::{counted, grouped};
use crate::report::result_table::ResultTable;

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

    fn mark(&self) -> Mark {
        let is_asked = self.told.iter().any(|told| matches!(told.duty, Duty::Must));
        match self.objections().next() {
            Some(_) => Mark::Wrong,
            None if is_asked => Mark::Fine,
            None => Mark::Likely,
        }
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

/// The table, in colours; strip them where they are not wanted.
pub fn render_history(retold: &[Retold], style: TextStyle) -> String {
    let engines = engines(retold);
    let names = engines.iter().map(|engine| engine.column().to_owned());
    let header = ["id", "bug", "origin"].map(str::to_owned).into_iter().chain(names);
    let header = header.chain(["right version".to_owned()]).collect();
    let mut table = ResultTable::new(header, 3..3 + engines.len());
    for retold in retold {
        let bug = retold.bug;
        let mut row = [bug.id, bug.title, bug.origin].map(str::to_owned).to_vec();
        row.extend(retold.told.iter().map(first_find));
        row.push(retold.right());
        table.add(retold.mark(), row);
    }
    let meaning = "executions until the wrong version was found; of the right one heddle runs all that it has";
    let mut lines = vec![Line::new(""), Line::new(meaning)];
    lines.extend(reasons(retold).iter().map(|reason| Line::new(reason.replace('`', ""))));
    lines.push(conclusion(retold));
    table.render(style) + &render_lines(&lines, style)
}

/// Whether everything is as it must be, in one line.
fn conclusion(retold: &[Retold]) -> Line {
    let objections = retold.iter().flat_map(Retold::objections).count();
    let bugs = counted(retold.len() as u64, "bug");
    let likely = retold.iter().filter(|it| it.mark() == Mark::Likely).count();
    match objections {
        0 if likely == retold.len() => Line::marked(
            Mark::Likely,
            format!("{bugs}: no engine that was asked must tell wrong from right"),
        ),
        0 => {
            let (mark, rest) = match likely {
                0 => (Mark::Fine, String::new()),
                _ => (Mark::Likely, format!("; for {} none must", grouped(likely as u64))),
            };
            let all = "every engine that must tell wrong from right does";
            Line::marked(mark, format!("{bugs}: {all}{rest}"))
        }
        1 => Line::marked(Mark::Wrong, format!("{bugs}: 1 search is not as it must be")),
        _ => {
            let searches = counted(objections as u64, "search");
            Line::marked(Mark::Wrong, format!("{bugs}: {searches} are not as they must be"))
        }
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

/// A bug's story, and the counterexample of the first engine that found it, in colours; strip them where they are
/// not wanted.
pub fn render_story(retold: &Retold, style: TextStyle) -> String {
    let bug = retold.bug;
    let lines = [
        Line::marked(retold.mark(), format!("{}: {}", bug.id, bug.title)),
        Line::new(bug.origin),
        Line::new(""),
        Line::new(bug.story),
        Line::new(format!("What is missing: {}.", bug.missing)),
        Line::new(""),
    ];
    render_lines(&lines, style) + &render_counterexample_of(retold, style)
}

/// The counterexample of the first engine that found a bug.
pub fn render_counterexample_of(retold: &Retold, style: TextStyle) -> String {
    let Some((told, found)) = retold.told.iter().find_map(|told| Some((told, told.found()?)))
    else {
        return "nobody has found it\n".to_owned();
    };
    let name = told.engine.name();
    let heading = Line::new(format!("{name}, execution {}:", grouped(found.execution)));
    let mut events = render_events(&found.trace, source_line);
    if style.wraps && events.lines().any(|line| line.chars().count() > style.width) {
        events = render_lines(&lines_of_events(&found.trace, source_line), style);
    }
    let before = render_lines(&[heading, Line::new("")], style);
    before + &events + &render_lines(&[Line::new(""), Line::new(&*found.message)], style)
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
