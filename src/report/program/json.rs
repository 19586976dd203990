//! Reports on checked programs as JSON. docs/CHECKING.md lists the fields, and docs/schema/check-1.json is
//! their JSON Schema. Fields are only ever added.

use serde::Serialize;

use super::checked::{Checked, Searched};
use super::facts::words_of_fact;
use super::not_seen::not_seen;
use super::statistics::distinct_outputs;
use super::words::{machine_object_in_words, object_in_words, step_in_words, word_in_words};
use crate::guest::{Act, GuestCounterexample, Judgement, MemoryModel, Step};
use crate::il::{Lines, MemoryOrder};
use crate::interp::Place;
use crate::reference::{Outcome, Subject};
use crate::report::schema::SchemaName;
use crate::verdict::Verdict;

/// One object for a program; an array if the user asked for several.
pub fn render_json(checked: &[Checked], is_one: bool) -> String {
    let programs: Vec<Program<'_>> = checked.iter().map(Program::of).collect();
    let written = match &programs[..] {
        [one] if is_one => serde_json::to_string_pretty(one),
        several => serde_json::to_string_pretty(several),
    };
    let mut text = written.expect("texts and numbers can be written");
    text.push('\n');
    text
}

#[derive(Serialize)]
struct Program<'c> {
    #[serde(flatten)]
    schema: SchemaName,
    #[serde(rename = "program")]
    name: &'c str,
    conclusion: &'static str,
    headline: String,
    not_run: Option<&'static str>,
    searches: Vec<Search<'c>>,
    expectation: Option<Expectation<'c>>,
    claim: Option<Claim<'c>>,
    disagreements: &'c [String],
    remarks: &'c [String],
    errors: Vec<Error<'c>>,
}

#[derive(Serialize)]
struct Search<'c> {
    engine: String,
    verdict: &'static str,
    reason: Option<String>,
    memory: Option<&'static str>,
    executions: u64,
    blocked: u64,
    states: Option<u64>,
    distinct_outputs: u64,
    final_states: usize,
    seconds: f64,
    known: bool,
    executions_per_second: f64,
    bounds: Vec<&'static str>,
    gaps: Vec<&'static str>,
    remarks: Vec<String>,
    seed: u64,
    facts: serde_json::Map<String, serde_json::Value>,
    sees_more: Option<String>,
    not_seen: String,
    outcomes: Vec<OutcomeCount<'c>>,
    violations: Vec<Violation<'c>>,
    witnesses: Vec<Violation<'c>>,
    repeat: Option<&'c str>,
}

#[derive(Serialize)]
struct OutcomeCount<'c> {
    exit: Option<i64>,
    output: Option<&'c str>,
    stopped: Option<&'c str>,
    executions: u64,
}

#[derive(Serialize)]
struct Violation<'c> {
    kind: &'static str,
    message: &'c str,
    places: Vec<ThreadPlace<'c>>,
    execution: u64,
    switches: usize,
    trace: Vec<TraceStep<'c>>,
    circle_from: Option<usize>,
    schedule: Option<String>,
}

#[derive(Serialize)]
struct ThreadPlace<'c> {
    thread: u32,
    #[serde(flatten)]
    place: PlaceFields<'c>,
}

#[derive(Serialize)]
struct TraceStep<'c> {
    thread: u32,
    /// The operation in words.
    operation: String,
    #[serde(flatten)]
    fields: StepFields,
    clock: &'c [u32],
    is_pending: bool,
    is_minor: bool,
    #[serde(flatten)]
    place: PlaceFields<'c>,
}

/// The parts of a step; `null` for parts that it does not have.
#[derive(Default, Serialize)]
struct StepFields {
    kind: String,
    object: Option<String>,
    order: Option<&'static str>,
    read: Option<String>,
    written: Option<String>,
    after_step: Option<usize>,
    after_thread: Option<u32>,
    is_latest: Option<bool>,
    woken: Vec<u32>,
    waits_for: Option<u32>,
}

#[derive(Default, Serialize)]
struct PlaceFields<'c> {
    function: &'c str,
    block: &'c str,
    instruction: u32,
    file: u32,
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct Expectation<'c> {
    status: &'static str,
    differences: &'c [String],
}

#[derive(Serialize)]
struct Claim<'c> {
    answer: &'c str,
    text: &'c str,
    note: Option<&'static str>,
    holds: bool,
}

#[derive(Serialize)]
struct Error<'c> {
    line: Option<u32>,
    column: Option<u32>,
    message: &'c str,
}

impl<'c> Program<'c> {
    fn of(checked: &'c Checked) -> Self {
        let expectation = checked.judgement.as_ref().map(|judgement| match judgement {
            Judgement::Met => Expectation { status: "met", differences: &[] },
            Judgement::Open(lines) => Expectation { status: "open", differences: lines },
            Judgement::Missed(lines) => Expectation { status: "missed", differences: lines },
        });
        let claim = checked.claim.as_ref().map(|claim| Claim {
            answer: &claim.answer,
            text: &claim.text,
            note: claim.note,
            holds: claim.holds,
        });
        Program {
            schema: SchemaName::CHECK,
            name: &checked.program.name,
            conclusion: checked.conclusion().name(),
            headline: checked.headline(),
            not_run: checked.not_run,
            searches: checked.searches.iter().map(Search::of).collect(),
            expectation,
            claim,
            disagreements: &checked.disagreements,
            remarks: &checked.remarks,
            errors: errors(checked),
        }
    }
}

fn errors(checked: &Checked) -> Vec<Error<'_>> {
    let Some(refusal) = &checked.refusal else { return Vec::new() };
    if refusal.findings.is_empty() {
        return vec![Error { line: None, column: None, message: &refusal.message }];
    }
    let lines = Lines::new(&checked.program.text);
    let located = refusal.findings.iter().map(|finding| {
        let (line, column) = lines.place(finding.span.start as usize);
        Error { line: Some(line), column: Some(column), message: &finding.message }
    });
    located.collect()
}

impl<'c> Search<'c> {
    fn of(searched: &'c Searched) -> Self {
        let findings = &searched.findings;
        let tally = &findings.tally;
        let facts = tally.facts.iter().map(|&fact| {
            let (name, value) = words_of_fact(fact);
            (name.to_owned(), value.into())
        });
        Search {
            engine: findings.engine.to_string(),
            verdict: match findings.verdict() {
                Verdict::Exhausted { .. } => "exhausted",
                Verdict::Searched { .. } => "searched",
                Verdict::Bounded { .. } => "bounded",
                Verdict::Violated(_) => "violated",
                Verdict::Unsupported { .. } => "unsupported",
            },
            reason: findings.unsupported.as_ref().map(ToString::to_string),
            memory: findings.model.map(MemoryModel::name),
            executions: tally.executions,
            blocked: tally.blocked,
            states: tally.states,
            distinct_outputs: distinct_outputs(searched),
            final_states: tally.final_states.len(),
            seconds: searched.time.as_secs_f64(),
            known: searched.is_known,
            executions_per_second: searched.rate(),
            bounds: tally.bounds.iter().map(|bound| bound.name()).collect(),
            gaps: tally.gaps.iter().map(|gap| gap.name()).collect(),
            remarks: tally.remarks.iter().map(ToString::to_string).collect(),
            seed: searched.seed,
            facts: facts.collect(),
            sees_more: findings.sees_more.map(|why| why.to_string()),
            not_seen: not_seen(findings),
            outcomes: tally.outcomes.iter().map(OutcomeCount::of).collect(),
            violations: tally.violations.iter().map(Violation::of).collect(),
            witnesses: findings.witnesses.iter().map(Violation::of).collect(),
            repeat: searched.repeat.as_deref(),
        }
    }
}

impl<'c> OutcomeCount<'c> {
    fn of((outcome, &executions): (&'c Outcome, &u64)) -> Self {
        let (exit, output, stopped) = match outcome {
            Outcome::Finished { exit, output } => (Some(*exit), Some(&**output), None),
            Outcome::Stopped { reason, .. } => (None, None, Some(reason.as_str())),
        };
        OutcomeCount { exit, output, stopped, executions }
    }
}

impl<'c> Violation<'c> {
    fn of(counterexample: &'c GuestCounterexample) -> Self {
        let violation = &counterexample.violation;
        let places = violation
            .places
            .iter()
            .map(|(thread, place)| ThreadPlace { thread: thread.0, place: PlaceFields::of(place) });
        Violation {
            kind: violation.kind.name(),
            message: &violation.message,
            places: places.collect(),
            execution: counterexample.execution,
            switches: counterexample.switches(),
            trace: counterexample
                .trace
                .iter()
                .map(|step| TraceStep::of(step, &counterexample.subject))
                .collect(),
            circle_from: counterexample.circle_from,
            schedule: counterexample.schedule.as_ref().map(ToString::to_string),
        }
    }
}

impl<'c> TraceStep<'c> {
    fn of(step: &'c Step, subject: &Subject) -> Self {
        TraceStep {
            thread: step.thread.0,
            operation: step_in_words(step, subject),
            fields: StepFields::of(step, subject),
            clock: &step.clock,
            is_pending: step.is_pending,
            is_minor: step.is_minor,
            place: step.place.as_ref().map_or(PlaceFields::default(), PlaceFields::of),
        }
    }
}

impl StepFields {
    fn of(step: &Step, subject: &Subject) -> Self {
        let word = |word: u64| word_in_words(word, subject);
        match &step.act {
            Act::Operation(done) => StepFields {
                kind: done.operation.name().to_owned(),
                object: object_in_words(&done.operation, subject),
                order: done.operation.order().map(MemoryOrder::name),
                read: done.answer.filter(|_| done.operation.is_told()).map(word),
                written: done.operation.written(done.answer).filter(|_| !step.is_pending).map(word),
                after_step: done.after.and_then(|after| after.step).map(|step| step + 1),
                after_thread: done.after.and_then(|after| after.thread).map(|thread| thread.0),
                is_latest: done.after.map(|after| after.is_latest),
                woken: done.woken.iter().map(|thread| thread.0).collect(),
                waits_for: done.waits_for.map(|thread| thread.0),
            },
            Act::Machine(event) => StepFields {
                kind: event.op.name().to_owned(),
                object: machine_object_in_words(event, subject),
                order: event.ordering_name(),
                read: event.read.map(|value| value.to_string()),
                written: event.written.map(|value| value.to_string()),
                ..StepFields::default()
            },
        }
    }
}

impl<'c> PlaceFields<'c> {
    fn of(place: &'c Place) -> Self {
        let Place { ref function, ref block, instruction, file, line, column } = *place;
        PlaceFields { function, block, instruction, file, line, column }
    }
}
