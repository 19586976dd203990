//! Reasons why a search did not look at everything.

use std::fmt;

/// Reasons why a search is incomplete. If several apply, the verdict names the one declared last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Bound {
    /// No execution ended, so nothing has been verified.
    NoExecution,
    /// A thread performed operations while a panic unwound it; these are not interleaved.
    Unwinding,
    /// A thread yielded, or waited with a time limit, under loom. loom then runs the other threads first
    /// and tries no other order.
    Yields,
    /// An operation would have ended without a cause once more. Each thread's operations on one object do so once.
    Uncaused,
    /// A wait of a thread would have timed out once more. `Heddle::timeouts_max` raises it.
    TimeOuts,
    /// A loop that yields found nothing new, and its thread then waited for something new. `Heddle::rounds_max` raises
    /// it.
    Rounds,
    /// The limit on preemptions in one execution: `Heddle::preemptions_max`, `Loom::preemptions_max`.
    Preemptions,
    /// Schedules are drawn at random: some are never drawn.
    Chance,
    /// Weak orderings are treated as sequentially consistent.
    Orderings,
    /// The limit on threads in one execution.
    Threads,
    /// The share of the work that this search has, where several searches take turns.
    Effort,
    /// The memory that the search may use.
    Memory,
    /// A loop that some schedule never leaves.
    Loop,
    /// The limit on a thread's steps between two visible operations.
    LocalSteps,
    /// The time that the search may take.
    Time,
    /// The user stopped the search.
    Interrupted,
    /// The limit on the number of executions.
    Executions,
    /// loom has shown a violation in an execution that no machine has, and cannot continue after it.
    FalseAlarm,
    /// The time that one execution on real threads may take.
    Watchdog,
    /// The limit on scheduling points in one execution.
    Steps,
    /// The limit that an engine sets for a guest program's machine in one execution.
    MachineSteps,
    /// Parts of the search that other processes were to make are not there.
    Parts,
}

// Nobody forgets one of them in the list.
const _: () = assert!(Bound::ALL.len() == Bound::Parts as usize + 1);

impl Bound {
    /// All of them, as they are declared.
    pub const ALL: [Bound; 22] = [
        Bound::NoExecution,
        Bound::Unwinding,
        Bound::Yields,
        Bound::Uncaused,
        Bound::TimeOuts,
        Bound::Rounds,
        Bound::Preemptions,
        Bound::Chance,
        Bound::Orderings,
        Bound::Threads,
        Bound::Effort,
        Bound::Memory,
        Bound::Loop,
        Bound::LocalSteps,
        Bound::Time,
        Bound::Interrupted,
        Bound::Executions,
        Bound::FalseAlarm,
        Bound::Watchdog,
        Bound::Steps,
        Bound::MachineSteps,
        Bound::Parts,
    ];

    /// A word for machines.
    pub fn name(self) -> &'static str {
        match self {
            Bound::Unwinding => "unwinding",
            Bound::Yields => "yields",
            Bound::Uncaused => "uncaused",
            Bound::TimeOuts => "time_outs",
            Bound::Rounds => "rounds",
            Bound::Preemptions => "preemptions",
            Bound::Chance => "chance",
            Bound::Orderings => "orderings",
            Bound::Threads => "threads",
            Bound::MachineSteps => "machine_steps",
            Bound::Parts => "parts",
            Bound::Effort => "effort",
            Bound::Memory => "memory",
            Bound::LocalSteps => "local_steps",
            Bound::Loop => "loop",
            Bound::Time => "time",
            Bound::Interrupted => "interrupted",
            Bound::Executions => "executions",
            Bound::Steps => "steps",
            Bound::NoExecution => "no_execution",
            Bound::FalseAlarm => "false_alarm",
            Bound::Watchdog => "watchdog",
        }
    }
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
            Bound::Parts => "parts of the search that are missing",
            Bound::Yields => "yields and timed waits, after which others go first",
            Bound::Uncaused => "the ends without a cause of one thread's operations on one object",
            Bound::TimeOuts => "the time-outs of one thread's waits (Heddle::timeouts_max)",
            Bound::Rounds => "the rounds of a loop that finds nothing new (Heddle::rounds_max)",
            Bound::Unwinding => "operations during unwinding, which are not interleaved",
        })
    }
}
