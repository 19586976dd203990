//! A `TinyVM` program as data: what the parser builds, the checker checks and the emitter reads.

use std::collections::BTreeSet;

use crate::il::{Loc, Span};

/// A name, and its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word<'t> {
    pub(super) text: &'t str,
    pub(super) span: Span,
}

/// An integer, and its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    pub(super) value: i32,
    pub(super) span: Span,
}

/// A whole file.
#[derive(Debug, Default)]
pub(super) struct Program<'t> {
    /// One nameless section, or one section per `function` line.
    pub(super) sections: Vec<Section<'t>>,
}

/// Lines that are numbered together.
#[derive(Debug, Default)]
pub(super) struct Section<'t> {
    /// `None` for a file without functions, and for a `function` line with an error.
    pub(super) name: Option<Word<'t>>,
    /// Indexed by line number. In a function, line 0 is the `function` line.
    pub(super) lines: Vec<Line<'t>>,
}

/// One numbered line.
#[derive(Debug)]
pub(super) struct Line<'t> {
    pub(super) instruction: Instruction<'t>,
    /// The place of the whole instruction.
    pub(super) span: Span,
    /// The same place, for traps; the file is always number 1.
    pub(super) loc: Loc,
}

/// The instruction of a line.
#[derive(Clone, Copy, Debug)]
pub(super) enum Instruction<'t> {
    /// A `function` line. Also used for a line with an error, so that it keeps its number.
    Nothing,
    /// `set target value`
    Set { target: Word<'t>, value: i32 },
    /// `add target left right`
    Add { target: Word<'t>, left: Word<'t>, right: Word<'t> },
    /// `print name`
    Print(Word<'t>),
    /// `sleep ms`; not negative.
    Sleep { ms: i32 },
    /// `thread line`, in the same section.
    Thread(Number),
    /// `exit`
    Exit,
    /// `setshared target value`
    SetShared { target: Word<'t>, value: i32 },
    /// `lock name`
    Lock(Word<'t>),
    /// `unlock name`
    Unlock(Word<'t>),
    /// `sync function`
    Sync(Word<'t>),
    /// `async function`
    Async(Word<'t>),
}

impl<'t> Instruction<'t> {
    /// The variable of the thread's own scope that this line writes.
    pub(super) fn local_written(&self) -> Option<Word<'t>> {
        match *self {
            Instruction::Set { target, .. } | Instruction::Add { target, .. } => Some(target),
            _ => None,
        }
    }
}

/// The lines of a section at which a thread or a `sync` may begin, in ascending order.
pub(super) fn starts(section: &Section<'_>) -> BTreeSet<usize> {
    let start = |line: &Line<'_>| match line.instruction {
        Instruction::Thread(number) => usize::try_from(number.value).ok(),
        _ => None,
    };
    [0].into_iter().chain(section.lines.iter().filter_map(start)).collect()
}
