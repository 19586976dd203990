//! Reports on checked programs as text: first what was found, then how it happens, then how much was searched.

use std::fmt::Write;

use super::checked::Checked;
use super::mark::mark_of;
use super::statistics::statistics;
use super::trace::{TraceStyle, numbered_steps, render_trace, thread_name};
use crate::guest::{GuestCounterexample, Judgement};
use crate::il::Diagnostic;
use crate::report::layout::TextStyle;
use crate::report::source::diagnostic::render_diagnostics_within;
use crate::report::source::trap::line_of;

/// Renders the report on one program, in colours; strip them where they are not wanted.
pub fn render_checked(checked: &Checked, style: TextStyle) -> String {
    if checked.refusal.is_some() {
        let findings = render_findings(checked, style);
        return format!("{findings}error: {}\n", checked.headline());
    }
    let headline = mark_of(checked).marked(&checked.headline());
    format!("{}\n{}", style.layout().hanging(&headline, 2), below_headline(checked, style))
}

/// What follows the first line.
pub(super) fn below_headline(checked: &Checked, style: TextStyle) -> String {
    let mut out = render_findings(checked, style);
    if checked.refusal.is_some() || style.is_brief {
        return out;
    }
    for searched in &checked.searches {
        let _ =
            writeln!(out, "\n{}", statistics(searched, checked.claim.is_some(), style).trim_end());
    }
    out
}

/// Renders what was found: differences from the header, the answer to a litmus test, and each violation with its
/// source line and its trace. Of a program that cannot be read, the mistakes.
pub fn render_findings(checked: &Checked, style: TextStyle) -> String {
    let mut out = String::new();
    if let Some(refusal) = &checked.refusal {
        let program = &checked.program;
        return render_diagnostics_within(
            &program.name,
            &program.text,
            &refusal.findings,
            style.width,
        );
    }
    let layout = style.layout();
    let mut line = |line: &str| _ = writeln!(out, "{}", layout.hanging(&format!("  {line}"), 4));
    if let Some(Judgement::Open(lines) | Judgement::Missed(lines)) = &checked.judgement {
        for it in lines {
            line(it);
        }
    }
    for disagreement in &checked.disagreements {
        line(&format!("disagreement: {disagreement}"));
    }
    for remark in &checked.remarks {
        line(remark);
    }
    if let Some(claim) = &checked.claim {
        let _ = writeln!(out, "\n{}", claim.text.trim_end());
        if let Some(note) = claim.note {
            let _ = writeln!(out, "{}", layout.hanging(note, 2));
        }
    }
    for searched in checked.shown_searches() {
        let findings = &searched.findings;
        for shown in findings.tally.violations.iter().chain(&findings.witnesses) {
            let _ = writeln!(out, "\n{}", render_counterexample(checked, shown, style));
        }
        if let Some(command) = &searched.repeat {
            let _ = writeln!(out, "\nrepeat with: {command}");
        }
    }
    out
}

/// Renders a violation with its source line, and the trace that leads to it.
pub fn render_counterexample(
    checked: &Checked,
    counterexample: &GuestCounterexample,
    style: TextStyle,
) -> String {
    let program = &checked.program;
    let violation = &counterexample.violation;
    let places = violation.places.iter().filter_map(|(thread, place)| {
        Some((*thread, line_of(&program.text, program.own_file, place)?))
    });
    let mut places = places.peekable();
    let mut out = String::new();
    if let Some((_, first)) = places.next() {
        let message = style.layout().lines(&violation.to_string(), "error: ".len());
        let mut finding = Diagnostic::new(first, message);
        // Threads at the same line share one source excerpt.
        if let Some((thread, span)) = places.next()
            && span.range() != first.range()
        {
            finding = finding.related(span, thread_name(thread));
        }
        let shown =
            render_diagnostics_within(&program.name, &program.text, &[finding], style.width);
        let _ = writeln!(out, "{}", shown.trim_end());
    } else {
        let level = if violation.kind.is_witness() { "" } else { "error: " };
        let text = format!("{level}{violation}");
        let _ = writeln!(out, "{}", style.layout().hanging(&text, level.len()));
    }
    // What happens inside the machine has no place in the program.
    let named = violation.places.iter().filter(|(_, place)| !place.function.is_empty());
    for (thread, place) in named {
        let text = format!("  {} at {place}", thread_name(*thread));
        let _ = writeln!(out, "{}", style.layout().hanging(&text, 4));
    }
    let _ = writeln!(out, "\n{}", style.layout().hanging(&numbered_steps(counterexample), 2));
    let style = TraceStyle {
        width: style.width,
        wraps: style.wraps,
        own_file: program.own_file,
        steps_max: style.steps_max,
    };
    out.push_str(&render_trace(counterexample, style));
    out.trim_end().to_owned()
}
