//! What the strategies see of a guest program.

use crate::interp::ThreadId;
use crate::reference::{Access, Object, ThreadSet};
use crate::sample::{self, Accesses, Chance, Chooser};
use crate::verdict;

/// The threads that can make a step, and what their next operations access.
pub(super) struct Upcoming<F> {
    pub(super) able: ThreadSet,
    pub(super) accesses: F,
}

impl<F: Fn(ThreadId) -> Accesses<Access>> sample::Upcoming for Upcoming<F> {
    type Access = Access;

    fn able(&self) -> impl ExactSizeIterator<Item = verdict::ThreadId> + Clone {
        self.able.iter().map(number)
    }

    fn accesses(&self, thread: verdict::ThreadId) -> Accesses<Access> {
        (self.accesses)(ThreadId(thread.0))
    }
}

impl<F: Fn(ThreadId) -> Accesses<Access>> Upcoming<F> {
    /// The thread that a strategy chooses.
    pub(super) fn choose(
        &self,
        chooser: &mut impl Chooser<Access>,
        chance: &mut impl Chance,
    ) -> ThreadId {
        ThreadId(chooser.choose(self, chance).0)
    }
}

/// Tells a strategy that the chosen step has started a thread.
pub(super) fn started(
    chooser: &mut impl Chooser<Access>,
    by: ThreadId,
    child: ThreadId,
    chance: &mut impl Chance,
) {
    chooser.started(number(by), number(child), chance);
}

impl sample::Access for Access {
    type Object = Object;

    fn object(&self) -> Object {
        self.object
    }

    fn writes(&self) -> bool {
        self.writes
    }
}

/// A thread as the strategies name it: both count the threads in the order in which they start.
fn number(thread: ThreadId) -> verdict::ThreadId {
    verdict::ThreadId(thread.0)
}
