//! Reports on checked programs in SARIF 2.1.0, the format of code scanning and of editors.
//!
//! | SARIF | drawloom |
//! |---|---|
//! | rule | a kind of violation, with its explanation as the help text |
//! | result | an [`Alert`]: a violation, a difference from the header, a mistake in the text |
//! | suppression | the header expects this violation |
//! | code flow | the execution that shows it, with one thread flow for each thread |
//! | execution order | the position of a step in the whole trace |
//! | notification | the verdict of each program, with what was not searched |
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html> defines the format.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::alert::{Alert, Region, Rule, others};
use super::checked::{Checked, Conclusion, Searched};
use super::not_seen::not_seen;
use super::trace::{numbered_steps, thread_name};
use super::words::step_in_words;
use crate::guest::GuestCounterexample;
use crate::interp::Place;
use crate::report::explain::Explanation;
use crate::report::sarif_log::{SarifRun, uri};
use crate::verdict::Bound;

/// All programs as the results of one run.
pub fn render_sarif(checked: &[Checked]) -> String {
    let rules: Vec<Rule> = Rule::all().collect();
    let results = checked.iter().enumerate().flat_map(|(index, program)| {
        let file = File { checked: program, index };
        let alerts = Alert::all(program).into_iter().filter(|it| it.rule != Rule::NotFinished);
        alerts.map(|alert| result(&file, &alert, &rules)).collect::<Vec<_>>()
    });
    let is_interrupted = |it: &Searched| it.findings.tally.bounds.contains(&Bound::Interrupted);
    let is_run = |it: &Checked| it.refusal.is_none() && it.not_run.is_none();
    let is_whole = checked.iter().all(|it| is_run(it) && !it.searches.iter().any(is_interrupted));
    let log = SarifRun {
        rules: rules.iter().map(|&rule| descriptor(rule)).collect(),
        files: checked.iter().map(|it| it.program.name.clone()).collect(),
        results: results.collect(),
        notifications: checked.iter().enumerate().map(notification).collect(),
        is_whole,
    };
    log.to_text()
}

/// A program, and its position among the artifacts.
struct File<'c> {
    checked: &'c Checked,
    index: usize,
}

impl File<'_> {
    /// A location in the program, or the program as a whole.
    fn location(&self, region: Option<Region>, place: Option<&Place>) -> Value {
        let artifact = json!({ "uri": uri(&self.checked.program.name), "index": self.index });
        let mut physical = json!({ "artifactLocation": artifact });
        if let Some(Region { line, column, end_line, end_column }) = region {
            physical["region"] = json!({
                "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column,
            });
        }
        let mut location = json!({ "physicalLocation": physical });
        if let Some(place) = place.filter(|place| !place.function.is_empty()) {
            location["logicalLocations"] = json!([{
                "name": place.function,
                "fullyQualifiedName": format!("@{}#{}#{}", place.function, place.block, place.instruction),
                "kind": "function",
            }]);
        }
        location
    }
}

/// The rule with its explanation, which is the one of `drawloom explain`.
fn descriptor(rule: Rule) -> Value {
    let explanation = match rule {
        Rule::Violation(kind) => Explanation::of_guests(kind),
        _ => None,
    };
    let (short, full, markdown) = match explanation {
        Some(it) => (sentence(it.meaning()), format!("{} {}", it.story, it.fix), it.to_markdown()),
        None => {
            let text = own_rule(rule);
            (text.to_owned(), text.to_owned(), text.to_owned())
        }
    };
    json!({
        "id": id(rule),
        "name": name(rule),
        "shortDescription": { "text": short },
        "fullDescription": { "text": full },
        "help": { "text": full, "markdown": markdown },
        "defaultConfiguration": { "level": "error" },
        "properties": { "tags": ["concurrency"], "precision": "very-high", "problem.severity": "error" },
    })
}

/// What a rule means that is no kind of violation.
fn own_rule(rule: Rule) -> &'static str {
    match rule {
        Rule::Violation(kind) => kind.describe(),
        Rule::Expectation => "The findings are not those that the program's header expects.",
        Rule::Disagreement => "An engine has shown an outcome that the reference does not have.",
        Rule::NotChecked => "The program cannot be read.",
        Rule::NotFinished => "Nothing was found, but not everything was searched.",
    }
}

fn result(file: &File<'_>, alert: &Alert<'_>, rules: &[Rule]) -> Value {
    let first = alert.shown.and_then(|shown| shown.violation.places.first());
    let mut result = json!({
        "ruleId": id(alert.rule),
        "ruleIndex": rules.iter().position(|&rule| rule == alert.rule),
        "level": if alert.is_known { "note" } else { "error" },
        "message": { "text": format!("{}: {}", alert.rule.name(), alert.message) },
        "locations": [file.location(alert.region, first.map(|(_, place)| place))],
    });
    if alert.is_known {
        result["suppressions"] = json!([{
            // It is the header that expects it, or drawloom that knows what an engine shows.
            "kind": if file.checked.judgement.is_some() { "inSource" } else { "external" },
            "justification": format!("the verdict is: {}", file.checked.verdict()),
        }]);
    }
    let Some(shown) = alert.shown else { return result };
    let related = others(file.checked, shown).into_iter().map(|(words, region, place)| {
        let mut location = file.location(region, Some(place));
        location["message"] = json!({ "text": words });
        location
    });
    result["relatedLocations"] = related.collect();
    // The same mistake after an edit elsewhere in the program.
    let places: Vec<String> =
        shown.violation.places.iter().map(|(_, place)| named(place)).collect();
    result["partialFingerprints"] =
        json!({ "violation/v1": format!("{} {}", id(alert.rule), places.join(" ")) });
    if !shown.trace.is_empty() {
        result["codeFlows"] = json!([code_flow(file, shown)]);
    }
    let mut properties = Map::new();
    properties.insert("execution".into(), shown.execution.into());
    if let Some(schedule) = &shown.schedule {
        properties.insert("schedule".into(), schedule.to_string().into());
    }
    if let Some(command) = alert.repeat {
        properties.insert("repeat".into(), command.into());
    }
    result["properties"] = properties.into();
    result
}

/// A place without its line, which an edit above it changes.
fn named(place: &Place) -> String {
    format!("@{}#{}#{}", place.function, place.block, place.instruction)
}

/// The execution: what each thread did, with the order of all of it.
fn code_flow(file: &File<'_>, shown: &GuestCounterexample) -> Value {
    let is_told = |place: &Place| shown.violation.places.iter().any(|(_, it)| it == place);
    let mut threads: BTreeMap<u32, Vec<Value>> = BTreeMap::new();
    for (at, step) in shown.trace.iter().enumerate() {
        let region = step.place.as_ref().and_then(|place| Region::of(file.checked, place));
        let pending = if step.is_pending { "... " } else { "" };
        let mut location = file.location(region, step.place.as_ref());
        let words = format!("{pending}{}", step_in_words(step, &shown.subject));
        location["message"] = json!({ "text": words });
        let importance = match &step.place {
            Some(place) if is_told(place) => "essential",
            _ if step.is_minor => "unimportant",
            _ => "important",
        };
        threads.entry(step.thread.0).or_default().push(json!({
            "location": location,
            "executionOrder": at + 1,
            "importance": importance,
        }));
    }
    let flows = threads.into_iter().map(|(thread, locations)| {
        json!({ "id": thread_name(crate::interp::ThreadId(thread)), "locations": locations })
    });
    json!({
        "message": { "text": numbered_steps(shown) },
        "threadFlows": flows.collect::<Vec<_>>(),
    })
}

/// The verdict of a program, and what was not searched.
fn notification((index, checked): (usize, &Checked)) -> Value {
    let level = match checked.conclusion() {
        Conclusion::Fine => "note",
        Conclusion::Unfinished => "warning",
        Conclusion::Wrong | Conclusion::Refused => "error",
    };
    let mut text = checked.headline();
    if let Some(searched) = checked.searches.first().filter(|it| it.findings.unsupported.is_none())
    {
        let _ = write!(text, "\nnot seen: {}", not_seen(&searched.findings));
    }
    json!({
        "level": level,
        "message": { "text": text },
        "locations": [File { checked, index }.location(None, None)],
    })
}

/// `data-race`.
fn id(rule: Rule) -> String {
    rule.name().replace(' ', "-")
}

/// `DataRace`, as the format asks for.
fn name(rule: Rule) -> String {
    let word = |word: &str| word[..1].to_uppercase() + &word[1..];
    rule.name().split(' ').map(word).collect()
}

/// A meaning as a sentence.
fn sentence(meaning: &str) -> String {
    let mut letters = meaning.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_has_an_id_and_a_name() {
        let race = Rule::Violation(crate::reference::ViolationKind::DataRace);
        assert_eq!((id(race).as_str(), name(race).as_str()), ("data-race", "DataRace"));
    }
}
