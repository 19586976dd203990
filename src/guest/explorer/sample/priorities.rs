//! The strategies that run the thread with the highest priority: PCT and POS.

use super::chance::Chance;
use super::chooser::{Chooser, Upcoming, conflict};
use crate::interp::ThreadId;
use crate::reference::ThreadSet;

/// A priority per thread, drawn when the thread can first make a step.
struct Priorities {
    known: ThreadSet,
    /// Drawn priorities are not negative; lowered ones are.
    of_thread: [i64; ThreadSet::THREADS_MAX],
}

impl Priorities {
    const NONE: Priorities =
        Priorities { known: ThreadSet(0), of_thread: [0; ThreadSet::THREADS_MAX] };

    fn highest(&mut self, enabled: ThreadSet, chance: &mut Chance) -> ThreadId {
        for thread in ThreadSet(enabled.0 & !self.known.0).iter() {
            self.known.insert(thread);
            self.of_thread[thread.0 as usize] = (chance.word() >> 1) as i64;
        }
        let priority = |thread: &ThreadId| self.of_thread[thread.0 as usize];
        enabled.iter().max_by_key(priority).expect("somebody can make a step")
    }
}

/// Probabilistic concurrency testing. The moments are drawn from an estimated number of steps; an
/// execution that takes more steps has no moments in the rest.
///
/// Differs from the paper if a thread waits for another in a loop of its own: a thread that has made
/// [`PATIENCE`] steps in a row although others could run is lowered too. Otherwise no execution of such
/// a program would end. The promise holds for bugs that need no more steps in a row.
pub(super) struct Pct {
    steps: u64,
    priorities: Priorities,
    /// The steps before which the highest priority is lowered, from 1.
    moments: Vec<u64>,
    step: u64,
    /// The thread that made the latest steps, and how many in a row.
    latest: Option<ThreadId>,
    in_a_row: u32,
    /// How often a priority was lowered because the patience was used up.
    lowered: i64,
}

/// Steps that a thread may make in a row while others wait for it.
const PATIENCE: u32 = 200;

impl Pct {
    /// For bugs of this depth, in executions of about this many steps.
    pub(super) fn new(depth: u32, steps: u64) -> Self {
        Pct {
            steps: steps.max(1),
            priorities: Priorities::NONE,
            moments: vec![0; depth.saturating_sub(1) as usize],
            step: 0,
            latest: None,
            in_a_row: 0,
            lowered: 0,
        }
    }

    /// Lowers the highest priority; returns the thread that then has the highest.
    fn lower(&mut self, to: i64, enabled: ThreadSet, chance: &mut Chance) -> ThreadId {
        let highest = self.priorities.highest(enabled, chance);
        self.priorities.of_thread[highest.0 as usize] = to;
        self.priorities.highest(enabled, chance)
    }
}

impl Chooser for Pct {
    fn begin(&mut self, chance: &mut Chance) {
        self.priorities.known = ThreadSet::default();
        (self.step, self.latest, self.in_a_row, self.lowered) = (0, None, 0, 0);
        for moment in &mut self.moments {
            *moment = 1 + chance.below(self.steps);
        }
    }

    fn choose(&mut self, _: &impl Upcoming, enabled: ThreadSet, chance: &mut Chance) -> ThreadId {
        self.step += 1;
        let mut highest = self.priorities.highest(enabled, chance);
        for moment in 0..self.moments.len() {
            if self.moments[moment] == self.step {
                let to = moment as i64 - self.moments.len() as i64;
                highest = self.lower(to, enabled, chance);
            }
        }
        if self.latest == Some(highest) && self.in_a_row >= PATIENCE && enabled.len() > 1 {
            self.lowered += 1;
            let to = -(self.moments.len() as i64) - self.lowered;
            highest = self.lower(to, enabled, chance);
        }
        self.in_a_row = if self.latest == Some(highest) { self.in_a_row + 1 } else { 1 };
        self.latest = Some(highest);
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
