//! A strategy at work: who makes the next step.

use super::chance::Chance;
use crate::interp::ThreadId;
use crate::reference::{Access, State, ThreadSet};

/// What a strategy sees of the world: what the threads are about to do.
pub(super) trait Upcoming {
    /// What the next operation of a live thread accesses.
    fn accesses(&self, thread: ThreadId) -> [Option<Access>; 2];
}

impl Upcoming for State {
    fn accesses(&self, thread: ThreadId) -> [Option<Access>; 2] {
        State::accesses(self, thread)
    }
}

/// A strategy at work.
pub(super) trait Chooser {
    /// Another execution begins.
    fn begin(&mut self, chance: &mut Chance);

    /// Who makes the next step, out of those who can; there is at least one.
    fn choose(
        &mut self,
        world: &impl Upcoming,
        enabled: ThreadSet,
        chance: &mut Chance,
    ) -> ThreadId;

    /// The step that was chosen has started a thread.
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
