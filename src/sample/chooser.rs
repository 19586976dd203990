//! A strategy in use: it chooses the thread that makes the next step.

use super::chance::Chance;
use crate::verdict::ThreadId;

/// What an operation does to an object.
pub(crate) trait Access {
    /// What threads share. An object is the same in every execution.
    type Object: Copy + Ord;

    /// The object.
    fn object(&self) -> Self::Object;

    /// Whether the operation may change it.
    fn writes(&self) -> bool;

    /// Whether the order of the two matters.
    fn conflicts(&self, other: &Self) -> bool {
        self.object() == other.object() && (self.writes() || other.writes())
    }
}

/// What an operation accesses: at most two objects.
pub(crate) type Accesses<A> = [Option<A>; 2];

/// Whether the order of two operations matters.
pub(super) fn conflict<A: Access>(one: &Accesses<A>, other: &Accesses<A>) -> bool {
    one.iter().flatten().any(|one| other.iter().flatten().any(|other| one.conflicts(other)))
}

/// What a strategy can see: the threads that can make a step, and their next operations.
pub(crate) trait Upcoming {
    type Access: Access;

    /// The threads that can make a step; there is at least one.
    fn able(&self) -> impl ExactSizeIterator<Item = ThreadId> + Clone;

    /// The accesses of the next operation of a thread that can make a step.
    fn accesses(&self, thread: ThreadId) -> Accesses<Self::Access>;
}

/// A strategy in use, for threads whose operations make such accesses.
pub(crate) trait Chooser<A: Access> {
    /// Begins another execution.
    fn begin(&mut self, chance: &mut impl Chance);

    /// Chooses the thread that makes the next step.
    fn choose(
        &mut self,
        upcoming: &impl Upcoming<Access = A>,
        chance: &mut impl Chance,
    ) -> ThreadId;

    /// Told that the chosen step has started a thread.
    fn started(&mut self, _by: ThreadId, _child: ThreadId, _chance: &mut impl Chance) {}
}

/// The random walk.
pub(crate) struct Random;

impl<A: Access> Chooser<A> for Random {
    fn begin(&mut self, _: &mut impl Chance) {}

    fn choose(
        &mut self,
        upcoming: &impl Upcoming<Access = A>,
        chance: &mut impl Chance,
    ) -> ThreadId {
        chance.one_of(upcoming.able())
    }
}
