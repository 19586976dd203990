//! The limits of scenarios, and what can be wrong with them.

/// The largest number of operations in a scenario.
pub const OPERATIONS_MAX: usize = 64;

/// The largest number of sets of operations that may come first in an order: the product, over the threads,
/// of the number of their operations and one. For each execution the search may look at each of them, in each
/// state of the specification that they can lead to.
pub const SETS_MAX: usize = 1 << 16;

/// Scenarios that cannot be checked. Scenarios and threads are numbered from 1. Nothing has been run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is nothing to check.
    #[error("there are no scenarios")]
    NoScenarios,
    /// A scenario has no threads.
    #[error("scenario {scenario} has no threads")]
    NoThreads {
        /// Its number.
        scenario: usize,
    },
    /// A thread has nothing to do.
    #[error("thread {thread} of scenario {scenario} has no operations")]
    IdleThread {
        /// The scenario's number.
        scenario: usize,
        /// The thread's number.
        thread: usize,
    },
    /// A scenario is larger than [`OPERATIONS_MAX`].
    #[error("scenario {scenario} has {operations} operations, more than {OPERATIONS_MAX}")]
    TooManyOperations {
        /// Its number.
        scenario: usize,
        /// How many it has in all.
        operations: usize,
    },
    /// The threads of a scenario are too many or too long: see [`SETS_MAX`].
    #[error(
        "the operations of scenario {scenario} can be begun in {sets} sets, more than {SETS_MAX}: \
         take fewer threads, or fewer operations for each"
    )]
    TooManySets {
        /// Its number.
        scenario: usize,
        /// How many sets of operations may come first.
        sets: usize,
    },
}
