//! Survivors as lines of the source, as a compiler shows what it warns of, and as annotations for GitHub Actions.

use std::fmt::Write;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::matrix::Matrix;
use crate::engine::mutation::{Operation, Row};
use crate::report::layout::TextStyle;
use crate::report::workflow::command;

/// Longer lines are not shown, since nobody could read them.
const LINE_BYTES_MAX: usize = 1000;

/// Wider source lines are cut, where no width is given.
const WIDTH: usize = 140;

/// What no model notices, as workflow commands of GitHub Actions: an annotation at each operation, and a line that counts.
pub fn render_survivors_github(matrix: &Matrix<'_>) -> String {
    let mut text = String::new();
    for row in matrix.rows.iter().filter(|row| row.survived()) {
        let Operation { file, line, column, .. } = &row.mutant.operation;
        let properties = [
            ("file", file.clone()),
            ("line", line.to_string()),
            ("col", column.to_string()),
            ("title", "no test notices".to_owned()),
        ];
        let message = format!("{}: {}", row.mutant, matrix.outcome(row));
        let _ = writeln!(text, "{}", command("warning", &properties, &message));
    }
    let _ = writeln!(text, "{}", matrix.summary());
    text
}

/// Renders each operation that can be broken without a model noticing, in colours; strip them where they are not wanted.
pub fn render_survivors(matrix: &Matrix<'_>, style: TextStyle) -> String {
    let mut text = String::new();
    let survivors: Vec<&Row> = matrix.rows.iter().filter(|row| row.survived()).collect();
    for group in survivors.chunk_by(|a, b| a.mutant.operation == b.mutant.operation) {
        text.push_str(&render(matrix, &group[0].mutant.operation, group, style));
        text.push_str("\n\n");
    }
    text
}

/// The columns of the word at which an operation is in its line, counted in characters, from 1.
pub(super) fn columns(line: &str, operation: &Operation) -> Range<usize> {
    let start = (operation.column as usize).clamp(1, line.chars().count() + 1);
    let is_of_word = |c: &char| c.is_alphanumeric() || *c == '_';
    start..start + line.chars().skip(start - 1).take_while(is_of_word).count()
}

fn render(
    matrix: &Matrix<'_>,
    operation: &Operation,
    survivors: &[&Row],
    style: TextStyle,
) -> String {
    let operators: Vec<String> =
        survivors.iter().map(|row| row.mutant.operator.to_string()).collect();
    let title = format!("no test notices: {}", operators.join("; "));
    let title = style.layout().lines(&title, "warning: ".len());
    let title = Level::WARNING.primary_title(title);
    let source = matrix.suite.source(operation);
    let line = source.and_then(|it| it.text.lines().nth((operation.line as usize).checked_sub(1)?));
    let width = if style.wraps { style.width } else { WIDTH };
    let renderer = Renderer::styled().term_width(width);
    let Some(line) = line.filter(|line| line.len() <= LINE_BYTES_MAX) else {
        let note = Level::NOTE.message(format!("at {operation}"));
        return renderer.render(&[title.element(note)]);
    };
    let Range { start, end } = columns(line, operation);
    let byte = |column: usize| line.char_indices().nth(column - 1).map_or(line.len(), |(at, _)| at);
    let annotation = AnnotationKind::Primary.span(byte(start)..byte(end));
    let snippet =
        Snippet::source(line).path(operation.file.as_str()).line_start(operation.line as usize);
    renderer.render(&[title.element(snippet.annotation(annotation))])
}
