//! An event of an execution graph: an operation that has been carried out.

use std::sync::{Arc, OnceLock};

use super::clock::{Clock, EventId};
use crate::il::MemoryOrder;
use crate::reference::{Course, Operation, Thread, fingerprint_of};

/// Which write a read reads: `None` is the value from the beginning.
pub type Source = Option<EventId>;

/// An operation that has been carried out. It never changes: what would change it makes another
/// event of the same name.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) id: EventId,
    /// When it was added to the graph; a read that is revisited keeps its stamp.
    pub(crate) stamp: u32,
    /// The thread before it; its next operation is the one that has been carried out.
    pub(crate) before: Arc<Thread>,
    /// How its operation came out.
    pub(crate) course: Course,
    /// Where it has left its thread.
    pub(crate) after: Standing,
    /// The location that it accesses.
    pub(crate) location: Option<usize>,
    /// What it reads from its location; `None` if it reads nothing there.
    pub(crate) reads: Option<Source>,
    /// The word that it writes to its location, if it does.
    pub(crate) writes: Option<u64>,
    /// The event that it had to wait for: the end of the thread that it joins, the notification.
    pub(crate) awaits: Option<EventId>,
    /// What its thread was told.
    pub(crate) answer: Option<u64>,
    /// Of a notification: the waits that it ends.
    pub(crate) woken: Vec<EventId>,
    pub(crate) mode: Mode,
    pub(crate) past: Past,
    /// Whether it leaves everything as it is.
    pub(crate) is_idle: bool,
    /// Whether it brings its thread back to where it was, with something written in between.
    pub(crate) closes_loop: bool,
    /// If it closes a loop, what the graph settled to then; see [`loops`](super::loops).
    pub(crate) settled: Option<u128>,
    pub(crate) stood: OnceLock<u128>,
}

/// What comes before an event, itself included, in the orders that grow with the graph.
#[derive(Clone, Debug, Default)]
pub(crate) struct Past {
    /// By program order and reads-from.
    pub(crate) sees: Clock,
    /// By happens-before.
    pub(crate) knows: Clock,
    /// Of a write: what an acquiring read of it knows.
    pub(crate) release: Clock,
    /// What the last release fence of the thread knows.
    pub(crate) fenced: Clock,
    /// What the next acquire fence of the thread will know.
    pub(crate) pending: Clock,
}

impl Past {
    /// What the thread's next event takes over.
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

/// Where an event leaves its thread.
#[derive(Clone, Debug)]
pub(crate) enum Standing {
    /// Before its next operation.
    At(Arc<Thread>),
    /// Before the same operation, until another graph gives it another write to read: it wants a
    /// monitor that somebody has.
    Waits(Arc<Thread>),
    /// Where it has been before, with nothing written since: until another graph gives one of the
    /// reads in between another write.
    Spins(Arc<Thread>),
    /// Where it has been before, with everything as it was, though it was changed in between: a
    /// search leaves it there.
    Loops(Arc<Thread>),
    /// It does nothing any more.
    Ended,
}

/// How an event is ordered; `None` if it is a plain access, or orders nothing by itself.
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

    /// The operation that it is.
    pub(crate) fn operation(&self) -> &Operation {
        self.before.next()
    }

    /// Whether it reads and writes its location in one.
    pub(crate) fn is_rmw(&self) -> bool {
        self.reads.is_some() && self.writes.is_some()
    }

    /// Whether it is a fence of the order of all seq-cst operations.
    pub(crate) fn is_seq_cst_fence(&self) -> bool {
        self.mode.is_seq_cst() && self.location.is_none()
    }

    /// Whether it is no step of the thread: that a notification has come.
    pub(crate) fn is_silent(&self) -> bool {
        matches!(self.operation(), Operation::Await { .. }) && self.writes.is_none()
    }
}
