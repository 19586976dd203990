//! An execution that shows a violation, so that it can be read and replayed.

use std::sync::Arc;

use super::step::mark_minor;
use super::{Schedule, Step};
use crate::reference::{Subject, Violation, ViolationKind};

/// An execution that shows a violation.
#[derive(Clone, Debug)]
pub struct GuestCounterexample {
    /// The program, by which the words and names of its steps are known.
    pub subject: Arc<Subject>,
    /// The violation.
    pub violation: Violation,
    /// The steps, in order. The last steps of the threads that the violation names may only have begun.
    pub trace: Vec<Step>,
    /// For an execution that can go on forever: the position in the trace from which its steps repeat
    /// themselves.
    pub circle_from: Option<usize>,
    /// The schedule that shows it again; `None` from an engine that cannot replay.
    pub schedule: Option<Schedule>,
    /// The number of the execution that first showed it, from 1.
    pub execution: u64,
}

impl PartialEq for GuestCounterexample {
    /// Of the same program, and the same in all else.
    fn eq(&self, other: &Self) -> bool {
        self.subject.fingerprint == other.subject.fingerprint
            && self.violation == other.violation
            && self.trace == other.trace
            && self.circle_from == other.circle_from
            && self.schedule == other.schedule
            && self.execution == other.execution
    }
}

impl Eq for GuestCounterexample {}

impl GuestCounterexample {
    /// One of the reference, in which minor steps are marked. Of a livelock none is minor: what its threads
    /// wait for is often what nobody changes.
    pub(super) fn of_reference(
        subject: &Arc<Subject>,
        violation: Violation,
        mut trace: Vec<Step>,
        circle_from: Option<usize>,
        schedule: Schedule,
    ) -> Self {
        if violation.kind != ViolationKind::Livelock {
            mark_minor(&violation, &mut trace);
        }
        let schedule = Some(schedule);
        GuestCounterexample {
            subject: subject.clone(),
            violation,
            trace,
            circle_from,
            schedule,
            execution: 1,
        }
    }

    /// The number of switches from a thread that could have gone on.
    pub fn switches(&self) -> usize {
        self.trace.windows(2).filter(|pair| pair[0].thread != pair[1].thread).count()
    }
}

#[cfg(test)]
impl GuestCounterexample {
    /// One without steps, of a program that does nothing.
    pub(super) fn without_steps(kind: ViolationKind, message: &str) -> Self {
        let text = "il 0.3.0\nfunc @main() -> void {\nentry:\n  ret\n}\n";
        let module = crate::il::parse(text).and_then(crate::il::verify).expect("it is right");
        let code = crate::interp::compile_checked(&module, text).expect("it has a main");
        GuestCounterexample {
            subject: Arc::new(Subject::new(code)),
            violation: Violation { kind, message: message.into(), places: Vec::new() },
            trace: Vec::new(),
            circle_from: None,
            schedule: None,
            execution: 1,
        }
    }
}
