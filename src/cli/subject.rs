//! From a file to something that can be checked: the program, its header, and what it runs with.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use drawloom::guest::{Expectation, Findings, MemoryModel};
use drawloom::il::{self, Diagnostic};
use drawloom::interp::{Code, compile_checked};
use drawloom::lang::Language;
use drawloom::lang::litmus::{self, Litmus, Quantifier, StateError, Summary};
use drawloom::reference::{self, Limits, Outcome, Subject, fingerprint};
use drawloom::report::{Claim, Program, Refusal};

use super::flags;
use super::source::{ReadError, Source, name, read};

/// A program that can be checked.
pub(super) struct Checkable {
    pub(super) program: Program,
    /// The name of the program on a command line.
    pub(super) argument: String,
    pub(super) language: Language,
    pub(super) subject: Arc<Subject>,
    /// What the header expects, under [`model`](Self::model) and these arguments.
    pub(super) expectation: Option<Expectation>,
    /// The memory model that the header names, or else the one that fits the program.
    pub(super) model: MemoryModel,
    /// The litmus test, if the program is one.
    pub(super) litmus: Option<Litmus>,
}

/// What a program runs with.
#[derive(Clone, Debug)]
pub(super) struct Surroundings {
    /// Arguments from the command line; if empty, those of the header are used.
    pub(super) arguments: Vec<String>,
    /// The lines of the input.
    pub(super) input: Vec<String>,
    /// The limits of the program.
    pub(super) limits: Limits,
    /// Whether waits of the program may end without a cause.
    pub(super) is_spurious: bool,
    /// Whether to show an execution that satisfies a litmus test with `exists`.
    pub(super) wants_witness: bool,
}

impl Checkable {
    /// Returns what a litmus test asks or claims, and the answer that these findings give.
    ///
    /// # Errors
    /// The program printed something that is not a state, which is a bug of ours.
    pub(super) fn claim(&self, findings: &Findings) -> Result<Option<Claim>, StateError> {
        let Some(litmus) = &self.litmus else { return Ok(None) };
        let mut lines = BTreeMap::new();
        for (outcome, executions) in &findings.tally.outcomes {
            if let Outcome::Finished { output, .. } = outcome {
                lines.insert(output.to_string(), *executions);
            }
        }
        let summary = Summary::new(litmus, &lines)?;
        let quantifier = litmus.condition.quantifier;
        // `exists` only asks; it claims nothing.
        let holds = summary.is_ok() || quantifier == Quantifier::Exists;
        let tally = &findings.tally;
        let is_whole = tally.bounds.is_empty()
            && tally.gaps.is_empty()
            && tally.executions > 0
            && findings.unsupported.is_none();
        let word = match (summary.is_ok(), quantifier) {
            (false, Quantifier::Exists) if !is_whole => "not found so far",
            (false, _) => "No",
            (true, Quantifier::Forall | Quantifier::NotExists) if !is_whole => "not broken so far",
            (true, _) => "Ok",
        };
        let answer = format!("{}: {word}, {}", quantifier.name(), summary.observation());
        let note = match (quantifier, summary.holding() > 0) {
            (_, true) | (Quantifier::Forall, _) => None,
            (_, false) if is_whole => Some("All executions were searched, and none ends so."),
            (_, false) => Some("No execution so far ends so; not all were searched."),
        };
        Ok(Some(Claim { answer, text: summary.to_string(), note, holds }))
    }
}

/// Reads and compiles a program. Returns the reason if it cannot be checked.
pub(super) fn load(
    path: &Path,
    language: Option<Language>,
    surroundings: &Surroundings,
    uses_header: bool,
) -> Result<Checkable, (Program, Refusal)> {
    prepare(read_source(path, language)?, surroundings, uses_header)
}

/// Reads a program. Returns the reason if it cannot be read.
pub(super) fn read_source(
    path: &Path,
    language: Option<Language>,
) -> Result<Source, (Program, Refusal)> {
    read(path, language).map_err(|error| refuse_file(path, &error))
}

/// Compiles a program that was read, and parses its header.
pub(super) fn prepare(
    source: Source,
    surroundings: &Surroundings,
    uses_header: bool,
) -> Result<Checkable, (Program, Refusal)> {
    let Source { name, argument, language, text } = source;
    let program = Program { name, text, own_file: language.own_file() };
    let expectation = if uses_header { Expectation::read(&program.text) } else { Ok(None) };
    let compiled = expectation.and_then(|expectation| {
        let (code, litmus) = compile(language, &program.text)?;
        Ok((code, litmus, expectation))
    });
    let (code, litmus, mut expectation) = match compiled {
        Ok(compiled) => compiled,
        Err(findings) => return Err((program, refuse_text(findings))),
    };
    let mut subject = Subject::new(code);
    subject.claim = litmus.clone().and_then(|it| claim_of_each(it, surroundings.wants_witness));
    subject.arguments.clone_from(&surroundings.arguments);
    subject.input.clone_from(&surroundings.input);
    subject.limits = surroundings.limits;
    subject.is_spurious = surroundings.is_spurious;
    if let Some(header) = &expectation {
        if subject.arguments.is_empty() {
            subject.arguments.clone_from(&header.arguments);
        } else if subject.arguments != header.arguments {
            expectation = None; // The expectation is for other arguments.
        }
    }
    subject.fingerprint = fingerprint(&program.text, &subject.arguments, &subject.input);
    let of_header = expectation.as_ref().and_then(|header| header.model);
    let model = of_header.unwrap_or_else(|| subject.default_model());
    let subject = Arc::new(subject);
    Ok(Checkable { program, argument, language, subject, expectation, model, litmus })
}

/// Compiles the text to code; a litmus test keeps its question.
fn compile(language: Language, text: &str) -> Result<(Code, Option<Litmus>), Vec<Diagnostic>> {
    let (module, litmus) = match language {
        Language::Litmus => {
            let litmus = litmus::read(text)?;
            (litmus.module.clone(), Some(litmus))
        }
        _ => (flags::compile(language, text)?, None),
    };
    Ok((compile_checked(&il::verify(module)?, text)?, litmus))
}

/// The property that a litmus test claims of each of its executions, or, if the user wants a witness,
/// asks for.
fn claim_of_each(litmus: Litmus, wants_witness: bool) -> Option<reference::Claim> {
    let text = litmus.condition.to_string();
    match litmus.condition.quantifier {
        Quantifier::Exists if !wants_witness => None,
        Quantifier::Exists => {
            Some(reference::Claim::question(text, move |output| litmus.is_witnessed_by(output)))
        }
        Quantifier::Forall | Quantifier::NotExists => {
            Some(reference::Claim::new(text, move |output| litmus.is_broken_by(output)))
        }
    }
}

fn refuse_file(path: &Path, error: &ReadError) -> (Program, Refusal) {
    let name = name(path);
    // If the message begins with the name, the report does not repeat it.
    let message = error.to_string();
    let message = message.strip_prefix(&format!("{name}: ")).unwrap_or(&message).to_owned();
    let program = Program { name, text: String::new(), own_file: 0 };
    (program, Refusal { message, findings: Vec::new() })
}

fn refuse_text(findings: Vec<Diagnostic>) -> Refusal {
    Refusal { message: super::error::how_many(findings.len()), findings }
}
