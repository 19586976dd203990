//! The strategies that use the threads' remaining operations: URW and SURW.
//!
//! If each thread makes the next step with a probability in proportion to its remaining operations, then
//! all interleavings are equally likely. The same holds for threads that are started later, if their
//! operations count for the thread that will start them.
//!
//! Does not see that a thread waits: operations after a join, or operations that a monitor forbids, are
//! counted as if they could come at once. And the numbers are estimates. Both make some interleavings
//! likelier than others. None becomes impossible, since every thread that can go on has at least the
//! weight 1.

use super::chance::Chance;
use super::chooser::{Chooser, Upcoming};
use super::estimate::{Estimate, Remaining};
use crate::interp::ThreadId;
use crate::reference::{Object, ThreadSet};

/// A random thread of this set, according to its weight, which counts at least as 1.
fn weighted(threads: ThreadSet, weight: impl Fn(ThreadId) -> u64, chance: &mut Chance) -> ThreadId {
    let weight = |thread| weight(thread).max(1);
    let mut left = chance.below(threads.iter().map(weight).sum());
    for thread in threads.iter() {
        match left.checked_sub(weight(thread)) {
            Some(less) => left = less,
            None => return thread,
        }
    }
    unreachable!("the number is below the sum")
}

/// The uniform random walk.
pub(super) struct Urw<'e> {
    weights: Vec<u64>,
    remaining: Remaining<'e>,
}

impl<'e> Urw<'e> {
    pub(super) fn new(estimate: &'e Estimate) -> Self {
        Urw { weights: estimate.weights(None), remaining: Remaining::new(estimate) }
    }
}

impl Chooser for Urw<'_> {
    fn begin(&mut self, _: &mut Chance) {
        self.remaining.begin(&self.weights);
    }

    fn choose(&mut self, _: &impl Upcoming, enabled: ThreadSet, chance: &mut Chance) -> ThreadId {
        let thread = weighted(enabled, |it| self.remaining.of(it), chance);
        self.remaining.did_one(thread);
        thread
    }

    fn started(&mut self, by: ThreadId, child: ThreadId, _: &mut Chance) {
        self.remaining.start(by, child, &self.weights);
    }
}

/// The selectively uniform random walk: each execution has an object of interest, drawn from those that
/// threads share. The thread that operates on it next is drawn according to the threads' remaining
/// operations on it. Until that thread reaches its operation, the others run at random, but none of them
/// operates on the object.
///
/// Differs from the paper if the chosen thread cannot reach its operation because it waits for others,
/// or does not reach it in [`PATIENCE`] steps: then one of the threads that can takes its place.
pub(super) struct Surw<'e> {
    shared: Vec<SharedObject>,
    interest: usize,
    remaining: Remaining<'e>,
    turn: Option<ThreadId>,
    /// Steps since the latest operation on the object.
    waited: u32,
    live: ThreadSet,
}

/// Steps for which the others wait for the chosen thread.
const PATIENCE: u32 = 200;

struct SharedObject {
    object: Object,
    weights: Vec<u64>,
}

impl<'e> Surw<'e> {
    pub(super) fn new(estimate: &'e Estimate) -> Self {
        let shared = |object| SharedObject { object, weights: estimate.weights(Some(object)) };
        Surw {
            shared: estimate.shared_objects().into_iter().map(shared).collect(),
            interest: 0,
            remaining: Remaining::new(estimate),
            turn: None,
            waited: 0,
            live: ThreadSet::default(),
        }
    }

    /// Draws the next thread from those that still have operations on the object.
    fn draw_turn(&mut self, chance: &mut Chance) {
        let mut able = ThreadSet::default();
        for thread in self.live.iter().filter(|&it| self.remaining.of(it) > 0) {
            able.insert(thread);
        }
        self.turn = (!able.is_empty()).then(|| weighted(able, |it| self.remaining.of(it), chance));
    }
}

impl Chooser for Surw<'_> {
    fn begin(&mut self, chance: &mut Chance) {
        self.live = ThreadSet(1);
        (self.turn, self.waited) = (None, 0);
        if self.shared.is_empty() {
            return;
        }
        self.interest = chance.below(self.shared.len() as u64) as usize;
        self.remaining.begin(&self.shared[self.interest].weights);
        self.draw_turn(chance);
    }

    fn choose(
        &mut self,
        world: &impl Upcoming,
        enabled: ThreadSet,
        chance: &mut Chance,
    ) -> ThreadId {
        let Some(SharedObject { object, .. }) = self.shared.get(self.interest) else {
            return chance.one_of(enabled);
        };
        let operates = |thread: &ThreadId| {
            world.accesses(*thread).iter().flatten().any(|access| access.object == *object)
        };
        let mut operating = ThreadSet::default();
        for thread in enabled.iter().filter(operates) {
            operating.insert(thread);
        }
        let mut able = ThreadSet(enabled.0 & !operating.0);
        if let Some(turn) = self.turn.filter(|&turn| operating.contains(turn)) {
            able.insert(turn);
        }
        self.waited += 1;
        let is_late = self.waited > PATIENCE && !operating.is_empty();
        let thread = if able.is_empty() || is_late {
            weighted(operating, |it| self.remaining.of(it), chance)
        } else {
            chance.one_of(able)
        };
        if operating.contains(thread) {
            self.waited = 0;
            self.remaining.did_one(thread);
            self.draw_turn(chance);
        }
        thread
    }

    fn started(&mut self, by: ThreadId, child: ThreadId, chance: &mut Chance) {
        self.live.insert(child);
        let Some(shared) = self.shared.get(self.interest) else { return };
        let before = self.remaining.of(by);
        self.remaining.start(by, child, &shared.weights);
        // The turn belonged to both; now it belongs to one of them.
        let childs = self.remaining.of(child);
        if self.turn == Some(by) && before > 0 && chance.below(before.max(childs)) < childs {
            self.turn = Some(child);
        }
    }
}
