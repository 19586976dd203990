//! What an engine is known not to see, even if nothing cuts its search off.

use std::fmt;

/// A kind of execution that an engine leaves out, even if its search runs to the end.
///
/// The last four are reported only for bodies to which they can apply.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Gap {
    /// loom remembers only the latest access to an atomic. A thread's own load therefore hides an
    /// earlier load of another thread from the store that follows, and loom does not vary the order of
    /// that load and that store (loom's issues 166 and 392).
    Reduction,
    /// loom lets a load read from the last seven stores to an atomic.
    OldStores,
    /// A wait that ends without a notification.
    UncausedWakeups,
    /// `notify_one` waking a waiter other than the one that has waited longest.
    ChoiceOfWaiter,
    /// A weak compare-exchange that fails although it finds the expected value.
    WeakFailures,
    /// A try that finds a lock held. loom lets most tries wait until the lock is free.
    FailedTries,
}

impl Gap {
    /// The name for machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Gap::Reduction => "reduction",
            Gap::OldStores => "old_stores",
            Gap::UncausedWakeups => "uncaused_wakeups",
            Gap::ChoiceOfWaiter => "choice_of_waiter",
            Gap::WeakFailures => "weak_failures",
            Gap::FailedTries => "failed_tries",
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
            Gap::FailedTries => "tries that find a lock held",
        })
    }
}
