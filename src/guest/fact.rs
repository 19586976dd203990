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
    /// How much the drawn executions have left: see [`Unseen`].
    Unseen(Unseen),
    /// The execution, from 1, in which the first violation was drawn.
    FoundIn(u64),
    /// How hard the bug is to find.
    BugDepth(BugDepth),
    /// When the search lets freed memory be used again.
    FreedMemory(Reuse),
    /// How many executions were begun and abandoned.
    CutOff(u64),
}

/// What is needed to estimate how many traces a strategy has not drawn yet, if all its draws are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// The executions that were drawn.
    pub executions: u64,
    /// The distinct traces among them.
    pub traces: u64,
    /// The traces that were drawn once.
    pub once: u64,
    /// The traces that were drawn twice.
    pub twice: u64,
}

impl Unseen {
    /// How likely it is that the next execution has a new trace: the estimate of Good and Turing.
    pub fn next_is_new(self) -> f64 {
        self.once as f64 / self.executions.max(1) as f64
    }

    /// How many traces the strategy can draw, at least: the estimate of Chao.
    pub fn traces_at_least(self) -> u64 {
        let (once, twice) = (u128::from(self.once), u128::from(self.twice));
        let unseen = once * once.saturating_sub(1) / (2 * (twice + 1));
        self.traces.saturating_add(u64::try_from(unseen).unwrap_or(u64::MAX))
    }
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
