//! Reports on checked programs as text: the headline, how much was searched, the counterexamples.

use std::fmt::Write;

use super::checked::{Checked, Conclusion, Searched};
use super::cut::{cut_apart, shortened};
use super::facts::words_of_fact;
use super::not_seen::not_seen;
use super::trace::{TraceStyle, render_trace, thread_name};
use crate::guest::{GuestCounterexample, Judgement};
use crate::il::Diagnostic;
use crate::reference::Outcome;
use crate::report::numbers::grouped;
use crate::report::source::diagnostic::render_diagnostics;
use crate::report::source::trap::line_of;

/// How a report is written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextStyle {
    /// Width of a line in characters.
    pub width: usize,
    /// Whether a program without a problem gets only one line.
    pub is_brief: bool,
    /// The maximum number of trace steps that are shown.
    pub steps_max: usize,
}

impl TextStyle {
    /// The same style, with every step of a trace.
    #[must_use]
    pub fn with_all_steps(self) -> Self {
        TextStyle { steps_max: usize::MAX, ..self }
    }
}

/// The width of the names of facts.
const NAME_WIDTH: usize = 17;
/// The minimum number of characters for a violation or an outcome, however narrow the lines are.
const ROOM_MIN: usize = 20;
/// The number of outcomes that are listed; further ones are counted.
const OUTCOMES_MAX: usize = 8;

/// Renders the report on one program, in colours; strip them where they are not wanted.
pub fn render_checked(checked: &Checked, style: TextStyle) -> String {
    let mut out = String::new();
    if style.is_brief && checked.conclusion() == Conclusion::Fine {
        let _ = writeln!(out, "{}{}", checked.headline(), in_brief(checked));
        return out;
    }
    if let Some(refusal) = &checked.refusal {
        let program = &checked.program;
        out.push_str(&render_diagnostics(&program.name, &program.text, &refusal.findings));
        let _ = writeln!(out, "error: {}", checked.headline());
        return out;
    }
    let _ = writeln!(out, "{}", checked.headline());
    if let Some(Judgement::Open(lines) | Judgement::Missed(lines)) = &checked.judgement {
        for line in lines {
            let _ = writeln!(out, "  {line}");
        }
    }
    for line in &checked.disagreements {
        let _ = writeln!(out, "  disagreement: {line}");
    }
    for line in &checked.remarks {
        let _ = writeln!(out, "  {line}");
    }
    if let Some(claim) = &checked.claim {
        let _ = writeln!(out, "\n{}", claim.text.trim_end());
        if let Some(note) = claim.note {
            let _ = writeln!(out, "{note}");
        }
    }
    for (at, searched) in checked.searches.iter().enumerate() {
        let _ = writeln!(out, "\n{}", facts(searched, checked.claim.is_some(), style).trim_end());
        // Once the deciding engine has shown a violation, the same violation from other engines is noise.
        if at > 0 && !checked.searches[0].findings.tally.violations.is_empty() {
            continue;
        }
        for counterexample in &searched.findings.tally.violations {
            let _ = writeln!(out, "\n{}", render_counterexample(checked, counterexample, style));
        }
        for witness in &searched.findings.witnesses {
            let _ = writeln!(out, "\n{}", render_counterexample(checked, witness, style));
        }
        if let Some(command) = &searched.repeat {
            let _ = writeln!(out, "\nrepeat with: {command}");
        }
    }
    out
}

/// One search in one line.
fn in_brief(checked: &Checked) -> String {
    let Some(searched) = checked.searches.first() else { return String::new() };
    let findings = &searched.findings;
    let model = findings.model.map_or(String::new(), |model| format!("{model}, "));
    let executions = counted(findings.tally.executions, "execution");
    format!(" ({model}{executions}, {:.3} s)", searched.time.as_secs_f64())
}

/// How much was searched, one fact per line.
fn facts(searched: &Searched, has_claim: bool, style: TextStyle) -> String {
    let findings = &searched.findings;
    let tally = &findings.tally;
    let mut out = String::new();
    let mut fact = |name: &str, value: String| {
        let _ = writeln!(out, "{name:<NAME_WIDTH$} {value}");
    };
    fact("engine", findings.engine.to_string());
    if findings.unsupported.is_some() {
        return out;
    }
    fact("memory model", findings.model.map_or("the engine's own".into(), |it| it.to_string()));
    fact("executions", grouped(tally.executions));
    fact("blocked", blocked(tally.blocked));
    fact("states", tally.states.map_or("not counted".into(), grouped));
    fact("distinct outputs", grouped(distinct_outputs(searched)));
    let final_states = tally.final_states.len() as u64;
    // An engine that knows its final states has at least one for each output.
    let are_known = final_states > 0 || distinct_outputs(searched) == 0;
    fact("final states", if are_known { grouped(final_states) } else { "not counted".into() });
    fact("time", format!("{:.3} s", searched.time.as_secs_f64()));
    fact("rate", format!("{} executions/s", grouped(searched.rate() as u64)));
    let bounds: Vec<String> = tally.bounds.iter().map(ToString::to_string).collect();
    fact("bounds", if bounds.is_empty() { "none".into() } else { bounds.join("; ") });
    if !tally.gaps.is_empty() {
        let gaps: Vec<String> = tally.gaps.iter().map(ToString::to_string).collect();
        fact("gaps", gaps.join("; "));
    }
    for remark in &tally.remarks {
        fact("remark", remark.to_string());
    }
    if findings.is_by_chance() {
        fact("seed", searched.seed.to_string());
    }
    if let Some(why) = findings.sees_more {
        fact("sees more", why.to_string());
    }
    for &own in &tally.facts {
        let (name, value) = words_of_fact(own);
        fact(name, value);
    }
    fact("not seen", not_seen(findings));
    for counterexample in &tally.violations {
        let violation = &counterexample.violation;
        let execution = grouped(counterexample.execution);
        let room = style.width.saturating_sub(NAME_WIDTH + execution.len() + 13).max(ROOM_MIN);
        let message = shortened(&violation.to_string(), room);
        fact("violation", format!("execution {execution}: {message}"));
    }
    // The final states of a litmus test are shown in its own format already.
    if !has_claim {
        let shown = || tally.outcomes.iter().take(OUTCOMES_MAX);
        let counts: Vec<String> = shown().map(|it| counted(*it.1, "execution")).collect();
        let widest = counts.iter().map(String::len).max().unwrap_or(0);
        let room = style.width.saturating_sub(NAME_WIDTH + widest + 3).max(ROOM_MIN);
        let outcomes: Vec<String> = shown().map(|it| it.0.to_string()).collect();
        for (count, outcome) in counts.iter().zip(cut_apart(&outcomes, room)) {
            fact("outcome", format!("{count}: {outcome}"));
        }
        let more = tally.outcomes.len().saturating_sub(OUTCOMES_MAX) as u64;
        if more > 0 {
            fact("", format!("and {}", counted(more, "other")));
        }
    }
    out
}

/// How many executions were given up, and why nothing is missed by that alone: anything that was cut off
/// has a bound.
fn blocked(count: u64) -> String {
    let why = match count {
        0 => "",
        _ => " (no executions: a thread waits for what another execution gives it)",
    };
    format!("{}{why}", grouped(count))
}

/// How many distinct outputs the executions that ended had.
pub(super) fn distinct_outputs(searched: &Searched) -> u64 {
    let outputs = searched.findings.tally.outcomes.keys().filter_map(|outcome| match outcome {
        Outcome::Finished { output, .. } => Some(output),
        Outcome::Stopped { .. } => None,
    });
    outputs.collect::<std::collections::BTreeSet<_>>().len() as u64
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
        let mut finding = Diagnostic::new(first, violation.to_string());
        // Threads at the same line share one source excerpt.
        if let Some((thread, span)) = places.next()
            && span.range() != first.range()
        {
            finding = finding.related(span, thread_name(thread));
        }
        let shown = render_diagnostics(&program.name, &program.text, &[finding]);
        let _ = writeln!(out, "{}", shown.trim_end());
    } else {
        let level = if violation.kind.is_witness() { "" } else { "error: " };
        let _ = writeln!(out, "{level}{violation}");
    }
    // What happens inside the machine has no place in the program.
    let named = violation.places.iter().filter(|(_, place)| !place.function.is_empty());
    for (thread, place) in named {
        let _ = writeln!(out, "  {} at {place}", thread_name(*thread));
    }
    let steps = counted(counterexample.trace.len() as u64, "step");
    let switches = counted(counterexample.switches() as u64, "switch");
    let execution = grouped(counterexample.execution);
    let _ = writeln!(out, "\n{steps}, {switches} between threads; execution {execution}");
    let style =
        TraceStyle { width: style.width, own_file: program.own_file, steps_max: style.steps_max };
    out.push_str(&render_trace(counterexample, style));
    out.trim_end().to_owned()
}

/// The last line of a report on several programs.
pub fn render_totals(checked: &[Checked]) -> String {
    let mut parts = vec![counted(checked.len() as u64, "program")];
    for conclusion in
        [Conclusion::Fine, Conclusion::Unfinished, Conclusion::Wrong, Conclusion::Refused]
    {
        let count = checked.iter().filter(|it| it.conclusion() == conclusion).count();
        if count > 0 {
            parts.push(format!("{} {}", grouped(count as u64), conclusion.name()));
        }
    }
    format!("{}\n", parts.join(", "))
}

/// `1 step`, `2 steps`, `2 switches`.
fn counted(count: u64, thing: &str) -> String {
    let ending = match count {
        1 => "",
        _ if thing.ends_with("ch") => "es",
        _ => "s",
    };
    format!("{} {thing}{ending}", grouped(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_in_threes() {
        for (number, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn one_thing_is_not_several() {
        assert_eq!(counted(1, "step"), "1 step");
        assert_eq!(counted(0, "step"), "0 steps");
        assert_eq!(counted(2000, "switch"), "2,000 switches");
    }
}
