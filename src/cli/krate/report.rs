//! What was found about a crate, as text, JSON and Markdown.

use std::fmt::Write as _;

use drawloom::record::{Ending, ModelRun};
use drawloom::report::{
    Line, Mark, Matrix, MatrixData, ResultTable, TextStyle, Weights, grouped, render_lines,
    render_survivors,
};
use serde::Serialize;

use super::build::Built;
use super::package::Package;
use super::patch::Patch;
use super::unbroken::{LeftOut, Unbroken, Witness, is_cut_off};
use super::weakest::Weakest;
use crate::cli::error::Exit;

/// The tests of a crate and what they have shown.
#[derive(Debug)]
pub(super) struct Tests<'t> {
    pub(super) package: &'t Package,
    pub(super) built: &'t Built,
    pub(super) unbroken: &'t Unbroken,
}

/// The JSON of one test.
#[derive(Serialize)]
struct TestData<'d> {
    test: &'d str,
    /// Why it was left out, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<&'d str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ms: Option<u64>,
    models: Vec<ModelRun>,
}

#[derive(Serialize)]
struct TestsData<'d> {
    package: &'d str,
    /// How the build differs from an ordinary one.
    conditions: String,
    notes: &'d [String],
    tests: Vec<TestData<'d>>,
}

/// The sign of a search in a test that passes: one with a violation expects that.
fn mark(run: &ModelRun) -> Mark {
    match run.ending {
        Ending::Exhausted | Ending::Violated { .. } => Mark::Fine,
        _ if is_cut_off(run) => Mark::Open,
        _ => Mark::Likely,
    }
}

impl Tests<'_> {
    fn data(&self) -> TestsData<'_> {
        let models = |runs: &[ModelRun]| {
            let without_operations =
                |run: &ModelRun| ModelRun { operations: Vec::new(), ..run.clone() };
            runs.iter().map(without_operations).collect()
        };
        let told = self.unbroken.witnesses.iter().map(|Witness { test, runs, time }| TestData {
            test: &test.title,
            left_out: None,
            ms: Some(time.as_millis() as u64),
            models: models(runs),
        });
        let left = self.unbroken.left_out.iter().map(|LeftOut { test, why, runs, .. }| TestData {
            test: &test.title,
            left_out: Some(why),
            ms: None,
            models: models(runs),
        });
        TestsData {
            package: &self.package.name,
            conditions: self.package.conditions(),
            notes: &self.built.notes,
            tests: told.chain(left).collect(),
        }
    }

    /// A table of the models, then what was left out, and warnings; in colours.
    pub(super) fn to_text(&self, style: TextStyle) -> String {
        let header = ["test", "model", "verdict", "executions", "time"].map(str::to_owned);
        let mut table = ResultTable::new(header.to_vec(), [3, 4]);
        for Witness { test, runs, .. } in &self.unbroken.witnesses {
            for run in runs {
                let seconds = format!("{:.1} s", run.ms as f64 / 1000.0);
                let cells = [
                    test.title.clone(),
                    run.place.clone(),
                    run.ending.words(),
                    grouped(run.executions),
                    seconds,
                ];
                table.add(mark(run), cells.to_vec());
            }
        }
        let mut lines = Vec::new();
        for LeftOut { test, why, fails, has_no_end, output, .. } in &self.unbroken.left_out {
            let text = format!("{}: {why}", test.title);
            lines.push(match (fails, has_no_end) {
                (true, _) => Line::marked(Mark::Wrong, text),
                (false, true) => Line::marked(Mark::Open, text),
                (false, false) => Line::new(text),
            });
            if *fails {
                lines.extend(output.lines().map(|line| Line::new(line).indented(4)));
            }
        }
        lines.extend(self.warnings().iter().map(|it| Line::new(format!("warning: {it}"))));
        lines.extend(self.built.notes.iter().map(|it| Line::new(format!("note: {it}"))));
        let models = self.unbroken.witnesses.iter().map(Witness::models).sum::<usize>();
        let table = if models > 0 { table.render(style) } else { String::new() };
        table + &render_lines(&lines, style)
    }

    /// The summary with the sign of all tests together.
    pub(super) fn summary_line(&self) -> Line {
        let runs = self.unbroken.witnesses.iter().flat_map(|it| &it.runs);
        let mut last = runs.filter(|run| !run.is_only_first());
        let mark = match self.exit() {
            Exit::Failed => Mark::Wrong,
            Exit::Fine if last.all(|run| mark(run) == Mark::Fine) => Mark::Fine,
            Exit::Fine => Mark::Likely,
            _ => Mark::Open,
        };
        Line::marked(mark, self.summary())
    }

    /// The exit for all tests together.
    pub(super) fn exit(&self) -> Exit {
        let Unbroken { witnesses, left_out } = self.unbroken;
        if left_out.iter().any(|it| it.fails) {
            Exit::Failed
        } else if witnesses.is_empty()
            || left_out.iter().any(|it| it.has_no_end)
            || !self.built.notes.is_empty()
            || !self.unbroken.is_whole()
        {
            Exit::Unfinished
        } else {
            Exit::Fine
        }
    }

    /// One line: how many tests and models.
    pub(super) fn summary(&self) -> String {
        let Unbroken { witnesses, left_out } = self.unbroken;
        let models: usize = witnesses.iter().map(Witness::models).sum();
        let fails = left_out.iter().filter(|it| it.fails).count();
        let (tests, others) = (witnesses.len(), left_out.len() - fails);
        let others = match others {
            0 => String::new(),
            others => format!(", {others} without a model or without an end"),
        };
        format!(
            "{}, {}: {tests} tests pass, with {models} models; {fails} fail{others}",
            self.package.name,
            self.package.conditions()
        )
    }

    /// Models that are worth less than they seem.
    fn warnings(&self) -> Vec<String> {
        let runs = self.unbroken.witnesses.iter().flat_map(|witness| &witness.runs);
        let of = |run: &ModelRun| {
            let vacuous = match (run.threads, run.objects_shared) {
                (Some(2..), Some(0)) => {
                    Some("several threads, and nothing that they share".to_owned())
                }
                (Some(2..), Some(_)) if run.executions == 1 => {
                    Some("several threads, one execution".to_owned())
                }
                (Some(0 | 1), _) if run.remarks.is_empty() => Some("one thread".to_owned()),
                _ => None,
            };
            let all: Vec<String> = vacuous.into_iter().chain(run.remarks.iter().cloned()).collect();
            all.into_iter().map(|what| format!("{}: {what}", run.place)).collect::<Vec<_>>()
        };
        let mut all: Vec<String> = runs.flat_map(of).collect();
        all.sort();
        all.dedup();
        all
    }

    /// The same facts as one JSON object.
    pub(super) fn to_json(&self) -> String {
        json(&self.data())
    }
}

/// The mutants of a crate.
#[derive(Debug)]
pub(super) struct Findings<'f> {
    pub(super) tests: Tests<'f>,
    pub(super) matrix: &'f Matrix<'f>,
    pub(super) with_weights: bool,
    pub(super) weakest: Option<(Weakest, Patch)>,
}

#[derive(Serialize)]
struct WeakestData<'d> {
    weakenings: Vec<String>,
    is_complete: bool,
    sets: u64,
    diff: &'d str,
    by_hand: &'d [String],
}

#[derive(Serialize)]
struct FindingsData<'d> {
    #[serde(flatten)]
    tests: TestsData<'d>,
    #[serde(flatten)]
    matrix: MatrixData<'d>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weakest: Option<WeakestData<'d>>,
}

/// What every suggestion of weaker orderings must say.
const CAVEAT: &str = "No test notices these weaker orderings, all together. That is worth as much as the tests \
                      are: an ordering that is needed for something that no test does looks unneeded here.";

impl Findings<'_> {
    pub(super) fn to_text(&self, style: TextStyle) -> String {
        let mut text = self.tests.to_text(style);
        text.push('\n');
        if self.with_weights {
            text += &render_lines(&Weights::new(self.matrix).lines(), style);
        } else {
            text += &render_lines(&self.matrix.lines_of_rows(), style);
            text.push('\n');
            text += &render_survivors(self.matrix, style);
            let summaries = [self.tests.summary_line(), self.matrix.summary_line()];
            text += &render_lines(&summaries, style);
        }
        if let Some((weakest, patch)) = &self.weakest {
            let words = weakest_in_words(weakest, patch);
            let words: Vec<Line> = words.lines().map(Line::new).collect();
            text.push('\n');
            text += &render_lines(&words, style);
            text += &patch.diff;
        }
        text
    }

    pub(super) fn to_markdown(&self) -> String {
        let mut text = format!("{}.\n\n", self.tests.summary());
        // No times: the text is the same in every run, as far as searches come to their end.
        text += "| test | models | executions |\n|---|---:|---:|\n";
        for witness in &self.tests.unbroken.witnesses {
            let (title, models) = (&witness.test.title, witness.models());
            let executions = grouped(witness.executions());
            let _ = writeln!(text, "| `{title}` | {models} | {executions} |");
        }
        for LeftOut { test, why, .. } in &self.tests.unbroken.left_out {
            let why = why.replace('|', "\\|");
            let _ = writeln!(text, "| `{}` | left out: {why} | |", test.title);
        }
        text.push('\n');
        text += &if self.with_weights {
            Weights::new(self.matrix).to_markdown()
        } else {
            self.matrix.to_markdown()
        };
        if let Some((weakest, patch)) = &self.weakest {
            let _ = write!(text, "\n### Weaker orderings\n\n{}", weakest_in_words(weakest, patch));
            if !patch.diff.is_empty() {
                let _ = write!(text, "\n```diff\n{}```\n", patch.diff);
            }
        }
        text
    }

    pub(super) fn to_json(&self) -> String {
        let weakest = self.weakest.as_ref().map(|(weakest, patch)| WeakestData {
            weakenings: weakest.weakenings.iter().map(ToString::to_string).collect(),
            is_complete: weakest.is_complete,
            sets: weakest.sets,
            diff: &patch.diff,
            by_hand: &patch.by_hand,
        });
        json(&FindingsData { tests: self.tests.data(), matrix: self.matrix.data(), weakest })
    }
}

fn weakest_in_words(weakest: &Weakest, patch: &Patch) -> String {
    let sets = grouped(weakest.sets);
    if weakest.weakenings.is_empty() {
        return format!(
            "No ordering can be weakened that the tests do not notice ({sets} sets tried).\n"
        );
    }
    let searched = if weakest.is_complete { "" } else { " Not every search came to its end." };
    let mut text =
        format!("{CAVEAT}{searched}\n{} orderings, {sets} sets tried.\n", weakest.weakenings.len());
    for place in &patch.by_hand {
        let _ = writeln!(text, "not in the text of the call, to be changed by hand: {place}");
    }
    text
}

fn json(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("texts and numbers");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sign_of_a_search_says_whether_something_was_cut_off() {
        for (ending, expected) in [
            (r#""verdict": "exhausted""#, Mark::Fine),
            (r#""verdict": "searched", "not_seen": ["uncaused_wakeups"]"#, Mark::Likely),
            (r#""verdict": "bounded", "stopped_by": "rounds""#, Mark::Likely),
            (r#""verdict": "bounded", "stopped_by": "preemptions""#, Mark::Likely),
            (r#""verdict": "bounded", "stopped_by": "time""#, Mark::Open),
            (r#""verdict": "bounded", "stopped_by": "memory""#, Mark::Open),
            (r#""verdict": "bounded", "stopped_by": "steps""#, Mark::Open),
            (r#""verdict": "bounded", "stopped_by": "no_execution""#, Mark::Open),
            // Of a test that expects a panic.
            (
                r#""verdict": "violated", "violation": "panic", "message": "panic: as it must", "execution": 1"#,
                Mark::Fine,
            ),
            (r#""verdict": "unsupported", "reason": "chance""#, Mark::Open),
        ] {
            let run = format!(
                r#"{{"place": "a.rs:1:1", "engine": "heddle", {ending}, "executions": 9, "blocked": 0, "ms": 1}}"#
            );
            let run: ModelRun = serde_json::from_str(&run).expect("a search");
            assert!(mark(&run) == expected, "{ending}: {:?}", mark(&run));
        }
    }
}
