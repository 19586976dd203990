//! Facts that an engine adds to the counts of a search, as values; `report` has the words.

/// A fact that only some engines have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// How far the search by preemptions has got.
    Preemptions(PreemptionsDone),
    /// The number of distinct traces among the drawn executions.
    DistinctTraces {
        /// How many were distinguished.
        count: usize,
        /// Whether all were counted, without reaching the memory limit.
        is_complete: bool,
    },
    /// The execution, from 1, in which the first violation was drawn.
    FoundIn(u64),
    /// How hard the bug is to find.
    BugDepth(BugDepth),
    /// When the search lets freed memory be used again.
    FreedMemory(Reuse),
    /// How many executions were begun and abandoned.
    CutOff(u64),
}

/// The executions that a search by preemptions has completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreemptionsDone {
    /// Not even all executions without a preemption.
    Nothing,
    /// All executions with at most this many preemptions.
    UpTo(u32),
    /// All executions.
    Everything,
}

/// An estimate of how many ordering constraints a bug needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BugDepth {
    /// About this many.
    About {
        /// The depth at which PCT found it.
        depth: u32,
        /// The execution in which PCT found it.
        execution: u64,
    },
    /// More than this.
    Above {
        /// The depth up to which PCT did not find it.
        depth: u32,
        /// The number of executions for each depth.
        executions: u64,
    },
    /// The search was stopped before the first estimate.
    Unknown,
}

/// When a search lets freed memory be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// An allocation that the free happens before may get it or not. Does not see a use that only the
    /// allocator's own lock orders after the free.
    WhereOrdered,
    /// The latest freed memory of the same size, if there is any.
    Latest,
    /// Never.
    Never,
}
