//! A step of a counterexample, as values, from which reports make words, pictures or fields.

use std::collections::HashSet;

use crate::interp::allocation::Allocation;
use crate::interp::{Cell, Place, ThreadId};
use crate::reference::{Operation, Thread, Violation, address_of};
use crate::verdict::Event;

/// One visible operation of an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The thread.
    pub thread: ThreadId,
    /// The operation, its object, and its result.
    pub act: Act,
    /// Its place in the program; `None` if it is not known.
    pub place: Option<Place>,
    /// The number of steps of each thread that happen before this one, including this one and the
    /// earlier steps of its own thread; the index is the thread's number. Empty if it is not known.
    pub clock: Vec<u32>,
    /// Whether it had only begun when the execution ended.
    pub is_pending: bool,
    /// Whether it is a load of a cell that no thread changes once there are several threads. Such a load
    /// says nothing about how they interact.
    pub is_minor: bool,
}

/// What a thread does in a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// An operation of the reference.
    Operation(Done),
    /// An operation of the machine that runs the program in a world. Threads have their guest numbers. An object
    /// that has a name has the number 0; element `n` is cell `n` of guest memory.
    Machine(Event),
}

/// An operation of the reference, and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The operation.
    pub operation: Operation,
    /// The answer that the thread got: the word that it read, or the number of the thread that it started.
    pub answer: Option<u64>,
    /// The write that it reads; for an operation that only writes, the write before it. `None` if it
    /// accesses nothing that is written.
    pub after: Option<After>,
    /// The threads that it woke.
    pub woken: Vec<ThreadId>,
    /// The thread that must act before this one can go on, if the step is pending and that thread is known.
    pub waits_for: Option<ThreadId>,
}

/// The write that a step reads, or that a step that only writes comes right after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct After {
    /// The position of that step in the trace; `None` for the initial value, or for a step that the
    /// trace does not show.
    pub step: Option<usize>,
    /// The thread that wrote it; `None` for the initial value.
    pub thread: Option<ThreadId>,
    /// Whether the step reads that write; otherwise it only comes right after it.
    pub is_read: bool,
    /// Whether it is the latest write in the order of the trace. Under a weak memory model it need not be.
    pub is_latest: bool,
}

impl Step {
    /// A step of the reference that was made.
    pub(super) fn done(thread: ThreadId, done: Done, place: Place) -> Self {
        let act = Act::Operation(done);
        let (place, clock) = (Some(place), Vec::new());
        Step { thread, act, place, clock, is_pending: false, is_minor: false }
    }

    /// The next operation of a thread, which it has not made.
    pub(super) fn pending(standing: &Thread, waits_for: Option<ThreadId>) -> Self {
        let done = Done { waits_for, ..Done::of(standing.next().clone(), None) };
        let step = Step::done(standing.id(), done, standing.place());
        Step { is_pending: true, ..step }
    }

    /// Whether it happens before another step, or is that step; false if their clocks are not known.
    pub fn happens_before(&self, other: &Step) -> bool {
        let thread = self.thread.0 as usize;
        let known = self.clock.get(thread).zip(other.clock.get(thread));
        known.is_some_and(|(own, known)| known >= own)
    }

    /// The operation of the reference, if it is one.
    pub fn operation(&self) -> Option<&Operation> {
        match &self.act {
            Act::Operation(done) => Some(&done.operation),
            Act::Machine(_) => None,
        }
    }
}

impl Done {
    /// An operation and the answer that its thread got.
    pub(super) fn of(operation: Operation, answer: Option<u64>) -> Self {
        Done { operation, answer, after: None, woken: Vec::new(), waits_for: None }
    }

    /// The thread whose end the operation has seen.
    pub fn sees_end_of(&self) -> Option<ThreadId> {
        match self.operation {
            Operation::Join { thread } | Operation::ErrorOf { thread } => Some(thread),
            Operation::HasEnded { thread } if self.answer == Some(1) => Some(thread),
            _ => None,
        }
    }
}

/// What steps change from the first start of a thread on.
#[derive(Default)]
struct Changed {
    cells: HashSet<Cell>,
    /// Those that end.
    allocations: HashSet<Allocation>,
}

impl Changed {
    /// `None` if no thread is started.
    fn of(steps: &[Step]) -> Option<Self> {
        let operations = || steps.iter().filter_map(Step::operation);
        let mut after = operations().skip_while(|it| !matches!(it, Operation::Start(_))).peekable();
        after.peek()?;
        let mut changed = Changed::default();
        for operation in after {
            match *operation {
                Operation::Free { allocation } | Operation::Leave { slot: allocation } => {
                    changed.allocations.insert(allocation);
                }
                _ if operation.may_write() => changed.cells.extend(operation.cell()),
                _ => {}
            }
        }
        Some(changed)
    }

    fn has(&self, cell: Cell) -> bool {
        self.cells.contains(&cell) || self.allocations.contains(&address_of(cell).allocation)
    }
}

/// Marks the minor steps of a trace. The last one, and those at a place of the violation, may be what went
/// wrong.
pub(super) fn mark_minor(violation: &Violation, trace: &mut [Step]) {
    let Some(changed) = Changed::of(trace) else { return };
    let done = trace.iter().rposition(|step| !step.is_pending).unwrap_or(0);
    for step in &mut trace[..done] {
        let is_told = |(thread, place): &(ThreadId, Place)| {
            *thread == step.thread && Some(place) == step.place.as_ref()
        };
        step.is_minor = match step.operation() {
            Some(Operation::Load { cell, .. }) => {
                !changed.has(*cell) && !violation.places.iter().any(is_told)
            }
            _ => false,
        };
    }
}

/// Sets the clocks of a trace under sequential consistency, where every atomic access synchronises with
/// those that read it: by program order, by what is read from cells and monitors, and by starts, ends and
/// notifications. Not by what a program may not rely on, such as who starts a thread or prints first.
pub(super) fn set_clocks(trace: &mut [Step]) {
    let threads = trace.iter().map(|step| step.thread.0 as usize + 1).max().unwrap_or(0);
    // For each thread, what its next step comes after.
    let mut known = vec![vec![0; threads]; threads];
    for at in 0..trace.len() {
        let step = &trace[at];
        let Act::Operation(done) = &step.act else { continue };
        if step.is_pending {
            continue;
        }
        let me = step.thread.0 as usize;
        let synchronises = |step: &Step| step.operation().is_some_and(|it| !it.is_plain());
        let read = done.after.filter(|after| after.is_read).and_then(|after| after.step);
        let is_edge = done.operation.cell_alive().is_some() || done.operation.wants_monitor();
        if let Some(read) = read.filter(|&it| synchronises(&trace[it]) && synchronises(step))
            && is_edge
        {
            let clock = trace[read].clock.clone();
            join(&mut known[me], &clock);
        }
        let ended = done.sees_end_of().map(|thread| thread.0 as usize);
        if let Some(ended) = ended.filter(|&thread| thread < threads) {
            let clock = known[ended].clone();
            join(&mut known[me], &clock);
        }
        known[me][me] += 1;
        let clock = known[me].clone();
        let started = match (&done.operation, done.answer) {
            (Operation::Start(_), Some(thread)) => Some(thread as usize),
            _ => None,
        };
        let woken = done.woken.iter().map(|thread| thread.0 as usize);
        for thread in started.into_iter().chain(woken).filter(|&thread| thread < threads) {
            join(&mut known[thread], &clock);
        }
        trace[at].clock = clock;
    }
}

fn join(mine: &mut [u32], other: &[u32]) {
    for (mine, &other) in mine.iter_mut().zip(other) {
        *mine = (*mine).max(other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::il::MemoryOrder;
    use crate::interp::Start;

    fn step(thread: u32, operation: Operation, answer: Option<u64>, reads: Option<usize>) -> Step {
        let thread = ThreadId(thread);
        let after = reads.map(|step| After {
            step: Some(step),
            thread: Some(thread),
            is_read: true,
            is_latest: true,
        });
        let act = Act::Operation(Done { after, ..Done::of(operation, answer) });
        let clock = Vec::new();
        Step { thread, act, place: None, clock, is_pending: false, is_minor: false }
    }

    fn store(order: Option<MemoryOrder>) -> Operation {
        Operation::Store { cell: Cell(1), word: 7, order }
    }

    fn load(order: Option<MemoryOrder>) -> Operation {
        Operation::Load { cell: Cell(1), order }
    }

    #[test]
    fn a_step_comes_after_what_it_reads_if_both_are_atomic() {
        let start = Operation::Start(Start { function: 0, argument: None, captures_errors: false });
        let relaxed = Some(MemoryOrder::Relaxed);
        for (order, last) in [(relaxed, [2, 1]), (None, [2, 0])] {
            let mut trace = vec![
                step(0, start.clone(), Some(1), None),
                step(1, store(relaxed), None, None),
                step(0, load(order), Some(7), Some(1)),
            ];
            set_clocks(&mut trace);
            let clocks: Vec<_> = trace.iter().map(|step| step.clock.clone()).collect();
            assert_eq!(clocks, [vec![1, 0], vec![1, 1], last.to_vec()]);
        }
    }

    #[test]
    fn a_join_comes_after_all_of_the_thread_and_a_start_after_no_other_start() {
        let start = Operation::Start(Start { function: 0, argument: None, captures_errors: false });
        let join = Operation::Join { thread: ThreadId(1) };
        let mut trace = vec![
            step(0, start.clone(), Some(1), None),
            step(1, store(None), None, None),
            step(0, start, Some(2), Some(0)),
            step(0, join, None, None),
        ];
        set_clocks(&mut trace);
        assert_eq!(trace[2].clock, [2, 0]);
        assert_eq!(trace[3].clock, [3, 1]);
    }

    #[test]
    fn a_load_of_what_nobody_changes_is_minor_and_the_last_step_is_not() {
        let start = Operation::Start(Start { function: 0, argument: None, captures_errors: false });
        let other = Operation::Store { cell: Cell(2), word: 0, order: None };
        let mut trace = vec![
            step(0, load(None), Some(0), None),
            step(0, start, Some(1), None),
            step(1, load(None), Some(0), None),
            step(1, other, None, None),
            step(1, load(None), Some(0), None),
        ];
        let race = Violation {
            kind: crate::reference::ViolationKind::DataRace,
            message: String::new(),
            places: Vec::new(),
        };
        mark_minor(&race, &mut trace);
        let minor: Vec<bool> = trace.iter().map(|step| step.is_minor).collect();
        assert_eq!(minor, [true, false, true, false, false]);
    }
}
