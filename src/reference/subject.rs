//! A program under check: everything that decides what it does, except the schedule.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Claim, Outcome, Patience, StopReason, Violation, fingerprint_of};
use crate::il::MemoryOrder::SeqCst;
use crate::interp::{Code, Op, Text};
use crate::verdict::MemoryModel;

/// The limits of a program. All but the last are the machine's own limits, and exceeding one is the same
/// trap as there. The machine counts the cells and strings of all threads together, and the reference
/// counts those of each thread, because one thread's allocations do not concern the others. It does not
/// see a program run out of memory if no thread uses it up alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Words of stack per thread: `stack-overflow`.
    pub stack_words: usize,
    /// Cells that one thread may allocate, including all globals: `out-of-memory`.
    pub memory_cells: u64,
    /// Bytes of strings that one thread may make: `out-of-memory`.
    pub string_bytes: u64,
    /// Bytes of output: `output-limit`.
    pub output_bytes: u64,
    /// Steps that a thread may make between two visible operations. This is not a limit of the program:
    /// a thread that makes more steps is cut off, and its later behaviour is not explored.
    pub local_steps: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            stack_words: 1 << 20,
            memory_cells: 1 << 24,
            string_bytes: 1 << 28,
            output_bytes: u64::MAX,
            local_steps: 1 << 20,
        }
    }
}

/// The overhead of a string in addition to its text.
pub(super) const STRING_BYTES: u64 = 96;

/// The fingerprint of everything that decides what a program does, except the schedule: its text, its
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
    /// The arguments that `Environment.GetArgument` returns.
    pub arguments: Vec<String>,
    /// The lines of the input.
    pub input: Vec<String>,
    /// The limits of the program.
    pub limits: Limits,
    /// Whether a wait for a notification may end, and a weak compare-exchange fail, without a cause.
    pub is_spurious: bool,
    /// The program's claim about its executions.
    pub claim: Option<Claim>,
    /// The number by which schedules identify the program; see [`fingerprint`].
    pub fingerprint: u128,
    /// Whether its threads must stop.
    pub patience: Patience,
    /// Bytes for the strings of all executions together; if they need more, the search stops.
    memory_max: u64,
    strings: Mutex<Strings>,
}

#[derive(Debug)]
struct Strings {
    texts: Vec<Text>,
    handles: HashMap<Text, u64>,
    /// The bytes of texts that were made at run time.
    bytes: u64,
}

impl Strings {
    /// A table with the constants.
    fn of(code: &Code) -> Self {
        let handles = (1..).zip(&code.strings).map(|(handle, text)| (Text::clone(text), handle));
        Strings { texts: code.strings.clone(), handles: handles.collect(), bytes: 0 }
    }
}

impl Subject {
    /// A program without arguments and input.
    ///
    /// # Panics
    /// If the code is not checked: memory errors would then not be seen. See
    /// [`compile_checked`](crate::interp::compile_checked).
    pub fn new(code: Code) -> Self {
        assert!(code.is_checked, "a subject needs checked code, from `compile_checked`");
        Subject {
            strings: Mutex::new(Strings::of(&code)),
            code,
            arguments: Vec::new(),
            input: Vec::new(),
            limits: Limits::default(),
            is_spurious: false,
            claim: None,
            fingerprint: 0,
            patience: Patience::default(),
            memory_max: u64::MAX,
        }
    }

    /// The memory model that it is checked under if nobody names one: RC11 if any of its atomics is
    /// weaker than seq-cst, otherwise SC, which then allows the same.
    pub fn default_model(&self) -> MemoryModel {
        let is_weak = |op: &Op| match *op {
            Op::AtomicLoad { o, .. }
            | Op::AtomicStore { o, .. }
            | Op::AtomicRmw { o, .. }
            | Op::Fence { o } => o != SeqCst,
            Op::AtomicCas { o, q, .. } | Op::PtrCas { o, q, .. } => o != SeqCst || q != SeqCst,
            _ => false,
        };
        let is_any_weak = self.code.ops.iter().any(is_weak);
        if is_any_weak { MemoryModel::Rc11 } else { MemoryModel::Sc }
    }

    /// The violation for an outcome that breaks the program's claim.
    pub fn broken_claim(&self, outcome: &Outcome) -> Option<Violation> {
        self.claim.as_ref()?.broken_by(outcome)
    }

    /// The same program for one search, with strings of its own, which are dropped with the search.
    #[must_use]
    pub fn for_search(&self, patience: &Patience, memory_max: usize) -> Self {
        Subject {
            code: self.code.clone(),
            arguments: self.arguments.clone(),
            input: self.input.clone(),
            limits: self.limits,
            is_spurious: self.is_spurious,
            claim: self.claim.clone(),
            fingerprint: self.fingerprint,
            patience: patience.clone(),
            memory_max: memory_max as u64,
            strings: Mutex::new(Strings::of(&self.code)),
        }
    }

    /// Cells that one thread may allocate: what the globals and null leave, as in the machine.
    pub(super) fn region_cells(&self) -> u64 {
        self.limits.memory_cells.saturating_sub(1 + self.code.globals.len() as u64)
    }

    fn strings(&self) -> MutexGuard<'_, Strings> {
        self.strings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The text of a handle; `None` if the handle is not valid.
    pub fn text(&self, handle: u64) -> Option<Text> {
        let index = usize::try_from(handle.checked_sub(1)?).ok()?;
        if let Some(text) = self.code.strings.get(index) {
            return Some(Text::clone(text));
        }
        self.strings().texts.get(index).cloned()
    }

    /// Whether a text of this many bytes would need more memory than the search may use, now or while it
    /// is made. If so, the search is stopped.
    pub(super) fn is_too_long(&self, bytes: usize) -> bool {
        let needed = self.strings().bytes.saturating_add(2 * bytes as u64);
        let is_used_up = self.patience.stopped() == Some(StopReason::Memory);
        let is_too_long = is_used_up || needed > self.memory_max;
        if is_too_long {
            self.patience.stop(StopReason::Memory);
        }
        is_too_long
    }

    /// The handle of a text.
    pub fn intern(&self, text: &str) -> u64 {
        let mut strings = self.strings();
        if let Some(&handle) = strings.handles.get(text) {
            return handle;
        }
        let text: Text = text.into();
        strings.texts.push(Text::clone(&text));
        let handle = strings.texts.len() as u64;
        strings.bytes += text.len() as u64 + STRING_BYTES;
        strings.handles.insert(text, handle);
        if strings.bytes > self.memory_max {
            self.patience.stop(StopReason::Memory);
        }
        handle
    }

    /// The name of a monitor in messages.
    pub fn monitor_name(&self, object: u64) -> String {
        self.pointer_name(object).unwrap_or_else(|| format!("{object:#x}"))
    }
}
