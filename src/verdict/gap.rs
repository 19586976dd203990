//! What an engine is known not to see although nothing cuts its search off.

use std::fmt;

/// A kind of execution that an engine leaves out of a search that runs to its end.
///
/// The last three are named where a body could meet them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Gap {
    /// loom remembers the latest access to an atomic. A thread's own load hides an earlier load of
    /// another thread from the store that follows, and the order of those two is not varied (loom's
    /// issues 166 and 392).
    Reduction,
    /// loom lets a load read from the last seven stores to an atomic.
    OldStores,
    /// A wait that ends although nobody notified.
    UncausedWakeups,
    /// `notify_one` waking another waiter than the one that has waited longest.
    ChoiceOfWaiter,
    /// A weak compare-exchange that fails although the value is the expected one. Strong ones are
    /// not told from weak ones here.
    WeakFailures,
}

impl Gap {
    /// A word for machines.
    pub fn name(self) -> &'static str {
        match self {
            Gap::Reduction => "reduction",
            Gap::OldStores => "old_stores",
            Gap::UncausedWakeups => "uncaused_wakeups",
            Gap::ChoiceOfWaiter => "choice_of_waiter",
            Gap::WeakFailures => "weak_failures",
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Gap::Reduction => "executions that loom's reduction leaves out",
            Gap::OldStores => "loads of stores older than the last seven to an atomic",
            Gap::UncausedWakeups => "waits that end without a notification",
            Gap::ChoiceOfWaiter => "notifications that wake another than the longest waiter",
            Gap::WeakFailures => "compare-exchanges that fail without a cause",
        })
    }
}
