//! What kept a search from looking at everything.

use std::fmt;

/// What weakens the claim of a search; of several, the last one here is named.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Bound {
    /// No execution came to its end, so that nothing has been verified.
    NoExecution,
    /// A thread performed operations while it unwound a panic; they are not interleaved.
    Unwinding,
    /// A thread yielded, or waited with a time limit, under loom, which then runs the others first
    /// and looks at no other order.
    Yields,
    /// The number of preemptions in one execution.
    Preemptions,
    /// Schedules are drawn by chance: some are never drawn.
    Chance,
    /// Weak orderings are seen as sequentially consistent.
    Orderings,
    /// The number of threads in one execution.
    Threads,
    /// The share of the work that one of several searches has.
    Effort,
    /// The memory that the search may use.
    Memory,
    /// A loop that some schedule never leaves.
    Loop,
    /// The steps of a thread between two visible operations.
    LocalSteps,
    /// The time that the search may take.
    Time,
    /// Somebody stopped the search.
    Interrupted,
    /// The number of executions that were asked for.
    Executions,
    /// loom has shown a violation in an execution that no machine has, and cannot go on after it.
    FalseAlarm,
    /// The time that one execution on real threads may take.
    Watchdog,
    /// The number of scheduling points in one execution.
    Steps,
    /// What an engine lets a guest program's machine do in one execution.
    MachineSteps,
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Bound::NoExecution => "nothing: no execution came to its end",
            Bound::Executions => "the number of executions",
            Bound::FalseAlarm => "a false alarm of loom, after which it cannot go on",
            Bound::Watchdog => "the watchdog: the time for one execution on real threads",
            Bound::Preemptions => "the number of preemptions",
            Bound::Chance => "chance: schedules are drawn, not enumerated",
            Bound::Orderings => "weak orderings, which are seen as sequentially consistent",
            Bound::Threads => "the number of threads in one execution",
            Bound::Effort => "its share of the work",
            Bound::Memory => "the memory for the search",
            Bound::Loop => "a loop that some schedule never leaves",
            Bound::LocalSteps => "a thread's steps between two visible operations",
            Bound::Time => "the time for the search",
            Bound::Interrupted => "an interrupt",
            Bound::Steps => "the number of steps in one execution",
            Bound::MachineSteps => "the steps of the machine in one execution",
            Bound::Yields => "yields and timed waits, after which others go first",
            Bound::Unwinding => "operations during unwinding, which are not interleaved",
        })
    }
}
