//! What an engine is known not to see although nothing cuts its search off.

use std::{collections::BTreeSet, fmt, sync::atomic::Ordering::SeqCst};

use super::event::{Event, OpKind};

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

/// A set of kinds of operations, and whether the ordering of any is weaker than seq-cst.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Ops {
    kinds: u32,
    has_weak: bool,
}

impl Ops {
    pub(crate) fn insert(&mut self, event: &Event) {
        self.kinds |= 1 << event.op as u32;
        let orderings = [event.ordering, event.ordering_failure];
        self.has_weak |= orderings.into_iter().flatten().any(|ordering| ordering != SeqCst);
    }

    pub(crate) fn extend(&mut self, others: Ops) {
        self.kinds |= others.kinds;
        self.has_weak |= others.has_weak;
    }

    pub(crate) fn contains(self, op: OpKind) -> bool {
        self.kinds & (1 << op as u32) != 0
    }

    /// Whether an atomic or a fence has an ordering weaker than seq-cst. A failed compare-exchange
    /// has one of its own.
    pub(crate) fn has_weak_ordering(self) -> bool {
        self.has_weak
    }

    /// Whether there is none besides the end of a thread, which every body comes to.
    pub(crate) fn is_idle(self) -> bool {
        self.kinds & !(1 << OpKind::Exit as u32) == 0
    }
}

#[cfg(test)]
mod tests {
    use std::panic::Location;
    use std::sync::atomic::Ordering::{Relaxed, Release};

    use super::*;

    fn event(op: OpKind) -> Event {
        Event::new(op, Location::caller())
    }

    #[test]
    fn a_set_of_operations_has_room_for_all_of_them() {
        let mut ops = Ops::default();
        assert!(ops.is_idle());
        for op in OpKind::ALL {
            assert!(!ops.contains(op));
            ops.insert(&event(op));
            assert!(ops.contains(op));
        }
        assert!(!ops.is_idle());
    }

    #[test]
    fn only_a_body_that_waits_can_miss_a_wakeup_without_a_cause() {
        let mut ops = Ops::default();
        ops.insert(&event(OpKind::Load));
        assert!(!Gap::of_loom(ops).contains(&Gap::UncausedWakeups));
        ops.insert(&event(OpKind::Wait));
        assert!(Gap::of_loom(ops).contains(&Gap::UncausedWakeups));
    }

    #[test]
    fn an_ordering_is_weak_unless_it_is_seq_cst_and_a_lock_has_none() {
        let has_weak = |event: Event| {
            let mut ops = Ops::default();
            ops.insert(&event);
            ops.has_weak_ordering()
        };
        let cas = event(OpKind::CompareExchange).ordered(SeqCst);
        assert!(!has_weak(event(OpKind::Lock)) && !has_weak(cas));
        assert!(has_weak(event(OpKind::Fence).ordered(Release)));
        assert!(has_weak(Event { ordering_failure: Some(Relaxed), ..cas }));
    }
}
