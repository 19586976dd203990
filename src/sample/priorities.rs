//! The strategies that run the thread with the highest priority: PCT and POS.

use super::chance::Chance;
use super::chooser::{Access, Chooser, Upcoming, conflict};
use crate::verdict::ThreadId;

/// A priority per thread, drawn when the thread can first make a step.
#[derive(Default)]
struct Priorities {
    /// Drawn priorities are not negative; lowered ones are.
    of_thread: Vec<i64>,
}

/// The priority of a thread for which none has been drawn.
const NONE: i64 = i64::MIN;

impl Priorities {
    fn begin(&mut self) {
        self.of_thread.clear();
    }

    fn of(&mut self, thread: ThreadId) -> &mut i64 {
        let index = thread.0 as usize;
        if self.of_thread.len() <= index {
            self.make_room(index + 1);
        }
        &mut self.of_thread[index]
    }

    #[cold]
    fn make_room(&mut self, threads: usize) {
        self.of_thread.resize(threads, NONE);
    }

    /// The thread with the highest priority.
    fn highest(
        &mut self,
        threads: impl Iterator<Item = ThreadId>,
        chance: &mut impl Chance,
    ) -> ThreadId {
        let priority = |&thread: &ThreadId| {
            let priority = self.of(thread);
            if *priority == NONE {
                *priority = (chance.word() >> 1) as i64;
            }
            *priority
        };
        threads.max_by_key(priority).expect("somebody can make a step")
    }
}

/// Probabilistic concurrency testing. The moments are drawn from an estimated number of steps; an
/// execution that takes more steps has no moments in the rest.
///
/// Differs from the paper if a thread waits for another in a loop of its own: a thread that has made
/// [`PATIENCE`] steps in a row although others could run is lowered too. Otherwise no execution of such
/// a program would end. The promise holds for bugs that need no more steps in a row.
pub(crate) struct Pct {
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
    pub(crate) fn new(depth: u32, steps: u64) -> Self {
        Pct {
            steps: steps.max(1),
            priorities: Priorities::default(),
            moments: vec![0; depth.saturating_sub(1) as usize],
            step: 0,
            latest: None,
            in_a_row: 0,
            lowered: 0,
        }
    }

    /// Lowers a thread's priority; returns the thread that then has the highest.
    fn lower(
        &mut self,
        thread: ThreadId,
        to: i64,
        upcoming: &impl Upcoming,
        chance: &mut impl Chance,
    ) -> ThreadId {
        *self.priorities.of(thread) = to;
        self.priorities.highest(upcoming.able(), chance)
    }
}

impl<A: Access> Chooser<A> for Pct {
    fn begin(&mut self, chance: &mut impl Chance) {
        self.priorities.begin();
        (self.step, self.latest, self.in_a_row, self.lowered) = (0, None, 0, 0);
        for moment in &mut self.moments {
            *moment = 1 + chance.below(self.steps);
        }
    }

    fn choose(
        &mut self,
        upcoming: &impl Upcoming<Access = A>,
        chance: &mut impl Chance,
    ) -> ThreadId {
        self.step += 1;
        let mut highest = self.priorities.highest(upcoming.able(), chance);
        for moment in 0..self.moments.len() {
            if self.moments[moment] == self.step {
                let to = moment as i64 - self.moments.len() as i64;
                highest = self.lower(highest, to, upcoming, chance);
            }
        }
        let has_others = || upcoming.able().len() > 1;
        if self.latest == Some(highest) && self.in_a_row >= PATIENCE && has_others() {
            self.lowered += 1;
            let to = -(self.moments.len() as i64) - self.lowered;
            highest = self.lower(highest, to, upcoming, chance);
        }
        self.in_a_row = if self.latest == Some(highest) { self.in_a_row + 1 } else { 1 };
        self.latest = Some(highest);
        highest
    }
}

/// Partial order sampling: a thread's priority is that of the operation it is about to make.
#[derive(Default)]
pub(crate) struct Pos {
    priorities: Priorities,
}

impl<A: Access> Chooser<A> for Pos {
    fn begin(&mut self, _: &mut impl Chance) {
        self.priorities.begin();
    }

    fn choose(
        &mut self,
        upcoming: &impl Upcoming<Access = A>,
        chance: &mut impl Chance,
    ) -> ThreadId {
        let highest = self.priorities.highest(upcoming.able(), chance);
        *self.priorities.of(highest) = NONE;
        if upcoming.able().len() > 1 {
            let accesses = upcoming.accesses(highest);
            for other in upcoming.able().filter(|&it| it != highest) {
                if conflict(&accesses, &upcoming.accesses(other)) {
                    *self.priorities.of(other) = NONE;
                }
            }
        }
        highest
    }
}
