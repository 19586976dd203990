//! An event of an execution graph: an operation that has been carried out.

use std::sync::atomic::Ordering;

use smallvec::SmallVec;

use super::clock::{Clock, EventId};

/// The write that a read reads: `None` is the initial value.
pub type Source = Option<EventId>;

/// An operation that has been carried out. It never changes: a change makes another event with the same name.
#[derive(Clone, Debug)]
pub(crate) struct Event<D> {
    pub(crate) id: EventId,
    /// The time when it was added to the graph; a read that is revisited keeps its stamp.
    pub(crate) stamp: u32,
    /// The location that it accesses.
    pub(crate) location: Option<usize>,
    /// The write that it reads at its location; `None` if it reads nothing there.
    pub(crate) reads: Option<Source>,
    /// Whether it writes to its location.
    pub(crate) writes: bool,
    /// The events that it had to wait for: the end of the thread that it joins, a notification. They happen
    /// before it, unless it is relaxed.
    pub(crate) awaits: SmallVec<[EventId; 2]>,
    pub(crate) mode: Mode,
    pub(crate) way: Way,
    pub(crate) past: Past,
    /// What the program keeps of it.
    pub(crate) detail: D,
}

/// Which of several ways an event has come out in, apart from the write that it reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Way {
    /// The one that a search takes first.
    #[default]
    First,
    /// Another one.
    Other,
    /// The only one: it could not even have read another write.
    Only,
}

/// The events before an event, and the event itself, in the orders that grow with the graph.
#[derive(Clone, Debug, Default)]
pub(crate) struct Past {
    /// By program order and reads-from.
    pub(crate) sees: Clock,
    /// By happens-before.
    pub(crate) knows: Clock,
    /// For a write: what an acquiring read of it knows.
    pub(crate) release: Clock,
    /// What the last release fence of the thread knows.
    pub(crate) fenced: Clock,
    /// What the next acquire fence of the thread will know.
    pub(crate) pending: Clock,
}

impl Past {
    /// The part that the thread's next event takes over becomes that event's past.
    pub(crate) fn hand_on(&self, next: &mut Past) {
        next.sees.clone_from(&self.sees);
        next.knows.clone_from(&self.knows);
        next.release = Clock::nothing();
        next.fenced.clone_from(&self.fenced);
        next.pending.clone_from(&self.pending);
    }
}

/// The ordering of an event; `None` if it is a plain access, or orders nothing by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mode(pub(crate) Option<Ordering>);

impl Mode {
    pub(crate) fn is_relaxed(self) -> bool {
        self.0 == Some(Ordering::Relaxed)
    }

    pub(crate) fn is_atomic(self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn acquires(self) -> bool {
        use Ordering::{AcqRel, Acquire, SeqCst};
        matches!(self.0, Some(Acquire | AcqRel | SeqCst))
    }

    pub(crate) fn releases(self) -> bool {
        use Ordering::{AcqRel, Release, SeqCst};
        matches!(self.0, Some(Release | AcqRel | SeqCst))
    }

    pub(crate) fn is_seq_cst(self) -> bool {
        self.0 == Some(Ordering::SeqCst)
    }
}

impl<D> Event<D> {
    /// Whether it reads and writes its location in one step.
    pub(crate) fn is_rmw(&self) -> bool {
        self.reads.is_some() && self.writes
    }

    /// The events without which it cannot happen: the write that it reads, and those that it waits for.
    pub(crate) fn needs(&self) -> impl Iterator<Item = EventId> {
        self.reads.flatten().into_iter().chain(self.awaits.iter().copied())
    }

    /// Whether it is a fence that takes part in the order of all seq-cst operations.
    pub(crate) fn is_seq_cst_fence(&self) -> bool {
        self.mode.is_seq_cst() && self.location.is_none()
    }
}
