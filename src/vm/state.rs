//! What all threads of a running program share: its code, what it may use, and the parts that have files of
//! their own.

use super::active::ContextId;
use super::data::Data;
use super::output::{Input, Output};
use super::sync::{AtomicU64, Mutex, Ordering};
use super::threads::Threads;
use crate::interp::{Code, Ledger};

/// What a program may use. Each limit has a trap of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Live guest threads, the main one included: `thread-limit`.
    pub threads: u32,
    /// Backward branches, calls, starts and caught traps, over all threads: `step-limit`. Threads take
    /// them in slices; when several run, the program may stop with some of the last ones unused.
    pub steps: Option<u64>,
    /// Words of stack per guest thread, which bounds how deeply calls nest: `stack-overflow`.
    pub stack_words: usize,
    /// Cells of 8 bytes, globals included: `out-of-memory`.
    pub memory_cells: usize,
    /// Bytes of strings made at run time: `out-of-memory`.
    pub string_bytes: usize,
    /// Bytes of output: `output-limit`.
    pub output_bytes: u64,
    /// How many steps a thread makes between two looks at whether the program is stopping.
    pub slice: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            threads: 10_000,
            steps: None,
            stack_words: 1 << 20,
            memory_cells: 1 << 24,
            string_bytes: 1 << 28,
            output_bytes: u64::MAX,
            slice: 10_000,
        }
    }
}

/// What carries out a program's instructions. What a program does is the same on each, but for the
/// bits of a float that is not a number, which nothing defines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MachineKind {
    /// The fast machine, where the world lets plain loads and stores go unseen: the native one.
    #[default]
    Fast,
    /// The safe machine: no `unsafe` code, every access checked by Rust.
    Safe,
}

/// What all threads of a running program share.
#[derive(Debug)]
pub(super) struct ProgramState {
    pub(super) code: Code,
    pub(super) limits: Limits,
    pub(super) context: ContextId,
    pub(super) data: Data,
    /// The allocations of a program whose code is checked.
    pub(super) ledger: Option<Ledger>,
    pub(super) threads: Threads,
    pub(super) output: Output,
    pub(super) input: Mutex<Input>,
    pub(super) arguments: Vec<String>,
    pub(super) steps: Steps,
    pub(super) machine: MachineKind,
}

/// The step budget that a program's threads share.
#[derive(Debug)]
pub(super) struct Steps {
    /// `None` without a limit: then nobody needs to agree.
    left: Option<Mutex<u64>>,
    slice: u32,
    done: AtomicU64,
}

impl Steps {
    pub(super) fn new(limit: Option<u64>, slice: u32) -> Self {
        Steps { left: limit.map(Mutex::new), slice: slice.max(1), done: AtomicU64::new(0) }
    }

    /// A slice for one thread; `None` when all are spent. Slices shrink towards the end of the
    /// budget, so that it does not lie idle with a thread that waits.
    pub(super) fn take(&self) -> Option<u32> {
        let Some(left) = &self.left else { return Some(self.slice) };
        let mut left = left.lock().unwrap();
        let slice = (*left / 16).clamp(1, u64::from(self.slice)).min(*left);
        *left -= slice;
        (slice > 0).then_some(slice as u32)
    }

    /// Spends a step outside of a slice; whether there was one.
    pub(super) fn spend(&self) -> bool {
        self.count(1);
        let Some(left) = &self.left else { return true };
        let mut left = left.lock().unwrap();
        let rest = left.checked_sub(1);
        *left = rest.unwrap_or(0);
        rest.is_some()
    }

    /// Takes a thread's account: how many steps it has done, and how many it leaves unused.
    pub(super) fn settle(&self, done: u64, unused: u32) {
        self.count(done);
        if let Some(left) = &self.left {
            *left.lock().unwrap() += u64::from(unused);
        }
    }

    #[track_caller]
    fn count(&self, steps: u64) {
        // ORDER: Relaxed. A sum; `done` is asked for after the threads have been joined.
        self.done.fetch_add(steps, Ordering::Relaxed);
    }

    pub(super) fn done(&self) -> u64 {
        // ORDER: Relaxed. The threads that added to it have been joined.
        self.done.load(Ordering::Relaxed)
    }
}
