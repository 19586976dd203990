//! What a class of shared objects consists of.

use std::sync::Arc;

use crate::interp::refusal::Refusal;
use crate::interp::{ThreadId, TrapKind};

/// The outcome of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Response<R> {
    /// The thread goes on with this word, which is 0 if the request tells nothing.
    Word(u64),
    /// The thread goes on with these words.
    Words(Arc<[u64]>),
    /// The thread goes on and is told that there is nothing, or that its time was up.
    Nothing,
    /// The object has been changed, and the thread goes on with this request.
    Begins(R),
    /// The thread must wait until the object has changed.
    Waits,
    /// The object does not allow it.
    Refused(Refusal),
}

/// What a thread is told that goes on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reply {
    /// This word, which is 0 if the request tells nothing.
    Word(u64),
    /// These words.
    Words(Arc<[u64]>),
    /// There is nothing, or its time was up.
    Nothing,
}

impl Reply {
    /// The word; `None` if there is nothing.
    pub fn word(&self) -> Option<u64> {
        match self {
            Reply::Word(word) => Some(*word),
            Reply::Nothing | Reply::Words(_) => None,
        }
    }
}

/// A class of objects.
pub(super) trait Class: Sized {
    /// What can be done with its objects.
    type Use: Way;
    /// Its name, as in `Gate.Enter`.
    const NAME: &'static str;
    /// What one of its objects is called in a sentence.
    const NOUN: &'static str;
    /// Whether a use may wait for one particular thread.
    const HAS_OWNERS: bool = false;

    /// Whether a use need not wait.
    fn is_possible(&self, me: ThreadId, way: &Self::Use) -> bool;

    /// Whether there may be a thread for which this use, with whatever arguments, is possible. If not, threads that wait
    /// with it are not looked at one by one. The default is right where it does not depend on the thread.
    fn admits(&self, way: &Self::Use) -> bool {
        const ANY: ThreadId = ThreadId(u32::MAX);
        self.is_possible(ANY, way)
    }

    /// Carries out a use that need not wait.
    fn perform(&mut self, me: ThreadId, way: &Self::Use) -> Response<Self::Use>;

    /// The thread that must act before a waiting use can go on, if it is one particular thread.
    fn awaited(&self, _me: ThreadId, _way: &Self::Use) -> Option<ThreadId> {
        None
    }

    /// Whether a use may wait for this very thread: if not, [`awaited`](Self::awaited) never names it now.
    fn may_await(&self, _thread: ThreadId) -> bool {
        false
    }

    /// A thread whose time is up waits no more.
    fn give_up(&mut self, _me: ThreadId, _way: &Self::Use) {}

    /// Gives the threads in it other numbers.
    fn rename(&mut self, _to: &dyn Fn(ThreadId) -> ThreadId) {}
}

/// A use of an object.
pub(super) trait Way {
    /// The name of the function, without its class.
    fn function(&self) -> &'static str;

    /// Its arguments.
    fn arguments(&self) -> Vec<u64> {
        Vec::new()
    }

    /// Whether its thread is told something.
    fn is_told(&self) -> bool;

    /// Whether what it waits for is a notification.
    fn is_notified(&self) -> bool {
        false
    }

    /// Whether it takes a lock, which its owner alone gives back.
    fn is_lock(&self) -> bool {
        false
    }
}

/// The number of words that one object can keep.
pub(super) const WORDS_MAX: usize = 1 << 20;

/// An object keeps as many words as it can.
pub(super) fn full(function: &str) -> Refusal {
    (TrapKind::OutOfMemory, format!("{function}: full"))
}
