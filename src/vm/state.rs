//! The state that all threads of a running program share: its code, its limits, and the parts that have
//! files of their own.

use super::active::ContextId;
use super::data::Data;
use super::model::{OnExit, ThreadModel};
use super::output::{Input, Output};
use super::registry::{Cache, Registry};
use super::sync::{Arc, AtomicU64, Mutex, Ordering};
use super::task::Task;
use super::threads::Threads;
use crate::interp::{Code, Ledger};

/// The limits of a program. Each has its own trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Live guest threads, including the main one: `thread-limit`.
    pub threads: u32,
    /// Backward branches, calls, starts and caught traps of all threads: `step-limit`. Threads take
    /// steps in slices; if several threads run, the program may stop with some of the last steps unused.
    pub steps: Option<u64>,
    /// Words of stack per guest thread, which limits how deeply calls nest: `stack-overflow`.
    pub stack_words: usize,
    /// Cells of 8 bytes, including globals: `out-of-memory`.
    pub memory_cells: usize,
    /// Bytes of strings made at run time: `out-of-memory`.
    pub string_bytes: usize,
    /// Bytes of output: `output-limit`.
    pub output_bytes: u64,
    /// The number of steps between two checks of a thread whether the program is stopping.
    pub slice: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            threads: ThreadModel::Native.threads_max(),
            steps: None,
            stack_words: 1 << 20,
            memory_cells: 1 << 24,
            string_bytes: 1 << 28,
            output_bytes: u64::MAX,
            slice: 10_000,
        }
    }
}

/// The machine that executes a program's instructions. A program behaves the same on each, except for
/// the bits of a NaN, which nothing defines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MachineKind {
    /// The fast machine, in the world where plain loads and stores need not be visible: the native one.
    #[default]
    Fast,
    /// The safe machine: no `unsafe` code, every access checked by Rust.
    Safe,
}

/// The state that all threads of a running program share.
#[derive(Debug)]
pub(super) struct ProgramState {
    pub(super) code: Code,
    pub(super) limits: Limits,
    pub(super) context: ContextId,
    pub(super) data: Data,
    /// The allocations of a program whose code is checked.
    pub(super) ledger: Option<Ledger>,
    pub(super) threads: Threads<Task>,
    pub(super) on_exit: OnExit,
    pub(super) output: Output,
    pub(super) input: Mutex<Input>,
    pub(super) arguments: Vec<String>,
    pub(super) steps: Steps,
    pub(super) machine: MachineKind,
    /// The registry that its threads search before the global one.
    pub(super) registry: Option<Arc<Registry>>,
}

impl ProgramState {
    /// A new thread's view of the program's registries.
    pub(super) fn new_cache(&self) -> Cache {
        Cache::new(self.registry.clone(), self.code.externs.len())
    }
}

/// The step budget that a program's threads share.
#[derive(Debug)]
pub(super) struct Steps {
    /// `None` without a limit: then the threads need no agreement.
    left: Option<Mutex<u64>>,
    slice: u32,
    done: AtomicU64,
}

impl Steps {
    pub(super) fn new(limit: Option<u64>, slice: u32) -> Self {
        Steps { left: limit.map(Mutex::new), slice: slice.max(1), done: AtomicU64::new(0) }
    }

    /// Takes a slice for one thread; `None` if all steps are used up. Slices shrink towards the end of
    /// the budget, so that it is not held by a thread that waits.
    pub(super) fn take(&self) -> Option<u32> {
        let Some(left) = &self.left else { return Some(self.slice) };
        let mut left = left.lock().unwrap();
        let slice = (*left / 16).clamp(1, u64::from(self.slice)).min(*left);
        *left -= slice;
        (slice > 0).then_some(slice as u32)
    }

    /// Uses up a step outside a slice; whether there was one left.
    #[inline]
    pub(super) fn spend(&self) -> bool {
        self.left.as_ref().is_none_or(Self::spend_of)
    }

    fn spend_of(left: &Mutex<u64>) -> bool {
        let mut left = left.lock().unwrap();
        let rest = left.checked_sub(1);
        *left = rest.unwrap_or(0);
        rest.is_some()
    }

    /// Takes back the unused steps of a slice.
    #[inline]
    pub(super) fn give_back(&self, unused: u32) {
        if let Some(left) = &self.left {
            *left.lock().unwrap() += u64::from(unused);
        }
    }

    /// Counts steps that have been made.
    #[track_caller]
    pub(super) fn count(&self, steps: u64) {
        // ORDER: Relaxed. A sum; `done` is read after the threads have been joined.
        self.done.fetch_add(steps, Ordering::Relaxed);
    }

    pub(super) fn done(&self) -> u64 {
        // ORDER: Relaxed. The threads that added to it have been joined.
        self.done.load(Ordering::Relaxed)
    }
}
