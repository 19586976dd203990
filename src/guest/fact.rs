//! What an engine adds to the counts of a search, as values; `report` has the words.

/// A fact that only some engines have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    /// How far the search by preemptions has come.
    Preemptions(PreemptionsDone),
    /// Traces that differ, among the executions that were drawn.
    DistinctTraces {
        /// How many were told apart.
        count: usize,
        /// Whether all were, and memory set no end to that.
        is_complete: bool,
    },
    /// In which execution, from 1, the first violation was drawn.
    FoundIn(u64),
    /// How hard the bug is to find.
    BugDepth(BugDepth),
    /// When the search lets memory that was freed be used again.
    FreedMemory(Reuse),
    /// How many executions were begun and given up half-way.
    CutOff(u64),
}

/// Of which executions a search by preemptions has left none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreemptionsDone {
    /// Not even all of those without a preemption are done.
    Nothing,
    /// All with at most so many.
    UpTo(u32),
    /// All executions.
    Everything,
}

/// An estimate of how many orders must come together to make a bug happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BugDepth {
    /// About so many.
    About {
        /// For which PCT found it.
        depth: u32,
        /// In which execution.
        execution: u64,
    },
    /// More than this.
    Above {
        /// Up to which PCT did not find it.
        depth: u32,
        /// In so many executions for each depth.
        executions: u64,
    },
    /// The search was stopped before the first estimate.
    Unknown,
}

/// When a search lets memory that was freed be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// Or not, where the free happens before. It does not see a use that only the allocator's own lock
    /// orders behind the free.
    WhereOrdered,
    /// The latest of its size, or none.
    Latest,
    /// Never.
    Never,
}
