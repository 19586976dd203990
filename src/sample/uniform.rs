//! The strategies that use the threads' remaining operations: URW and SURW.
//!
//! If each thread makes the next step with a probability in proportion to its remaining operations, then
//! all interleavings are equally likely. The same holds for threads that are started later, if their
//! operations count for the thread that will start them.
//!
//! Does not see that a thread waits: operations after a join, or operations that a lock forbids, are
//! counted as if they could come at once. And the numbers are estimates. Both make some interleavings
//! likelier than others. None becomes impossible, since every thread that can go on has at least the
//! weight 1.

use super::chance::Chance;
use super::chooser::{Access, Chooser, Upcoming};
use super::estimate::{Estimate, Remaining};
use crate::verdict::ThreadId;

/// A random one of these threads, according to its remaining operations, which count at least as 1.
fn weighted(
    threads: impl Iterator<Item = ThreadId> + Clone,
    remaining: &Remaining,
    chance: &mut impl Chance,
) -> ThreadId {
    let weight = |thread| remaining.of(thread).max(1);
    let mut left = chance.below(threads.clone().map(weight).sum());
    for thread in threads {
        match left.checked_sub(weight(thread)) {
            Some(less) => left = less,
            None => return thread,
        }
    }
    unreachable!("the number is below the sum")
}

/// The uniform random walk.
pub(crate) struct Urw {
    weights: Vec<u64>,
    remaining: Remaining,
}

impl Urw {
    pub(crate) fn new<O: Copy + Ord>(estimate: &Estimate<O>) -> Self {
        Urw { weights: estimate.weights(None), remaining: Remaining::new(estimate) }
    }
}

impl<A: Access> Chooser<A> for Urw {
    fn begin(&mut self, _: &mut impl Chance) {
        self.remaining.begin(&self.weights);
    }

    fn choose(
        &mut self,
        upcoming: &impl Upcoming<Access = A>,
        chance: &mut impl Chance,
    ) -> ThreadId {
        let thread = weighted(upcoming.able(), &self.remaining, chance);
        self.remaining.did_one(thread);
        thread
    }

    fn started(&mut self, by: ThreadId, child: ThreadId, _: &mut impl Chance) {
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
pub(crate) struct Surw<O> {
    shared: Vec<SharedObject<O>>,
    interest: usize,
    remaining: Remaining,
    turn: Option<ThreadId>,
    /// Steps since the latest operation on the object.
    waited: u32,
    choice: Choice,
}

/// Steps for which the others wait for the chosen thread.
const PATIENCE: u32 = 200;

struct SharedObject<O> {
    object: O,
    weights: Vec<u64>,
}

/// The threads that can make a step, in two groups that overlap in the thread whose turn it is.
#[derive(Default)]
struct Choice {
    /// Those that are about to operate on the object.
    operating: Vec<ThreadId>,
    /// Those that may make the next step without anticipating another's turn.
    free: Vec<ThreadId>,
}

impl<O: Copy + Ord> Surw<O> {
    pub(crate) fn new(estimate: &Estimate<O>) -> Self {
        let shared = |object| SharedObject { object, weights: estimate.weights(Some(object)) };
        Surw {
            shared: estimate.shared_objects().into_iter().map(shared).collect(),
            interest: 0,
            remaining: Remaining::new(estimate),
            turn: None,
            waited: 0,
            choice: Choice::default(),
        }
    }

    /// Draws the next thread from those that still have operations on the object.
    fn draw_turn(&mut self, chance: &mut impl Chance) {
        let has_some = |&it: &ThreadId| self.remaining.of(it) > 0;
        let threads = self.remaining.threads().filter(has_some);
        let is_one = threads.clone().next().is_some();
        self.turn = is_one.then(|| weighted(threads, &self.remaining, chance));
    }
}

impl<A: Access> Chooser<A> for Surw<A::Object> {
    fn begin(&mut self, chance: &mut impl Chance) {
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
        upcoming: &impl Upcoming<Access = A>,
        chance: &mut impl Chance,
    ) -> ThreadId {
        let Some(&SharedObject { object, .. }) = self.shared.get(self.interest) else {
            return chance.one_of(upcoming.able());
        };
        let Choice { operating, free } = &mut self.choice;
        operating.clear();
        free.clear();
        for thread in upcoming.able() {
            let accesses = upcoming.accesses(thread);
            let operates = accesses.iter().flatten().any(|access| access.object() == object);
            if operates {
                operating.push(thread);
            }
            if !operates || self.turn == Some(thread) {
                free.push(thread);
            }
        }
        self.waited += 1;
        let is_late = self.waited > PATIENCE && !operating.is_empty();
        let thread = if free.is_empty() || is_late {
            weighted(operating.iter().copied(), &self.remaining, chance)
        } else {
            chance.one_of(free.iter().copied())
        };
        if operating.contains(&thread) {
            self.waited = 0;
            self.remaining.did_one(thread);
            self.draw_turn(chance);
        }
        thread
    }

    fn started(&mut self, by: ThreadId, child: ThreadId, chance: &mut impl Chance) {
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
