//! What a host keeps for one guest thread.

use super::active::VmId;
use super::threads::Parking;
use crate::interp::{Reply, StackMemory, ThreadId, TrapKind};

/// What a host has for one guest thread alone.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) parking: Parking,
    pub(super) vm: VmId,
    pub(super) message: Option<String>,
    /// Whether the current instruction keeps the answers to all that it asks, and not only of shared objects.
    pub(super) keeps_answers: bool,
    /// How many of the kept answers the current instruction has been given.
    pub(super) asked: usize,
    pub(super) kept: Kept,
}

/// What of it must be kept while the thread is at rest. Few threads have any of that.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The line that the thread has begun and not ended.
    pub(super) line: String,
    /// The answers to the current instruction, which may have to be carried out again.
    pub(super) answers: Vec<Answer>,
    /// In checked code: its slots, and how often it has allocated.
    pub(super) slots: Slots,
    pub(super) allocated: u64,
}

/// The answer to an operation of an instruction.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Reply(Reply),
    Allocated(u64),
    Started(ThreadId),
    NotStarted(TrapKind, Option<String>),
}

/// Stack slots of checked code: their addresses, and how much memory was in use before each of them.
#[derive(Debug, Default)]
pub(super) struct Slots {
    pub(super) memory: StackMemory,
    pub(super) open: Vec<(u64, u64)>,
}

impl Own {
    pub(super) fn new(vm: VmId, parking: Parking) -> Self {
        Own { parking, vm, message: None, keeps_answers: false, asked: 0, kept: Kept::default() }
    }

    /// The next answer that has been kept.
    pub(super) fn known_answer(&mut self) -> Option<Answer> {
        let known = self.kept.answers.get(self.asked).cloned();
        self.asked += usize::from(known.is_some());
        known
    }

    /// Keeps the answer to the operation that has just been carried out.
    pub(super) fn keep_answer(&mut self, answer: Answer) {
        self.kept.answers.push(answer);
        self.asked += 1;
    }

    /// The current instruction is done, or pauses.
    #[inline]
    pub(super) fn end_instruction(&mut self, pauses: bool) {
        (self.keeps_answers, self.asked) = (false, 0);
        if !pauses {
            debug_assert!(!self.parking.is_back(), "no wait outlasts its instruction");
            if !self.kept.answers.is_empty() {
                self.forget_answers();
            }
        }
    }

    /// Not inlined: few instructions have any.
    #[cold]
    #[inline(never)]
    fn forget_answers(&mut self) {
        self.kept.answers.clear();
    }

    /// Whether the thread has paused in the instruction that it carries out next, which must be the same one then.
    pub(super) fn is_in_instruction(&self) -> bool {
        self.parking.is_back() || !self.kept.answers.is_empty()
    }

    /// Takes out what must be kept, if there is anything.
    pub(super) fn rest(&mut self) -> Option<Kept> {
        let Kept { line, answers, slots, allocated } = &self.kept;
        let is_empty = line.is_empty()
            && answers.is_empty()
            && !slots.memory.is_taken()
            && slots.open.is_empty()
            && *allocated == 0;
        (!is_empty).then(|| std::mem::take(&mut self.kept))
    }

    /// Puts in what has been kept of the next thread.
    pub(super) fn wake(&mut self, kept: Option<Kept>) {
        // What the thread before has left, if it has ended.
        self.rest();
        if let Some(kept) = kept {
            self.kept = kept;
        }
        (self.message, self.keeps_answers, self.asked) = (None, false, 0);
    }
}
