//! What comes of a state: why no thread can go on, how the program has ended, and what it has left behind.

use std::sync::Arc;

use super::state::Slot;
use super::{
    Allocations, CutOff, Ends, Impasse, Operation, Outcome, SharedWorld, State, Subject, Thread,
    ThreadSet, Violation,
};
use crate::interp::allocation::{Allocation, GENERATIONS};
use crate::interp::{Cell, Shared, ThreadId};

impl State {
    /// The violation if no thread can go on except by a wait that ends without a cause, which need not
    /// happen.
    pub(super) fn in_vain(&self, subject: &Subject) -> Option<Violation> {
        if !subject.is_spurious {
            return None;
        }
        let is_wait = |thread| {
            let next = self.live(thread).map(Thread::next);
            matches!(next, Some(Operation::Await { ends: Ends::Spuriously, .. }))
        };
        let is_over = self.threads.iter().any(|slot| matches!(slot, Slot::Stopped(_)));
        let enabled = self.enabled();
        let waits = !is_over && !enabled.is_empty() && enabled.iter().all(is_wait);
        if waits { super::describe_impasse(self, subject) } else { None }
    }

    /// The outcome of the world, once no thread can make a step.
    ///
    /// # Errors
    /// Why the program could not end by itself. A trap that has stopped a thread has been reported
    /// already and does not count here: then there is neither an outcome nor a reason. The same holds if
    /// a thread waits for a thread number that this reference does not have.
    pub fn outcome(&self, subject: &Subject) -> Option<Result<Outcome, Violation>> {
        debug_assert!(self.enabled().is_empty(), "somebody can still make a step");
        let is_cut_short = self.threads.iter().any(|slot| matches!(slot, Slot::Stopped(_)));
        if is_cut_short || self.is_out_of_threads() {
            return None;
        }
        if let Some(stuck) = super::describe_impasse(self, subject) {
            return Some(Err(stuck));
        }
        let exit = self.exit.expect("the main thread has ended");
        Some(Ok(Outcome::Finished { exit, output: self.output.text() }))
    }

    /// The traps that have stopped threads.
    pub fn traps(&self) -> Vec<Violation> {
        let trap = |slot: &Slot| match slot {
            Slot::Stopped(thread) => match thread.next() {
                Operation::Trapped(trap) if CutOff::of_trap(trap).is_none() => {
                    Some(Violation::of_trap(trap))
                }
                _ => None,
            },
            Slot::Live(_) | Slot::Ended { .. } => None,
        };
        self.threads.iter().filter_map(trap).collect()
    }

    /// Threads that ended and were never joined, except the main one.
    pub fn never_joined(&self) -> ThreadSet {
        let mut threads = self.select(|slot| matches!(slot, Slot::Ended { is_joined: false, .. }));
        threads.remove(ThreadId(0));
        threads
    }

    /// Memory that can no longer be freed, because no global leads to it and all threads have ended.
    pub fn lost_memory(&self) -> Vec<Allocation> {
        let is_live = |it: &Allocation| {
            let is_free = self.freed.values().flatten().any(|freed| freed == it);
            !is_free && !self.ended.contains(it)
        };
        let life = |first: Allocation| {
            let lives = std::iter::successors(Some(first), |it| Some(it.next_life()));
            lives.take(usize::from(GENERATIONS)).find(|it| !self.ended.contains(it)).filter(is_live)
        };
        self.lost(self.started(), &self.memory.words(), life)
    }
}

impl SharedWorld for State {
    fn allocations(&self, owner: ThreadId) -> Option<&Allocations> {
        Some(match self.threads.get(owner.0 as usize)? {
            Slot::Live(thread) | Slot::Stopped(thread) => thread.allocations(),
            Slot::Ended { allocations, .. } => allocations,
        })
    }
}

impl Impasse for State {
    fn started(&self) -> u32 {
        self.started()
    }

    fn live(&self, thread: ThreadId) -> Option<&Thread> {
        self.live(thread)
    }

    fn has_ended(&self, thread: ThreadId) -> bool {
        matches!(self.threads.get(thread.0 as usize), Some(Slot::Ended { .. }))
    }

    fn can_go_on(&self, thread: ThreadId) -> bool {
        self.is_enabled(thread)
    }

    fn owner_of(&self, object: u64) -> Option<ThreadId> {
        self.owner(object)
    }

    fn shared_at(&self, cell: Cell) -> Option<Arc<Shared>> {
        self.kept(cell)
    }
}
