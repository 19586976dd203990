//! The strategies that let whoever has the highest priority go: PCT and POS.

use super::chance::Chance;
use super::strategy::{Chooser, Upcoming, conflict};
use crate::interp::ThreadId;
use crate::reference::ThreadSet;

/// A priority per thread, drawn when the thread first can make a step.
struct Priorities {
    known: ThreadSet,
    of_thread: [u64; ThreadSet::THREADS_MAX],
}

/// Drawn priorities are not below this, those that were lowered are.
const DRAWN: u64 = 1 << 32;

impl Priorities {
    const NONE: Priorities =
        Priorities { known: ThreadSet(0), of_thread: [0; ThreadSet::THREADS_MAX] };

    fn draw(&mut self, thread: ThreadId, chance: &mut Chance) {
        self.known.insert(thread);
        self.of_thread[thread.0 as usize] = chance.word() | DRAWN;
    }

    fn highest(&mut self, enabled: ThreadSet, chance: &mut Chance) -> ThreadId {
        for thread in ThreadSet(enabled.0 & !self.known.0).iter() {
            self.draw(thread, chance);
        }
        let priority = |thread: &ThreadId| self.of_thread[thread.0 as usize];
        enabled.iter().max_by_key(priority).expect("somebody can make a step")
    }
}

/// Probabilistic concurrency testing. The number of steps that the moments are drawn from is
/// estimated; an execution that takes more steps has none in the rest.
pub(super) struct Pct {
    steps: u64,
    priorities: Priorities,
    /// The steps before which the highest priority is lowered, from 1.
    moments: Vec<u64>,
    step: u64,
}

impl Pct {
    /// For bugs of this depth, in executions of about so many steps.
    pub(super) fn new(depth: u32, steps: u64) -> Self {
        let moments = vec![0; depth.saturating_sub(1) as usize];
        Pct { steps: steps.max(1), priorities: Priorities::NONE, moments, step: 0 }
    }
}

impl Chooser for Pct {
    fn begin(&mut self, chance: &mut Chance) {
        self.priorities.known = ThreadSet::default();
        self.step = 0;
        for moment in &mut self.moments {
            *moment = 1 + chance.below(self.steps);
        }
    }

    fn choose(&mut self, _: &impl Upcoming, enabled: ThreadSet, chance: &mut Chance) -> ThreadId {
        self.step += 1;
        let mut highest = self.priorities.highest(enabled, chance);
        for moment in 0..self.moments.len() {
            if self.moments[moment] == self.step {
                self.priorities.of_thread[highest.0 as usize] = moment as u64;
                highest = self.priorities.highest(enabled, chance);
            }
        }
        highest
    }
}

/// Partial order sampling: a thread's priority is that of the operation it is about to make.
pub(super) struct Pos {
    priorities: Priorities,
}

impl Pos {
    pub(super) fn new() -> Self {
        Pos { priorities: Priorities::NONE }
    }
}

impl Chooser for Pos {
    fn begin(&mut self, _: &mut Chance) {
        self.priorities.known = ThreadSet::default();
    }

    fn choose(
        &mut self,
        world: &impl Upcoming,
        enabled: ThreadSet,
        chance: &mut Chance,
    ) -> ThreadId {
        let highest = self.priorities.highest(enabled, chance);
        self.priorities.known.remove(highest);
        if enabled.len() > 1 {
            let accesses = world.accesses(highest);
            for other in enabled.iter().filter(|&it| it != highest) {
                if conflict(&accesses, &world.accesses(other)) {
                    self.priorities.known.remove(other);
                }
            }
        }
        highest
    }
}
