//! The first line of a test, and everything up to the initial state.

use super::cursor::Parsed;
use super::lexer::nested_comment;
use crate::il::{Diagnostic, Span, beginning};

/// The contents of the header.
pub(super) struct Header {
    /// The test's name.
    pub(super) name: String,
    /// The position of the brace of the initial state.
    pub(super) end: usize,
}

/// Reads `C NAME` and goes on to the first brace, past texts in quotes, comments in `(* *)`, and herd's
/// lines of the form `KEY=VALUE`, which drawloom does not need.
pub(super) fn read(text: &str) -> Parsed<Header> {
    let at = skip(text, beginning(text), |c| c.is_ascii_whitespace())?;
    let language = word(text, at);
    let span = Span::new(at, at + language.len());
    if language.is_empty() {
        return Err(Diagnostic::new(span, "expected 'C' and the test's name"));
    }
    if language != "C" {
        let message = format!("expected a test in 'C', found '{}'", language.escape_debug());
        return Err(Diagnostic::new(span, message));
    }
    let rest = &text[at + 1..];
    let at = at + 1 + (rest.len() - rest.trim_start_matches([' ', '\t']).len());
    let name = word(text, at);
    if name.is_empty() {
        return Err(Diagnostic::new(Span::new(at, at), "expected the test's name"));
    }
    let end = skip(text, at + name.len(), |c| c != '{')?;
    if end == text.len() {
        let span = Span::new(end, end);
        return Err(Diagnostic::new(span, "expected '{' and the initial state"));
    }
    Ok(Header { name: name.to_owned(), end })
}

/// The characters from here to a blank, a brace, a parenthesis or a quote.
fn word(text: &str, at: usize) -> &str {
    let rest = &text[at..];
    let ends = |c: char| c.is_ascii_whitespace() || "{(\";".contains(c);
    &rest[..rest.find(ends).unwrap_or(rest.len())]
}

/// Goes past comments, quoted texts and these characters.
fn skip(text: &str, mut at: usize, skipped: impl Fn(char) -> bool) -> Parsed<usize> {
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        at += if rest.starts_with("(*") {
            let open = || Diagnostic::new(Span::new(at, at + 2), "this comment has no end");
            nested_comment(rest).ok_or_else(open)?
        } else if first == '"' {
            let open = || Diagnostic::new(Span::new(at, at + 1), "this quote has no end");
            rest[1..].find('"').ok_or_else(open)? + 2
        } else if skipped(first) {
            first.len_utf8()
        } else {
            break;
        };
    }
    Ok(at)
}
