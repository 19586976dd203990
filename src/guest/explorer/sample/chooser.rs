//! A strategy in use: it chooses the thread that makes the next step.

use super::chance::Chance;
use crate::interp::ThreadId;
use crate::reference::{Access, State, ThreadSet};

/// What a strategy can see: the next operations of the threads.
pub(super) trait Upcoming {
    /// The accesses of a live thread's next operation.
    fn accesses(&self, thread: ThreadId) -> [Option<Access>; 2];
}

impl Upcoming for State {
    fn accesses(&self, thread: ThreadId) -> [Option<Access>; 2] {
        State::accesses(self, thread)
    }
}

/// A strategy in use.
pub(super) trait Chooser {
    /// Begins another execution.
    fn begin(&mut self, chance: &mut Chance);

    /// Chooses the thread that makes the next step, out of those that can; there is at least one.
    fn choose(
        &mut self,
        world: &impl Upcoming,
        enabled: ThreadSet,
        chance: &mut Chance,
    ) -> ThreadId;

    /// Told that the chosen step has started a thread.
    fn started(&mut self, _by: ThreadId, _child: ThreadId, _chance: &mut Chance) {}
}

/// Whether the order of two operations matters.
pub(super) fn conflict(one: &[Option<Access>; 2], other: &[Option<Access>; 2]) -> bool {
    one.iter().flatten().any(|one| other.iter().flatten().any(|other| one.conflicts(*other)))
}

/// The random walk.
pub(super) struct Random;

impl Chooser for Random {
    fn begin(&mut self, _: &mut Chance) {}

    fn choose(&mut self, _: &impl Upcoming, enabled: ThreadSet, chance: &mut Chance) -> ThreadId {
        chance.one_of(enabled)
    }
}
