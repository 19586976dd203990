//! The orderings of atomic operations: which they may have, and the parts of those that they have.

use std::{sync::atomic::Ordering, thread::panicking};

use crate::session::{self, Event, Fault, OpKind};

/// The part of a read-modify-write's ordering that applies to its load.
pub(super) fn reading_half(ordering: Ordering) -> Ordering {
    match ordering {
        Ordering::AcqRel => Ordering::Acquire,
        Ordering::Release => Ordering::Relaxed,
        ordering => ordering,
    }
}

/// The ordering of a load that replaces a compare-exchange, which may succeed or fail.
pub(super) fn either(success: Ordering, failure: Ordering) -> Ordering {
    match (success, failure) {
        (Ordering::SeqCst, _) | (_, Ordering::SeqCst) => Ordering::SeqCst,
        (Ordering::Acquire, _) | (_, Ordering::Acquire) => Ordering::Acquire,
        _ => Ordering::Relaxed,
    }
}

/// The part of the ordering that applies to its store.
pub(super) fn writing_half(ordering: Ordering) -> Ordering {
    match ordering {
        Ordering::AcqRel => Ordering::Release,
        Ordering::Acquire => Ordering::Relaxed,
        ordering => ordering,
    }
}

/// The operation that has begun, if it may have its orderings.
///
/// # Panics
/// It may not, as in `std`: there are no release loads, for example.
pub(super) fn legal(event: Event) -> Event {
    let (ordering, what) = match event.op {
        OpKind::Load => (event.ordering, "load"),
        OpKind::Store => (event.ordering, "store"),
        OpKind::CompareExchange | OpKind::CompareExchangeWeak => {
            (event.ordering_failure, "failure ordering")
        }
        OpKind::Fence => (event.ordering, "fence"),
        _ => return event,
    };
    let is_legal = match event.op {
        OpKind::Store => !matches!(ordering, Some(Ordering::Acquire | Ordering::AcqRel)),
        OpKind::Fence => ordering != Some(Ordering::Relaxed),
        _ => !matches!(ordering, Some(Ordering::Release | Ordering::AcqRel)),
    };
    if is_legal {
        return event;
    }
    // A destructor that runs because of a panic must not panic, too: the first violation counts.
    if panicking() {
        let strongest = Some(Ordering::SeqCst);
        return Event { ordering: strongest, ordering_failure: strongest, ..event };
    }
    let name = match ordering {
        Some(Ordering::Acquire) => "an acquire",
        Some(Ordering::Release) => "a release",
        Some(Ordering::AcqRel) => "an acquire-release",
        _ => "a relaxed",
    };
    let message = format!("there is no such thing as {name} {what}");
    session::violate(Fault::Panic, message, event.location)
}
