//! The sources of a run of mutants as the data of a page.

use std::collections::BTreeMap;

use super::matrix::Matrix;
use crate::engine::mutation::{Judged, judge};
use crate::page::{Fate, MutantTold, Mutated, MutatedFile};

/// Each source file with its mutants; `title` says what was done.
pub fn mutated_of(matrix: &Matrix<'_>, title: String) -> Mutated {
    let mut files = BTreeMap::<&str, MutatedFile>::new();
    for row in matrix.rows {
        let operation = &row.mutant.operation;
        let Some(source) = matrix.suite.source(operation) else { continue };
        let file = files.entry(&source.file).or_insert_with(|| MutatedFile {
            name: source.file.clone(),
            text: source.text.clone(),
            mutants: BTreeMap::new(),
        });
        let fate = match judge(matrix.suite, row) {
            Judged::Killed => Fate::Killed,
            Judged::Equivalent(_) => Fate::Equivalent,
            Judged::Unjudged => Fate::Unjudged,
            Judged::Survived | Judged::NotEquivalent => Fate::Survived,
        };
        let what = format!("{:?}: {}", operation.op, row.mutant.operator);
        let told = MutantTold { fate, what, how: matrix.outcome(row) };
        file.mutants.entry(operation.line as usize).or_default().push(told);
    }
    Mutated { title, totals: matrix.summary(), files: files.into_values().collect() }
}
