//! A program under check: everything that decides what it does, except the schedule.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::{Claim, Outcome, Violation, fingerprint_of};
use crate::interp::{Code, Text};

/// What bounds a thread of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Words of stack per thread; a frame that does not fit is a trap.
    pub stack_words: usize,
    /// Cells that one thread may allocate; more is a trap.
    pub memory_cells: u64,
    /// Steps that a thread may make between two visible operations. One that makes more is cut off:
    /// what it would do later is not explored.
    pub local_steps: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { stack_words: 1 << 16, memory_cells: 1 << 20, local_steps: 1 << 20 }
    }
}

/// The fingerprint of all that decides what a program does, except the schedule: its text, its
/// arguments and its input.
pub fn fingerprint(text: &str, arguments: &[String], input: &[String]) -> u128 {
    fingerprint_of(&(text, arguments, input))
}

/// A program, its arguments and its input.
///
/// Strings made at run time are kept here and not in a [`State`](super::State): equal texts have
/// equal handles in all states of a search, whichever execution made them first.
#[derive(Debug)]
pub struct Subject {
    /// The program.
    pub code: Code,
    /// What `Environment.GetArgument` gives.
    pub arguments: Vec<String>,
    /// The lines of the input.
    pub input: Vec<String>,
    /// What bounds its threads.
    pub limits: Limits,
    /// What the program claims of its executions.
    pub claim: Option<Claim>,
    /// What schedules know the program by; see [`fingerprint`].
    pub fingerprint: u128,
    strings: Mutex<Strings>,
}

#[derive(Debug)]
struct Strings {
    texts: Vec<Text>,
    handles: HashMap<Text, u64>,
}

impl Subject {
    /// A program without arguments and input.
    ///
    /// # Panics
    /// If the code is not checked: what it does with memory would go unseen. See
    /// [`compile_checked`](crate::interp::compile_checked).
    pub fn new(code: Code) -> Self {
        assert!(code.is_checked, "a subject needs checked code, from `compile_checked`");
        let handles = (1..).zip(&code.strings).map(|(handle, text)| (Text::clone(text), handle));
        let strings = Strings { texts: code.strings.clone(), handles: handles.collect() };
        Subject {
            code,
            arguments: Vec::new(),
            input: Vec::new(),
            limits: Limits::default(),
            claim: None,
            fingerprint: 0,
            strings: Mutex::new(strings),
        }
    }

    /// The violation that an outcome is, if it breaks the program's claim.
    pub fn broken_claim(&self, outcome: &Outcome) -> Option<Violation> {
        self.claim.as_ref()?.broken_by(outcome)
    }

    /// The text of a handle; `None` if it is not one.
    pub fn text(&self, handle: u64) -> Option<Text> {
        let index = usize::try_from(handle.checked_sub(1)?).ok()?;
        if let Some(text) = self.code.strings.get(index) {
            return Some(Text::clone(text));
        }
        self.strings.lock().unwrap_or_else(PoisonError::into_inner).texts.get(index).cloned()
    }

    /// The handle of a text.
    pub fn intern(&self, text: &str) -> u64 {
        let mut strings = self.strings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(&handle) = strings.handles.get(text) {
            return handle;
        }
        let text: Text = text.into();
        strings.texts.push(Text::clone(&text));
        let handle = strings.texts.len() as u64;
        strings.handles.insert(text, handle);
        handle
    }

    /// How a monitor is called in messages.
    pub fn monitor_name(&self, object: u64) -> String {
        self.pointer_name(object).unwrap_or_else(|| format!("{object:#x}"))
    }
}
