//! A trap that ended a program: its kind, its thread, its place, and the calls that led there.

use std::fmt::Write;

use super::diagnostic::render_diagnostics;
use crate::il::{Diagnostic, Span, beginning};
use crate::interp::{Place, Trap};

/// Renders a trap in colours; strip them where they are not wanted. `own_file` is the `.loc` file number
/// of `text` itself: 0 for IL, otherwise the number that a front end gave its source.
pub fn render_trap(path: &str, text: &str, own_file: u32, trap: &Trap) -> String {
    let message = format!("trap: {}: {}", trap.kind, trap.message);
    let place = trap.backtrace.first();
    let line = place.and_then(|place| line_of(text, own_file, place));
    let mut out = match line {
        Some(span) => {
            let shown = render_diagnostics(path, text, &[Diagnostic::new(span, message)]);
            format!("{}\n", shown.trim_end())
        }
        None => format!("error: {message}\n"),
    };
    let _ = writeln!(out, "  in guest thread {} (main is 0)", trap.thread);
    for (depth, place) in trap.backtrace.iter().enumerate() {
        let word = if depth == 0 { "at" } else { "called from" };
        let Place { function, block, instruction, .. } = place;
        let _ = write!(out, "  {word} @{function}, block {block}, instruction {instruction}");
        let _ = match place {
            Place { line: 0, .. } => writeln!(out),
            Place { file, line, column, .. } if *file == own_file => {
                writeln!(out, " ({path}:{line}:{column})")
            }
            Place { file, line, .. } => writeln!(out, " (source file {file}, line {line})"),
        };
    }
    if trap.frames_omitted > 0 {
        let _ = writeln!(out, "  ... and {} more frames", trap.frames_omitted);
    }
    out
}

/// The part of the line that begins at the place, if the place is in this text.
pub(in crate::report) fn line_of(text: &str, own_file: u32, place: &Place) -> Option<Span> {
    if place.file != own_file || place.line == 0 {
        return None;
    }
    let mut start = beginning(text);
    for _ in 1..place.line {
        start += text[start..].find('\n')? + 1;
    }
    let line = text[start..].lines().next()?;
    let column = line.char_indices().nth(place.column.saturating_sub(1) as usize);
    let from = column.map_or(0, |(at, _)| at);
    Some(Span::new(start + from, start + line.trim_end().len().max(from)))
}
