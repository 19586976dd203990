//! An event of an execution graph: an operation that has been carried out.

use std::sync::{Arc, OnceLock};

use super::clock::{Clock, EventId};
use crate::il::MemoryOrder;
use crate::reference::{Course, Operation, Thread, fingerprint_of};

/// The write that a read reads: `None` is the initial value.
pub type Source = Option<EventId>;

/// An operation that has been carried out. It never changes: a change makes another event with the same name.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) id: EventId,
    /// The time when it was added to the graph; a read that is revisited keeps its stamp.
    pub(crate) stamp: u32,
    /// The thread before it; the thread's next operation is this event's.
    pub(crate) before: Arc<Thread>,
    /// The course that its operation took.
    pub(crate) course: Course,
    /// The state of its thread after it.
    pub(crate) after: Standing,
    /// The location that it accesses.
    pub(crate) location: Option<usize>,
    /// The write that it reads at its location; `None` if it reads nothing there.
    pub(crate) reads: Option<Source>,
    /// The word that it writes to its location, if it does.
    pub(crate) writes: Option<u64>,
    /// The event that it had to wait for: the end of the thread that it joins, the notification.
    pub(crate) awaits: Option<EventId>,
    /// The answer that its thread got.
    pub(crate) answer: Option<u64>,
    /// For a notification: the waits that it ends.
    pub(crate) woken: Vec<EventId>,
    pub(crate) mode: Mode,
    pub(crate) past: Past,
    /// Whether it changes nothing.
    pub(crate) is_idle: bool,
    /// Whether it returns its thread to an earlier point, after something was written in between.
    pub(crate) closes_loop: bool,
    /// If it closes a loop, what the graph then settled to; see [`loops`](super::loops).
    pub(crate) settled: Option<u128>,
    pub(crate) stood: OnceLock<u128>,
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
    /// The part that the thread's next event takes over.
    pub(crate) fn handed_on(&self) -> Self {
        Past {
            sees: self.sees.clone(),
            knows: self.knows.clone(),
            release: Clock::nothing(),
            fenced: self.fenced.clone(),
            pending: self.pending.clone(),
        }
    }
}

/// The state in which an event leaves its thread.
#[derive(Clone, Debug)]
pub(crate) enum Standing {
    /// Before its next operation.
    At(Arc<Thread>),
    /// The thread is before the same operation, until another graph gives it another write to read: it
    /// wants a monitor that has an owner.
    Waits(Arc<Thread>),
    /// The thread is at an earlier point, and nothing was written in between. It stays there until
    /// another graph gives one of the reads in between another write.
    Spins(Arc<Thread>),
    /// The thread is at an earlier point, and everything is as it was then, though it was changed in
    /// between: a search leaves the thread there.
    Loops(Arc<Thread>),
    /// It does nothing any more.
    Ended,
}

/// The ordering of an event; `None` if it is a plain access, or orders nothing by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mode(pub(crate) Option<MemoryOrder>);

impl Mode {
    pub(crate) fn is_atomic(self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn acquires(self) -> bool {
        use MemoryOrder::{AcqRel, Acquire, SeqCst};
        matches!(self.0, Some(Acquire | AcqRel | SeqCst))
    }

    pub(crate) fn releases(self) -> bool {
        use MemoryOrder::{AcqRel, Release, SeqCst};
        matches!(self.0, Some(Release | AcqRel | SeqCst))
    }

    pub(crate) fn is_seq_cst(self) -> bool {
        self.0 == Some(MemoryOrder::SeqCst)
    }
}

impl Event {
    /// The fingerprint of its thread before it.
    pub(crate) fn stood(&self) -> u128 {
        *self.stood.get_or_init(|| fingerprint_of(&*self.before))
    }

    /// Its operation.
    pub(crate) fn operation(&self) -> &Operation {
        self.before.next()
    }

    /// Whether it reads and writes its location in one step.
    pub(crate) fn is_rmw(&self) -> bool {
        self.reads.is_some() && self.writes.is_some()
    }

    /// Whether it is a fence that takes part in the order of all seq-cst operations.
    pub(crate) fn is_seq_cst_fence(&self) -> bool {
        self.mode.is_seq_cst() && self.location.is_none()
    }

    /// Whether it is not a step of the thread: it only records that a notification has come.
    pub(crate) fn is_silent(&self) -> bool {
        matches!(self.operation(), Operation::Await { .. }) && self.writes.is_none()
    }
}
