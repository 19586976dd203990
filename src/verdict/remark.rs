//! What a reader of a verdict should know about the search behind it.

use std::fmt;

/// A fact about a search that makes its verdict worth less than it sounds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Remark {
    /// No execution performed an operation of this world: nothing was checked. A body that names
    /// `std` where it should name `super::sync` looks like this.
    NoOperation,
    /// The search is through after one execution, although that had several threads.
    OneExecution {
        /// How many threads it had, the first included.
        threads: u32,
    },
    /// The engine has shown violations that are its own: no execution under RC11 has these reads.
    FalseAlarms {
        /// In how many executions.
        executions: u64,
    },
    /// It is not known whether the body does the same when it is scheduled the same: real threads cannot
    /// be scheduled the same.
    RepetitionUnknown,
    /// The violation was not held against the axioms of weak memory, so it may be the engine's own.
    NotConfirmed(Unconfirmed),
    /// The same of an outcome of a guest program that is none: the engine may be alone in showing it.
    OutcomeNotConfirmed(Unconfirmed),
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Remark::NoOperation => {
                f.write_str("the body performs no operation of this world: nothing was checked")
            }
            Remark::OneExecution { threads } => write!(
                f,
                "one execution is all that was explored, although it has {threads} threads"
            ),
            Remark::FalseAlarms { executions: 1 } => {
                f.write_str("one false alarm of loom: no RC11 execution has these reads")
            }
            Remark::FalseAlarms { executions } => {
                write!(f, "{executions} false alarms of loom: no RC11 execution has these reads")
            }
            Remark::RepetitionUnknown => f.write_str(
                "real threads do not show whether the body does the same when it is scheduled the same",
            ),
            Remark::NotConfirmed(why) => {
                write!(f, "the violation is not confirmed by the axioms of weak memory: {why}")
            }
            Remark::OutcomeNotConfirmed(why) => {
                write!(f, "an outcome is not confirmed by the axioms of weak memory: {why}")
            }
        }
    }
}

/// Why an execution was not held against the axioms.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Unconfirmed {
    /// Something was not recorded: events were dropped, or an operation was broken on purpose.
    Incomplete,
    /// It would take too long.
    TooLarge,
    /// The search was to end meanwhile.
    Stopped,
}

impl fmt::Display for Unconfirmed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unconfirmed::Incomplete => "not all of the execution was recorded",
            Unconfirmed::TooLarge => "the execution is too large for that",
            Unconfirmed::Stopped => "the search was stopped before that",
        })
    }
}
