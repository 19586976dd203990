//! What a guest's event has besides its place in a graph: its operation, and how that came out.

use std::sync::{Arc, OnceLock};

use crate::graph::{self, EventId};
use crate::reference::shared::Kept;
use crate::reference::{Course, Operation, Thread, fingerprint_of};

/// An operation of a guest that has been carried out.
pub(crate) type Event = graph::event::Event<Deed>;

/// A guest's operation, and how it came out.
#[derive(Clone, Debug)]
pub(crate) struct Deed {
    /// The thread before it; the thread's next operation is this event's.
    pub(crate) before: Arc<Thread>,
    /// The course that its operation took.
    pub(crate) course: Course,
    /// The state of its thread after it.
    pub(crate) after: Standing,
    /// The word that it writes to its location, if it does; at a shared object, a fingerprint of what follows.
    pub(crate) written: Option<u64>,
    /// The shared object after it, if it changes one.
    pub(crate) shared: Kept,
    /// The answer that its thread got.
    pub(crate) answer: Option<u64>,
    /// For a notification: the waits that it ends.
    pub(crate) woken: Vec<EventId>,
    /// The ticket of a monitor that it gives back; see [`monitor`](super::monitor).
    pub(crate) gives_back: Option<EventId>,
    /// Whether it changes no location. A thread that has given a monitor back comes to the same point only
    /// with another ticket, which does.
    pub(crate) is_idle: bool,
    /// Whether it returns its thread to an earlier point, after something was written in between.
    pub(crate) closes_loop: bool,
    /// If it closes a loop, what the graph then settled to; see [`loops`](super::loops).
    pub(crate) settled: Option<u128>,
    pub(crate) stood: OnceLock<u128>,
}

/// The state in which an event leaves its thread.
#[derive(Clone, Debug)]
pub(crate) enum Standing {
    /// Before its next operation.
    At(Arc<Thread>),
    /// Before the same operation, which wants a monitor and waits for its turn, or for which a shared object must
    /// change. At a shared object, the thread goes on if a write of another state serves its read.
    InLine(Arc<Thread>),
    /// The thread is at an earlier point, and nothing was written in between. It stays there until
    /// another graph gives one of the reads in between another write.
    Spins(Arc<Thread>),
    /// The thread is at an earlier point, and everything is as it was then, though it was changed in
    /// between: a search leaves the thread there.
    Loops(Arc<Thread>),
    /// It does nothing any more.
    Ended,
}

impl Event {
    /// The fingerprint of its thread before it.
    pub(crate) fn stood(&self) -> u128 {
        *self.detail.stood.get_or_init(|| fingerprint_of(&*self.detail.before))
    }

    /// Its operation.
    pub(crate) fn operation(&self) -> &Operation {
        self.detail.before.next()
    }

    /// Its thread after it, or, at the end, before it.
    pub(crate) fn thread(&self) -> &Arc<Thread> {
        self.detail.after.thread().unwrap_or(&self.detail.before)
    }

    /// Whether it only begins an operation, which another event completes.
    pub(crate) fn begins(&self) -> bool {
        matches!(self.detail.after, Standing::InLine(_))
    }

    /// Whether it completes an operation that the event before it has begun.
    pub(crate) fn completes(&self) -> bool {
        self.operation().wants_monitor() && !self.begins()
    }

    /// Whether it is not a step of the thread: it only begins one, or records that a notification has come.
    pub(crate) fn is_silent(&self) -> bool {
        self.begins() || matches!(self.operation(), Operation::Await { .. }) && !self.writes
    }
}

impl Standing {
    /// The thread, unless it has ended.
    pub(crate) fn thread(&self) -> Option<&Arc<Thread>> {
        match self {
            Standing::At(thread)
            | Standing::InLine(thread)
            | Standing::Spins(thread)
            | Standing::Loops(thread) => Some(thread),
            Standing::Ended => None,
        }
    }
}
