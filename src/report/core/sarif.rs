//! Mutants in SARIF 2.1.0, for code scanning and editors.
//!
//! | SARIF | drawloom |
//! |---|---|
//! | result | a mutant that no model notices, at its operation |
//! | suppression | it is equivalent to the original, for the reason that is given |
//! | notification | a mutant that is not decided, or noticed although it should not be; and the counts |

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::matrix::Matrix;
use super::survivors::columns;
use crate::engine::mutation::{Judged, Mutant, Row, judge};
use crate::report::sarif_log::{SarifRun, uri};

/// The one rule.
const ID: &str = "not-noticed";

/// The mutants that no model notices, as the results of one run.
pub fn render_survivors_sarif(matrix: &Matrix<'_>) -> String {
    let files: BTreeSet<String> =
        matrix.rows.iter().map(|row| row.mutant.operation.file.clone()).collect();
    let log = Log { matrix, files: files.into_iter().collect() };
    let mut alike = BTreeMap::new();
    let survivors = matrix.rows.iter().filter(|row| row.survived());
    let results = survivors.map(|row| log.result(row, &mut alike)).collect();
    let others = matrix.rows.iter().filter_map(|row| log.notification(row));
    let counts = json!({ "level": "note", "message": { "text": matrix.summary() } });
    let notifications: Vec<Value> = others.chain([counts]).collect();
    let is_whole = matrix.totals().unjudged == 0 && matrix.missing.is_empty();
    SarifRun { rules: vec![rule()], files: log.files, results, notifications, is_whole }.to_text()
}

fn rule() -> Value {
    let short = "An operation can be broken without a test noticing.";
    let full = "An operation was broken, as in a typing error that the compiler accepts: a weaker ordering, a \
                notification or a lock left out. No test has noticed. Either a test is missing, or the operation \
                does more than the code needs.";
    json!({
        "id": ID,
        "name": "NotNoticed",
        "shortDescription": { "text": short },
        "fullDescription": { "text": full },
        "help": { "text": full, "markdown": full },
        "defaultConfiguration": { "level": "warning" },
        "properties": { "tags": ["concurrency"], "precision": "high", "problem.severity": "warning" },
    })
}

struct Log<'l> {
    matrix: &'l Matrix<'l>,
    /// The files that have mutants, in the order of their names.
    files: Vec<String>,
}

impl Log<'_> {
    fn result(&self, row: &Row, alike: &mut BTreeMap<String, usize>) -> Value {
        let (mutant, outcome) = (&row.mutant, self.matrix.outcome(row));
        let why = match judge(self.matrix.suite, row) {
            Judged::Equivalent(why) => Some(why),
            _ => None,
        };
        let operation = &mutant.operation;
        let text = self.matrix.suite.source(operation).map_or("", |it| it.line(operation.line));
        // The same mutant after an edit elsewhere in the file; of several in lines that are alike, which one.
        let name = format!("{:?} {} {}", operation.op, mutant.operator, text.trim());
        let before = alike.entry(format!("{} {name}", operation.file)).or_default();
        *before += 1;
        let mut result = json!({
            "ruleId": ID,
            "ruleIndex": 0,
            "level": if why.is_some() { "note" } else { "warning" },
            "message": { "text": format!("no test notices: {:?}: {}: {outcome}", operation.op, mutant.operator) },
            "locations": [self.location(mutant)],
            "partialFingerprints": { "mutant/v1": format!("{name} {before}") },
            "properties": { "operator": mutant.operator.name() },
        });
        if let Some(why) = why {
            result["suppressions"] = json!([{ "kind": "external", "justification": why }]);
        }
        result
    }

    fn location(&self, mutant: &Mutant) -> Value {
        let operation = &mutant.operation;
        let index = self.files.binary_search(&operation.file).ok();
        let mut region = json!({ "startLine": operation.line });
        let line = self.matrix.suite.source(operation);
        let line =
            line.and_then(|it| it.text.lines().nth((operation.line as usize).checked_sub(1)?));
        if let Some(columns) = line.map(|line| columns(line, operation)) {
            region["startColumn"] = columns.start.into();
            region["endLine"] = operation.line.into();
            region["endColumn"] = columns.end.into();
        }
        json!({ "physicalLocation": {
            "artifactLocation": { "uri": uri(&operation.file), "index": index },
            "region": region,
        } })
    }

    /// What is to be said of a mutant that did not survive.
    fn notification(&self, row: &Row) -> Option<Value> {
        let level = match judge(self.matrix.suite, row) {
            Judged::Unjudged => "warning",
            Judged::NotEquivalent => "error",
            Judged::Killed | Judged::Survived | Judged::Equivalent(_) => return None,
        };
        let text = format!("{}: {}", row.mutant, self.matrix.outcome(row));
        let locations = [self.location(&row.mutant)];
        Some(json!({ "level": level, "message": { "text": text }, "locations": locations }))
    }
}
