//! How much was searched, in lines of a name and a value.

use std::fmt::Write;

use super::checked::Searched;
use super::facts::words_of_fact;
use super::not_seen::not_seen;
use crate::reference::Outcome;
use crate::report::cut::{cut_apart, shortened};
use crate::report::layout::TextStyle;
use crate::report::numbers::{counted, grouped};

/// The width of the names of facts.
const NAME_WIDTH: usize = 17;
/// The minimum number of characters for a violation or an outcome, however narrow the lines are.
const ROOM_MIN: usize = 20;
/// The number of outcomes that are listed; further ones are counted.
const OUTCOMES_MAX: usize = 8;

/// How much was searched, one fact per line.
pub(super) fn statistics(searched: &Searched, has_claim: bool, style: TextStyle) -> String {
    let findings = &searched.findings;
    let tally = &findings.tally;
    let mut out = String::new();
    let mut fact = |name: &str, value: String| {
        let text = format!("{name:<NAME_WIDTH$} {value}");
        let _ = writeln!(out, "{}", style.layout().hanging(&text, NAME_WIDTH + 1));
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
    let when = if searched.is_known { ", in an earlier run" } else { "" };
    fact("time", format!("{:.3} s{when}", searched.time.as_secs_f64()));
    fact("rate", rate(searched));
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

/// How much was searched in a second: executions, or states where a search merges executions into those.
fn rate(searched: &Searched) -> String {
    match searched.states() {
        Some(states) => {
            let per_second = states as f64 / searched.time.as_secs_f64().max(f64::EPSILON);
            format!("{} states/s", grouped(per_second as u64))
        }
        None => format!("{} executions/s", grouped(searched.rate() as u64)),
    }
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
