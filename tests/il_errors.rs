//! Every finding of the parser and the verifier, with its place and its advice.
//!
//! The cases stand in `tests/golden/il/errors.txt`: a title, a text, and what is found in it. A
//! `module` case is a whole text; a `body` case stands in a function with parameters of every type
//! (`PRELUDE`), and its lines are counted from the body's first. After a change of messages,
//! `BLESS=1 cargo test --test il_errors` rewrites the file; read the difference like code.
#![cfg(feature = "cli")]

#[path = "common/golden.rs"]
mod golden;

use std::fmt::Write as _;

use drawloom::il::{Diagnostic, Lines, Span, parse, verify};
use golden::Case;

const PRELUDE: &str = r#"il 0.3.0
extern @host(i64, str) -> void
global const str @.text = "hi"
global i64 @counter
func @callee(i64 %x) -> i64 {
entry:
  ret %x
}
func @main(i64 %a, f64 %f, i32 %n, ptr %p, str %s, i1 %c) -> i64 {
entry:
"#;

const GOLDEN: &str = "il/errors.txt";

/// The text that the case is about, and how many lines of it come before the first that counts.
fn whole_text(case: &Case<'_>) -> (String, usize) {
    if case.title.starts_with("body: ") {
        let text = format!("{PRELUDE}{}\n}}\n", case.text);
        return (text, PRELUDE.lines().count());
    }
    (case.text.to_owned(), 0)
}

fn findings(text: &str) -> Vec<Diagnostic> {
    match parse(text).and_then(verify) {
        Ok(_) => Vec::new(),
        Err(findings) => findings,
    }
}

/// Line and column, without the lines that do not count.
fn place(lines: &Lines<'_>, span: Span, lines_before: usize) -> String {
    let (line, column) = lines.place(span.range().start);
    format!("{}:{column}", (line as usize).saturating_sub(lines_before))
}

fn render(text: &str, findings: &[Diagnostic], lines_before: usize) -> String {
    let (mut out, lines) = (String::new(), Lines::new(text));
    for finding in findings {
        let at = place(&lines, finding.span, lines_before);
        let marked = &text[finding.span.range()];
        let _ = writeln!(out, "{at}: {} [{}]", finding.message, marked.escape_debug());
        if let Some((span, message)) = &finding.related {
            let _ = writeln!(out, "  {}: {message}", place(&lines, *span, lines_before));
        }
        if let Some(help) = &finding.help {
            let _ = writeln!(out, "  help: {help}");
        }
    }
    out.trim_end().to_owned()
}

#[test]
fn every_finding_has_the_golden_message_place_and_advice() {
    golden::holds(GOLDEN, |case| {
        let (text, lines_before) = whole_text(case);
        render(&text, &findings(&text), lines_before)
    });
}

#[test]
fn every_golden_case_finds_something_and_has_its_own_title() {
    let file = golden::file(GOLDEN);
    let cases = golden::cases(&file);
    golden::are_many(&cases, 60);
    for case in cases {
        assert_ne!(case.expected, "", "{}", case.title);
    }
}

#[test]
fn one_run_reports_mistakes_of_all_functions_in_the_order_of_the_text() {
    let text = "il 0.3.0\nfunc @a() -> i64 {\nentry:\n  ret %x\n}\nfunc @b() -> i64 {\nentry:\n  br l\n}\n";
    let messages: Vec<_> = findings(text).into_iter().map(|finding| finding.message).collect();
    assert_eq!(messages, ["'%x' is not defined", "there is no label 'l'"]);
}

#[test]
fn after_fifty_findings_one_more_says_that_there_are_more() {
    for line in ["bogus\n", "%x = iadd.ovf %y, 1\n"] {
        let text = format!("il 0.3.0\nfunc @f() -> void {{\nentry:\n{}ret\n}}\n", line.repeat(100));
        let findings = findings(&text);
        assert_eq!(findings.len(), 51);
        assert_eq!(findings[50].message, "more errors follow; only the first 50 are shown");
    }
}
