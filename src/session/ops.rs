//! The kinds of operations that a body performs.

use std::sync::atomic::Ordering::SeqCst;

use crate::verdict::{Event, OpKind};

/// A set of kinds of operations, and whether any of them has an ordering weaker than seq-cst.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Ops {
    /// A bit for each kind, and [`WEAK`].
    bits: u64,
}

/// The bit of an ordering weaker than seq-cst.
const WEAK: u64 = 1 << 63;

impl Ops {
    /// The kind of one operation.
    pub(crate) fn of(event: &Event) -> Self {
        let orderings = [event.ordering, event.ordering_failure];
        let is_weak = orderings.into_iter().flatten().any(|ordering| ordering != SeqCst);
        Ops { bits: 1 << event.op as u64 | if is_weak { WEAK } else { 0 } }
    }

    /// The same as a number.
    pub(super) fn bits(self) -> u64 {
        self.bits
    }

    pub(super) fn from_bits(bits: u64) -> Self {
        Ops { bits }
    }

    pub(crate) fn extend(&mut self, others: Ops) {
        self.bits |= others.bits;
    }

    pub(crate) fn contains(self, op: OpKind) -> bool {
        self.bits & (1 << op as u64) != 0
    }

    /// Whether an atomic or a fence has an ordering weaker than seq-cst. The failure ordering of a
    /// compare-exchange counts too.
    pub(crate) fn has_weak_ordering(self) -> bool {
        self.bits & WEAK != 0
    }

    /// Whether the body performs nothing except the end of a thread, which every body has.
    pub(crate) fn is_idle(self) -> bool {
        self.bits & !(1 << OpKind::Exit as u64 | WEAK) == 0
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
            ops.extend(Ops::of(&event(op)));
            assert!(ops.contains(op));
        }
        assert!(!ops.is_idle());
    }

    #[test]
    fn an_ordering_is_weak_unless_it_is_seq_cst_and_a_lock_has_none() {
        let has_weak = |event: Event| {
            let mut ops = Ops::default();
            ops.extend(Ops::of(&event));
            ops.has_weak_ordering()
        };
        let cas = event(OpKind::CompareExchange).ordered(SeqCst);
        assert!(!has_weak(event(OpKind::Lock)) && !has_weak(cas));
        assert!(has_weak(event(OpKind::Fence).ordered(Release)));
        assert!(has_weak(Event { ordering_failure: Some(Relaxed), ..cas }));
    }
}
