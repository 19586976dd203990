//! Locks that cannot be entered again, also not by their owner.

use super::class::{Class, Response, Way};
use crate::interp::{ThreadId, TrapKind};

/// A lock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Mutex {
    owner: Option<ThreadId>,
}

/// What can be done with a lock.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MutexUse {
    /// Takes it.
    Lock,
    /// Gives it up.
    Unlock,
    /// Whether this thread has it.
    IsMine,
}

impl Class for Mutex {
    type Use = MutexUse;
    const NAME: &'static str = "Mutex";
    const NOUN: &'static str = "mutex";
    const HAS_OWNERS: bool = true;

    fn is_possible(&self, _: ThreadId, way: &MutexUse) -> bool {
        *way != MutexUse::Lock || self.owner.is_none()
    }

    fn perform(&mut self, me: ThreadId, way: &MutexUse) -> Response<MutexUse> {
        match way {
            MutexUse::IsMine => return Response::Word(u64::from(self.owner == Some(me))),
            MutexUse::Lock => self.owner = Some(me),
            MutexUse::Unlock if self.owner == Some(me) => self.owner = None,
            MutexUse::Unlock => {
                let message = "Mutex.Unlock: not owner".into();
                return Response::Refused((TrapKind::DoubleUnlock, message));
            }
        }
        Response::Word(0)
    }

    fn awaited(&self, _: ThreadId, _: &MutexUse) -> Option<ThreadId> {
        self.owner
    }

    fn may_await(&self, thread: ThreadId) -> bool {
        self.owner == Some(thread)
    }

    fn rename(&mut self, to: &dyn Fn(ThreadId) -> ThreadId) {
        self.owner = self.owner.map(to);
    }
}

impl Way for MutexUse {
    fn function(&self) -> &'static str {
        match self {
            MutexUse::Lock => "Lock",
            MutexUse::Unlock => "Unlock",
            MutexUse::IsMine => "IsMine",
        }
    }

    fn is_told(&self) -> bool {
        *self == MutexUse::IsMine
    }

    fn is_lock(&self) -> bool {
        *self == MutexUse::Lock
    }
}
