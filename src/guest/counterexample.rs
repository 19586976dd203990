//! An execution that shows a violation, so that it can be read and replayed.

use std::collections::HashSet;

use super::Schedule;
use crate::interp::{Cell, Place, ThreadId};
use crate::reference::{Operation, Subject, Thread, Violation, ViolationKind};

/// An execution that shows a violation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterexample {
    /// What went wrong.
    pub violation: Violation,
    /// What happened, in order. The last steps of the threads that the violation names may have
    /// begun only.
    pub trace: Vec<Step>,
    /// Of an execution that can go on for ever: the position in the trace from which on its steps
    /// repeat themselves.
    pub circle_from: Option<usize>,
    /// How to see it again; `None` from an engine that cannot replay.
    pub schedule: Option<Schedule>,
    /// The number of the execution that showed it first, from 1.
    pub execution: u64,
}

/// One visible operation of an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Who.
    pub thread: ThreadId,
    /// What, to what, and what came of it.
    pub text: String,
    /// Where it stands in the program.
    pub place: Place,
    /// Whether it had begun only, when the execution ended.
    pub is_pending: bool,
    /// Whether it is a load of a cell that nobody changes once there are several threads: it tells
    /// nothing about how they met.
    pub is_minor: bool,
}

impl Step {
    /// A step that was made.
    pub(super) fn done(thread: ThreadId, text: String, place: Place) -> Self {
        Step { thread, text, place, is_pending: false, is_minor: false }
    }

    /// What a thread is about to do.
    pub(super) fn pending(standing: &Thread, subject: &Subject) -> Self {
        let text = standing.next().describe(subject, None);
        Step { is_pending: true, ..Step::done(standing.id(), text, standing.place()) }
    }
}

/// Marks the minor steps of a trace; `operations` are those of its steps, in the same order. Of a
/// livelock none is minor: what its threads wait for is often what nobody changes.
pub(super) fn mark_minor(violation: &Violation, trace: &mut [Step], operations: &[Operation]) {
    if violation.kind == ViolationKind::Livelock {
        return;
    }
    let is_start = |operation: &Operation| matches!(operation, Operation::Start(_));
    let Some(start) = operations.iter().position(is_start) else { return };
    let writes = operations[start..].iter().filter(|operation| operation.may_write());
    let changed: HashSet<Cell> = writes.filter_map(Operation::cell).collect();
    // The last one may be what went wrong.
    let done = trace.iter().rposition(|step| !step.is_pending).unwrap_or(0);
    for (step, operation) in trace[..done].iter_mut().zip(operations) {
        step.is_minor = match operation {
            Operation::Load { cell, .. } => !changed.contains(cell),
            _ => false,
        };
    }
}

impl Counterexample {
    /// How often a thread was left although it could have gone on.
    pub fn switches(&self) -> usize {
        self.trace.windows(2).filter(|pair| pair[0].thread != pair[1].thread).count()
    }
}
