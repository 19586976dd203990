//! Checks that need the whole file: sizes of tables, names of functions, line numbers.
//!
//! A program that passes has everything the emitter needs. Other errors (the owner of a lock, the number
//! of threads, endless `sync`) are left to run time, because only the schedule or the run decides them.

use std::collections::BTreeMap;

use super::super::errors::Errors;
use super::names::{NAMES_MAX, Names, Table};
use super::program::{Instruction, Number, Program, Section, Word};
use super::variables;
use crate::il::{Diagnostic, Span};

/// Collects the names, and adds an error for each rule that the file breaks.
pub(super) fn check<'t>(program: &Program<'t>, errors: &mut Errors) -> Names<'t> {
    let mut names = Names::default();
    check_functions(program, &mut names, errors);
    for section in &program.sections {
        for line in &section.lines {
            check_line(section, &line.instruction, &mut names, errors);
        }
    }
    // The walk goes as deep as there are functions, and uses a function's number as its section's index.
    // Both fit unless an error about functions has been reported.
    let functions = names.functions.len();
    if functions == 0 || (functions == program.sections.len() && functions <= NAMES_MAX) {
        variables::check(program, &names, errors);
    }
    names
}

fn check_functions<'t>(program: &Program<'t>, names: &mut Names<'t>, errors: &mut Errors) {
    let mut firsts: BTreeMap<&str, Span> = BTreeMap::new();
    for name in program.sections.iter().filter_map(|section| section.name) {
        if let Some(&first) = firsts.get(name.text) {
            let message = format!("function '{}' is defined twice", name.text);
            errors.add(Diagnostic::new(name.span, message).related(first, "first defined here"));
            continue;
        }
        firsts.insert(name.text, name.span);
        add(&mut names.functions, name, "functions", errors);
    }
    let first = program.sections.iter().find_map(|section| section.name);
    if let (Some(first), None) = (first, names.functions.number("main")) {
        errors.add(
            Diagnostic::new(first.span, "there is no function 'main'")
                .help("thread 0 runs `function main`: add it"),
        );
    }
}

fn check_line<'t>(
    section: &Section<'t>,
    instruction: &Instruction<'t>,
    names: &mut Names<'t>,
    errors: &mut Errors,
) {
    if let Some(target) = instruction.local_written() {
        names.locals.insert(target.text);
    }
    match *instruction {
        Instruction::SetShared { target, .. } => {
            add(&mut names.shared, target, "shared variables", errors);
        }
        Instruction::Lock(name) | Instruction::Unlock(name) => {
            add(&mut names.locks, name, "locks", errors);
        }
        Instruction::Thread(number) => check_start(section, number, errors),
        Instruction::Sync(name) | Instruction::Async(name)
            if names.functions.number(name.text).is_none() =>
        {
            let message = format!("there is no function '{}'", name.text);
            errors.add(Diagnostic::new(name.span, message));
        }
        _ => {}
    }
}

/// Adds a name; the first one that does not fit is an error.
fn add<'t>(table: &mut Table<'t>, name: Word<'t>, what: &str, errors: &mut Errors) {
    if table.insert(name.text) && table.len() == NAMES_MAX + 1 {
        let message =
            format!("too many {what}: '{}' does not fit (at most {NAMES_MAX})", name.text);
        errors.add(Diagnostic::new(name.span, message));
    }
}

fn check_start(section: &Section<'_>, number: Number, errors: &mut Errors) {
    let lines = section.lines.len();
    if usize::try_from(number.value).is_ok_and(|line| line < lines) {
        return;
    }
    let last = lines.saturating_sub(1);
    let whose = match section.name {
        Some(name) => format!("function '{}'", name.text),
        None => "the program".to_owned(),
    };
    let message = format!("there is no line {}: {whose} has lines 0 to {last}", number.value);
    errors.add(Diagnostic::new(number.span, message));
}
