//! What a reader of a verdict should know about the search behind it.

use std::fmt;

/// A fact about a search that makes its verdict worth less than it sounds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Remark {
    /// No execution performed an operation of this world, so nothing was checked. A body that uses `std`
    /// where it should use `super::sync` looks like this.
    NoOperation,
    /// The search ended after one execution, although that execution had several threads.
    OneExecution {
        /// How many threads it had, including the first.
        threads: u32,
    },
    /// The engine has shown false alarms: no execution under RC11 has these reads.
    FalseAlarms {
        /// How many executions showed one.
        executions: u64,
    },
    /// It is not known whether the body is repeatable, because real threads cannot be scheduled the same
    /// way twice.
    RepetitionUnknown,
    /// The violation was not checked against the axioms of weak memory, so it may be a false alarm.
    NotConfirmed(Unconfirmed),
    /// The same for an outcome of a guest program: it may be one that only this engine shows.
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

/// Why an execution was not checked against the axioms.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Unconfirmed {
    /// Something was not recorded: events were dropped, or an operation was broken on purpose.
    Incomplete,
    /// The check would take too long.
    TooLarge,
    /// The search was stopped during the check.
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
