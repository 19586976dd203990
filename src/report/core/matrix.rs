//! The matrix of mutants: each operation, each way to break it, and the model that noticed.

use std::fmt::Write;

use serde::Serialize;

use crate::engine::mutation::{Discovery, Judged, Kill, Mutant, Outcome, Row, Suite, judge};
use crate::report::lines::Line;
use crate::report::mark::Mark;
use crate::report::numbers::{counted, grouped};
use crate::report::schema::SchemaName;

/// The result of a run of mutants.
#[derive(Debug)]
pub struct Matrix<'m> {
    /// The code that was broken, and its models.
    pub suite: &'m Suite,
    /// The mutants that exist.
    pub discovery: &'m Discovery,
    /// Their results.
    pub rows: &'m [Row],
    /// The seed of all random choices, if there are any.
    pub seed: Option<u64>,
    /// A line about each shard of which rows are missing.
    pub missing: &'m [String],
}

/// The number of rows with each result.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
pub struct Totals {
    /// Noticed by a model.
    pub killed: usize,
    /// Not noticed, for a reason that is written down.
    pub equivalent: usize,
    /// Not noticed, and no reason is known.
    pub survived: usize,
    /// Noticed, although an argument says that it is equivalent.
    pub not_equivalent: usize,
    /// Undecided: the time was up, or a child process was lost.
    pub unjudged: usize,
}

impl Totals {
    /// Whether nothing is left to explain.
    pub fn is_clean(self) -> bool {
        self.survived + self.not_equivalent + self.unjudged == 0
    }
}

impl Matrix<'_> {
    /// The number of rows with each result.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for row in self.rows {
            *match judge(self.suite, row) {
                Judged::Killed => &mut totals.killed,
                Judged::Equivalent(_) => &mut totals.equivalent,
                Judged::Survived => &mut totals.survived,
                Judged::NotEquivalent => &mut totals.not_equivalent,
                Judged::Unjudged => &mut totals.unjudged,
            } += 1;
        }
        totals
    }

    /// One line: how much was broken, and with what result.
    pub fn summary(&self) -> String {
        let Totals { killed, equivalent, survived, not_equivalent, unjudged } = self.totals();
        let rest = [
            (survived, "survived"),
            (not_equivalent, "killed although equivalent"),
            (unjudged, "unjudged"),
        ];
        let rest = rest.iter().filter(|(count, _)| *count > 0);
        let rest: Vec<String> = rest.map(|(count, what)| format!(", {count} {what}")).collect();
        let rest = rest.concat();
        let seed = self.seed.map_or_else(String::new, |seed| format!("; seed {seed}"));
        let missing: Vec<String> =
            self.missing.iter().map(|line| format!("; not finished: {line}")).collect();
        format!(
            "{} ({} known, of {} by {}): {killed} killed, {equivalent} equivalent{rest}{seed}{}",
            counted(self.rows.len() as u64, "mutant"),
            grouped(self.discovery.mutants.len() as u64),
            counted(self.discovery.operations() as u64, "operation"),
            counted(self.discovery.operators() as u64, "operator"),
            missing.concat(),
        )
    }

    fn function_and_line(&self, mutant: &Mutant) -> (String, &str) {
        let line = mutant.operation.line;
        match self.suite.source(&mutant.operation) {
            Some(source) => (source.function(line), source.line(line)),
            None => (String::new(), ""),
        }
    }

    /// Plain text: operation by operation, then what is left to explain.
    pub fn to_text(&self) -> String {
        self.lines().iter().map(|line| line.plain() + "\n").collect()
    }

    /// Operation by operation, then what is left to explain.
    pub fn lines(&self) -> Vec<Line> {
        let mut lines = self.lines_of_rows();
        let is_open =
            |row: &&Row| !matches!(judge(self.suite, row), Judged::Killed | Judged::Equivalent(_));
        let mut open = self.rows.iter().filter(is_open).peekable();
        if open.peek().is_some() {
            lines.extend([Line::new(""), Line::new("to be explained:")]);
        }
        let explain = |row: &Row| self.line(row, &format!("{}: {}", row.mutant, self.outcome(row)));
        lines.extend(open.map(explain));
        lines.extend([Line::new(""), self.summary_line()]);
        lines
    }

    /// Operation by operation.
    pub fn lines_of_rows(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut last = None;
        for row in self.rows {
            let operation = &row.mutant.operation;
            if last.replace(operation) != Some(operation) {
                let (function, line) = self.function_and_line(&row.mutant);
                let function = if function.is_empty() { "" } else { &format!(" in {function}") };
                lines.push(Line::new(format!("{operation}{function}")));
                lines.push(Line::of_source(line).indented(4));
            }
            let seconds = row.ms as f64 / 1000.0;
            let (operator, outcome) = (row.mutant.operator, self.outcome(row));
            lines.push(self.line(row, &format!("{operator}: {outcome}, {seconds:.1} s")));
        }
        lines
    }

    fn line(&self, row: &Row, text: &str) -> Line {
        let mark = match judge(self.suite, row) {
            Judged::Killed => Mark::Fine,
            Judged::Equivalent(_) => Mark::Likely,
            Judged::Unjudged => Mark::Open,
            Judged::Survived | Judged::NotEquivalent => Mark::Wrong,
        };
        Line::marked(mark, text).indented(2)
    }

    /// The summary with the sign of the whole matrix.
    pub fn summary_line(&self) -> Line {
        let totals = self.totals();
        let mark = match totals.survived + totals.not_equivalent {
            0 if totals.is_clean() && self.missing.is_empty() => Mark::Fine,
            0 => Mark::Open,
            _ => Mark::Wrong,
        };
        Line::marked(mark, self.summary())
    }

    /// What became of a mutant, in words.
    pub(super) fn outcome(&self, row: &Row) -> String {
        let killed = || {
            let kills: Vec<_> = row.kills().iter().map(kill).collect();
            format!("killed by {}", kills.join("; "))
        };
        match judge(self.suite, row) {
            Judged::Killed => killed(),
            Judged::NotEquivalent => format!("not equivalent: {}", killed()),
            Judged::Equivalent(why) => format!("equivalent, {}: {why}", survived(row)),
            Judged::Survived | Judged::Unjudged => match &row.outcome {
                Outcome::Survived { .. } => survived(row),
                Outcome::Unjudged { reason } => format!("unjudged: {reason}"),
                Outcome::Killed { .. } => killed(),
            },
        }
    }

    /// For docs/MUTANTS.md: the columns that are the same every time. Operations are identified by their
    /// source text and not by line, so that an edit elsewhere changes nothing here.
    pub fn to_markdown(&self) -> String {
        let mut text = format!("{}.\n", self.summary());
        let mut file = "";
        for row in self.rows {
            let operation = &row.mutant.operation;
            if operation.file != file {
                file = &operation.file;
                let _ = write!(
                    text,
                    "\n### `{file}`\n\n| in | operation | operator | noticed by | engine | \
                     execution | as |\n|---|---|---|---|---|---|---|\n"
                );
            }
            let (function, line) = self.function_and_line(&row.mutant);
            let name = operation.name.as_ref().map_or(String::new(), |name| format!(" {name}"));
            let cell = |text: &str| text.replace('|', "\\|");
            let _ = write!(
                text,
                "| {} | {:?}{name}: `{}` | {} | ",
                cell(&function),
                operation.op,
                cell(line),
                row.mutant.operator
            );
            let _ = match (judge(self.suite, row), row.kills()) {
                (Judged::Killed, [by, ..]) => writeln!(
                    text,
                    "`{}` | {} | {} | {} |",
                    by.model,
                    by.engine,
                    by.execution.map_or("-".to_owned(), grouped),
                    cell(&by.how)
                ),
                (Judged::Equivalent(why), _) => {
                    writeln!(text, "nobody: {} | | | |", cell(why))
                }
                _ => writeln!(text, "**{}** | | | |", cell(&self.outcome(row))),
            };
        }
        text
    }

    /// All data, for a report that is a part of another one.
    pub fn data(&self) -> MatrixData<'_> {
        let one = |row| {
            let (judged, why) = match judge(self.suite, row) {
                Judged::Killed => ("killed", None),
                Judged::Equivalent(why) => ("equivalent", Some(why)),
                Judged::Survived => ("survived", None),
                Judged::NotEquivalent => ("not-equivalent", None),
                Judged::Unjudged => ("unjudged", None),
            };
            let (function, text) = self.function_and_line(&row.mutant);
            RowData { row, function, text, judged, why }
        };
        MatrixData {
            schema: SchemaName::MUTANTS,
            seed: self.seed,
            known: self.discovery.mutants.len(),
            operations: self.discovery.operations(),
            operators: self.discovery.operators(),
            totals: self.totals(),
            missing: self.missing,
            mutants: self.rows.iter().map(one).collect(),
        }
    }

    /// JSON, with all data.
    pub fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(&self.data()).expect("texts and numbers");
        text.push('\n');
        text
    }
}

/// A matrix as data, to be written as JSON.
#[derive(Debug, Serialize)]
pub struct MatrixData<'m> {
    #[serde(flatten)]
    schema: SchemaName,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
    known: usize,
    operations: usize,
    operators: usize,
    totals: Totals,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    missing: &'m [String],
    mutants: Vec<RowData<'m>>,
}

#[derive(Debug, Serialize)]
struct RowData<'m> {
    #[serde(flatten)]
    row: &'m Row,
    function: String,
    text: &'m str,
    judged: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
}

fn survived(row: &Row) -> String {
    match row.outcome {
        Outcome::Survived { executions, is_complete } => {
            let searched = if is_complete {
                "everything that heddle or loom looks at"
            } else {
                "not everything that heddle or loom looks at"
            };
            format!("survived {} executions, {searched}", grouped(executions))
        }
        Outcome::Killed { .. } | Outcome::Unjudged { .. } => String::new(),
    }
}

fn kill(Kill { model, engine, execution, how }: &Kill) -> String {
    let execution = execution.map_or(String::new(), |nth| format!(", execution {}", grouped(nth)));
    format!("{model}, {engine}{execution}: {how}")
}
