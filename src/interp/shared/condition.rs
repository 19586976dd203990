//! Condition variables: any thread may notify, whatever it owns.
//!
//! To wait is to enlist, to unlock a mutex, to wait until a notification has struck the thread off the list, and
//! to lock the mutex again. The thread enlists while it has the mutex, so the next owner of the mutex finds it there.

use std::collections::{BTreeSet, VecDeque};

use super::class::{Class, Response, Way};
use crate::interp::ThreadId;

/// A condition variable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Condition {
    /// The threads that wait for a notification, longest first.
    waiting: VecDeque<ThreadId>,
    /// The threads that have been notified, and do not know it yet.
    notified: BTreeSet<ThreadId>,
}

/// What can be done with a condition variable.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ConditionUse {
    /// Joins the list.
    Enlist,
    /// Waits until it is off the list.
    Await,
    /// Notifies the thread that has waited longest.
    NotifyOne,
    /// Notifies all.
    NotifyAll,
}

impl Class for Condition {
    type Use = ConditionUse;
    const NAME: &'static str = "Condition";
    const NOUN: &'static str = "condition variable";

    fn is_possible(&self, me: ThreadId, way: &ConditionUse) -> bool {
        *way != ConditionUse::Await || self.notified.contains(&me)
    }

    fn admits(&self, way: &ConditionUse) -> bool {
        *way != ConditionUse::Await || !self.notified.is_empty()
    }

    fn perform(&mut self, me: ThreadId, way: &ConditionUse) -> Response<ConditionUse> {
        match way {
            ConditionUse::Enlist => self.waiting.push_back(me),
            ConditionUse::Await => drop(self.notified.remove(&me)),
            ConditionUse::NotifyOne => self.notified.extend(self.waiting.pop_front()),
            ConditionUse::NotifyAll => self.notified.extend(self.waiting.drain(..)),
        }
        Response::Word(1)
    }

    fn give_up(&mut self, me: ThreadId, _: &ConditionUse) {
        // Those whose time is up first have often come first.
        if let Some(at) = self.waiting.iter().position(|&thread| thread == me) {
            self.waiting.remove(at);
        }
        self.notified.remove(&me);
    }

    fn rename(&mut self, to: &dyn Fn(ThreadId) -> ThreadId) {
        self.waiting.iter_mut().for_each(|thread| *thread = to(*thread));
        self.notified = self.notified.iter().map(|&thread| to(thread)).collect();
    }
}

impl Way for ConditionUse {
    fn function(&self) -> &'static str {
        match self {
            ConditionUse::Enlist => "Wait",
            ConditionUse::Await => "Wait (be notified)",
            ConditionUse::NotifyOne => "NotifyOne",
            ConditionUse::NotifyAll => "NotifyAll",
        }
    }

    fn is_told(&self) -> bool {
        false
    }

    fn is_notified(&self) -> bool {
        *self == ConditionUse::Await
    }
}
