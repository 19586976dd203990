//! What an engine is known not to see although nothing cuts its search off.

use std::{collections::BTreeSet, fmt};

use super::event::OpKind;

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

    /// What loom does not see of bodies that perform these operations.
    pub(crate) fn of_loom(ops: Ops) -> BTreeSet<Gap> {
        let mut gaps = BTreeSet::from([Gap::Reduction, Gap::OldStores]);
        if ops.contains(OpKind::Wait) {
            gaps.insert(Gap::UncausedWakeups);
        }
        if ops.contains(OpKind::NotifyOne) {
            gaps.insert(Gap::ChoiceOfWaiter);
        }
        if ops.contains(OpKind::CompareExchange) {
            gaps.insert(Gap::WeakFailures);
        }
        gaps
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

/// A set of kinds of operations.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Ops(u32);

impl Ops {
    pub(crate) fn insert(&mut self, op: OpKind) {
        self.0 |= 1 << op as u32;
    }

    pub(crate) fn extend(&mut self, others: Ops) {
        self.0 |= others.0;
    }

    pub(crate) fn contains(self, op: OpKind) -> bool {
        self.0 & (1 << op as u32) != 0
    }

    /// Whether there is none besides the end of a thread, which every body comes to.
    pub(crate) fn is_idle(self) -> bool {
        self.0 & !(1 << OpKind::Exit as u32) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_operations_has_room_for_all_of_them() {
        let mut ops = Ops::default();
        assert!(ops.is_idle());
        for op in OpKind::ALL {
            assert!(!ops.contains(op));
            ops.insert(op);
            assert!(ops.contains(op));
        }
        assert!(!ops.is_idle());
    }

    #[test]
    fn only_a_body_that_waits_can_miss_a_wakeup_without_a_cause() {
        let mut ops = Ops::default();
        ops.insert(OpKind::Load);
        assert!(!Gap::of_loom(ops).contains(&Gap::UncausedWakeups));
        ops.insert(OpKind::Wait);
        assert!(Gap::of_loom(ops).contains(&Gap::UncausedWakeups));
    }
}
