//! An execution that shows a violation, so that it can be read and replayed.

use super::Schedule;
use crate::interp::{Place, ThreadId};
use crate::reference::Violation;

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
}

impl Counterexample {
    /// How often a thread was left although it could have gone on.
    pub fn switches(&self) -> usize {
        self.trace.windows(2).filter(|pair| pair[0].thread != pair[1].thread).count()
    }
}
