//! Checks that ten variables are enough for every thread.
//!
//! Each thread has a scope of its own, so the names of the whole file are not what counts: two threads
//! with ten variables each are fine. But there are no jumps, so the lines of a thread follow from its
//! start. This check walks them.
//!
//! The walk is linear in the program. It goes from one start to the next `exit` once, for the first
//! start; a thread that starts further down writes fewer names. A function that others `sync` is walked
//! once, and its effect is kept.
//!
//! Does not see all the names of functions that `sync` each other in a cycle: such a thread never leaves
//! them and ends in a trap.

use std::collections::BTreeSet;

use super::super::errors::Errors;
use super::names::{NAMES_MAX, Names};
use super::program::{Instruction, Program, starts};
use crate::il::Diagnostic;

/// Adds an error at each line that gives a thread one variable too many.
pub(super) fn check(program: &Program<'_>, names: &Names<'_>, errors: &mut Errors) {
    let effects = program.sections.iter().map(|_| Known::No).collect();
    let mut walk = Walk { program, names, errors, effects };
    for (index, section) in program.sections.iter().enumerate() {
        let mut walked = walk.effect(index).end;
        for start in starts(section) {
            if start > walked {
                walked = walk.run(index, start).end;
            }
        }
    }
}

/// The effect of lines on the scope.
#[derive(Clone, Debug, Default)]
struct Effect<'t> {
    /// The names written; at most ten.
    names: BTreeSet<&'t str>,
    /// The line after which the walk stopped.
    end: usize,
    /// Whether the thread goes no further: `exit`, endless `sync`, or an error that has been reported.
    ends: bool,
}

/// What is known about the effect of a function from its line 0.
enum Known<'t> {
    No,
    /// The walk is in this function now: a thread that syncs it does so endlessly.
    Entered,
    Yes(Effect<'t>),
}

struct Walk<'p, 't> {
    program: &'p Program<'t>,
    names: &'p Names<'t>,
    errors: &'p mut Errors,
    /// One per section.
    effects: Vec<Known<'t>>,
}

impl<'t> Walk<'_, 't> {
    /// The effect of a section from its first line.
    fn effect(&mut self, index: usize) -> Effect<'t> {
        match &self.effects[index] {
            Known::Yes(effect) => effect.clone(),
            Known::Entered => Effect { ends: true, ..Effect::default() },
            Known::No => {
                self.effects[index] = Known::Entered;
                let effect = self.run(index, 0);
                self.effects[index] = Known::Yes(effect.clone());
                effect
            }
        }
    }

    /// Walks from a line to the end or the return of a thread.
    fn run(&mut self, index: usize, start: usize) -> Effect<'t> {
        let program = self.program;
        let mut effect = Effect::default();
        for (number, line) in program.sections[index].lines.iter().enumerate().skip(start) {
            effect.end = number;
            if let Some(target) = line.instruction.local_written() {
                effect.names.insert(target.text);
            }
            match line.instruction {
                Instruction::Exit => effect.ends = true,
                Instruction::Sync(name) => {
                    if let Some(callee) = self.names.functions.number(name.text) {
                        let callee = self.effect(callee);
                        effect.names.extend(callee.names);
                        effect.ends = callee.ends;
                    }
                }
                _ => {}
            }
            if effect.names.len() > NAMES_MAX {
                let message = format!("too many variables in one thread (at most {NAMES_MAX})");
                let mut error = Diagnostic::new(line.span, message);
                if let Some(first) = program.sections[index].lines.get(start) {
                    error = error.related(first.span, "counted from here");
                }
                self.errors.add(error);
                effect.names.clear();
                effect.ends = true;
            }
            if effect.ends {
                break;
            }
        }
        effect
    }
}
