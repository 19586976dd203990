//! Every execution of Rust code under a memory model, by our own search over execution graphs.

mod budget;
mod estimate;
mod execution;
mod few;
mod replay;
mod strategy;
mod supply;
mod worker;

use std::collections::BTreeSet;
use std::panic::Location;
use std::time::Duration;

use super::search::{Claim, Search};
use super::{
    Body, Bound, Engine, Gap, MemoryModel, Probe, Report, Verdict, World, WorldEngine,
    WorldSchedule,
};
use crate::runtime::{self, Limits};
use crate::session::{self, OpKind, Ops};
use budget::Budget;
pub use estimate::Estimate;
pub use strategy::Strategy;
use worker::{Step, Worker};

/// The options of a search. [`crate::heddle`] lists what it does not see.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[non_exhaustive]
pub struct Heddle {
    /// Which executions are run.
    pub strategy: Strategy,
    /// The memory model.
    pub memory: MemoryModel,
    /// The limit on executions.
    pub executions_max: u64,
    /// The time that the search may take. An execution is cut off in the middle when it is up, at its next operation,
    /// and the verdict is `Bounded` by [`Bound::Time`] at best. A violation that has been found is still made simpler.
    pub time_max: Option<Duration>,
    /// The memory that the process may use while it searches: its resident bytes, where the system tells. The same,
    /// with [`Bound::Memory`].
    pub memory_bytes_max: Option<usize>,
    /// The limit on operations per execution. A longer execution is cut off, and the verdict is `Bounded`
    /// at best.
    pub steps_max: usize,
    /// Whether the search ends once it has cut off an execution that was too long. If this is off, it goes on with the next one.
    pub ends_when_too_long: bool,
    /// The number of rounds that a loop with a yield makes although it finds nothing new. After that its
    /// thread waits for something new, and the verdict is `Bounded` by [`Bound::Rounds`], since a loop may count its
    /// rounds. A loop whose rounds write or take locks, and are the same step by step, makes one round more, or twenty
    /// if they may change data.
    pub rounds_max: u32,
    /// The number of preemptions beyond which the search goes no further; `None` for no limit. A thread is preempted where
    /// another one goes on although the thread could: it neither has to wait nor has yielded. Reading an old value needs no
    /// preemption. If anything is left out, the verdict is `Bounded` by [`Bound::Preemptions`]. The search may miss an
    /// execution within the limit that it can reach only through one beyond it. It runs an execution that it has begun to
    /// its end, so some have more preemptions. Has no effect on executions that are drawn.
    pub preemptions_max: Option<usize>,
    /// Whether a search looks at executions that need few preemptions after 20,000 others: up to 2,000 each that need none,
    /// at most one, and at most two. Many bugs need few, and the search comes to them late. Unless one ends the search, they
    /// do not count, and are run again when their turn comes. Has no effect on executions that are drawn, with a
    /// `preemptions_max`, or with an `executions_max` of 600,000 or less.
    pub few_preemptions_early: bool,
    /// How often the waits of one thread on one condition variable may time out. If a wait would time out once
    /// more, the verdict is `Bounded` by [`Bound::TimeOuts`].
    pub timeouts_max: usize,
    /// Whether waits may end, and weak compare-exchanges may fail, without a cause. Those of one thread on one
    /// object do so once in an execution; if another one might, the verdict is `Bounded` by [`Bound::Uncaused`]. If
    /// this is off, the verdict names [`Gap::UncausedWakeups`] and [`Gap::WeakFailures`] for bodies to which they apply.
    pub spurious: bool,
    /// Whether a future that a thread waits for may be polled once more without a cause, also if `spurious` is off.
    pub polls_again: bool,
    /// Whether a body that ends with an [`Arc`](crate::heddle::sync::Arc) that is never dropped has a
    /// [`Fault::Leak`](super::Fault::Leak): it was forgotten, or it owns itself. What a `global!` owns is no leak.
    pub leaks: bool,
    /// Whether an allocation of [`sync::alloc`](crate::heddle::sync::alloc) may get memory that has been freed: each
    /// block of the same layout that the thread knows to be free, and fresh memory, in executions of their own. So
    /// a compare-exchange that takes a new block for an old one is found. If this is off, memory is never reused
    /// within an execution.
    pub reuses_memory: bool,
    /// Whether threads are unwound that have not ended when an execution is left. A destructor that panics then ends
    /// the process. If this is off, they stay where they are for good, with all that they own: a search takes more
    /// memory with each such execution, and nothing is dropped.
    pub unwinds: bool,
    /// Whether a body that has one execution is run a second time, to see whether it does the same. Of other bodies
    /// the first execution is run again anyway.
    pub repeats_single: bool,
    /// The size of a thread's stack, in bytes. Only what is used takes memory.
    pub stack_bytes: usize,
    /// The number of OS threads that search. Each runs whole executions, so the body is run several times at
    /// once. The verdict does not depend on it, with two exceptions. If there are several violations, which of
    /// them is shown may depend on it, but for executions that are drawn. And with a limit on executions, a few
    /// executions fewer may be run.
    pub jobs: usize,
}

impl Default for Heddle {
    fn default() -> Self {
        Heddle {
            strategy: Strategy::Every,
            memory: MemoryModel::C20,
            executions_max: u64::MAX,
            time_max: None,
            memory_bytes_max: None,
            steps_max: 10_000,
            ends_when_too_long: false,
            rounds_max: 1,
            preemptions_max: None,
            few_preemptions_early: true,
            timeouts_max: 1,
            spurious: false,
            polls_again: false,
            leaks: true,
            reuses_memory: false,
            unwinds: true,
            repeats_single: true,
            stack_bytes: 1 << 20,
            jobs: 1,
        }
    }
}

impl Heddle {
    /// The same options with another choice of executions.
    #[must_use]
    pub fn strategy(self, strategy: Strategy) -> Self {
        Heddle { strategy, ..self }
    }

    /// The same options with this memory model.
    #[must_use]
    pub fn memory(self, memory: MemoryModel) -> Self {
        Heddle { memory, ..self }
    }

    /// The same options with this limit on executions.
    #[must_use]
    pub fn executions_max(self, executions_max: u64) -> Self {
        Heddle { executions_max, ..self }
    }

    /// The same options with this limit on the time for the search.
    #[must_use]
    pub fn time_max(self, time_max: Duration) -> Self {
        Heddle { time_max: Some(time_max), ..self }
    }

    /// The same options with this limit on the memory of the process.
    #[must_use]
    pub fn memory_bytes_max(self, memory_bytes_max: usize) -> Self {
        Heddle { memory_bytes_max: Some(memory_bytes_max), ..self }
    }

    /// The same options with this limit on operations per execution.
    #[must_use]
    pub fn steps_max(self, steps_max: usize) -> Self {
        Heddle { steps_max, ..self }
    }

    /// The same options, with searches that end once an execution was too long, or go on.
    #[must_use]
    pub fn ends_when_too_long(self, ends_when_too_long: bool) -> Self {
        Heddle { ends_when_too_long, ..self }
    }

    /// The same options with this number of rounds that find nothing new.
    #[must_use]
    pub fn rounds_max(self, rounds_max: u32) -> Self {
        Heddle { rounds_max, ..self }
    }

    /// The same options with this limit on preemptions per execution.
    #[must_use]
    pub fn preemptions_max(self, preemptions_max: usize) -> Self {
        Heddle { preemptions_max: Some(preemptions_max), ..self }
    }

    /// The same options, with a look at executions with few preemptions early in a long search or without it.
    #[must_use]
    pub fn few_preemptions_early(self, few_preemptions_early: bool) -> Self {
        Heddle { few_preemptions_early, ..self }
    }

    /// The same options with this number of time-outs of one thread's waits on one condition variable.
    #[must_use]
    pub fn timeouts_max(self, timeouts_max: usize) -> Self {
        Heddle { timeouts_max, ..self }
    }

    /// The same options, with waits and weak compare-exchanges that end without a cause or without them.
    #[must_use]
    pub fn spurious(self, spurious: bool) -> Self {
        Heddle { spurious, ..self }
    }

    /// The same options with this number of OS threads.
    #[must_use]
    pub fn jobs(self, jobs: usize) -> Self {
        Heddle { jobs, ..self }
    }

    /// The same options, with values that are never dropped as errors or not.
    #[must_use]
    pub fn leaks(self, leaks: bool) -> Self {
        Heddle { leaks, ..self }
    }

    /// The same options, with memory that is reused as a choice or never.
    #[must_use]
    pub fn reuses_memory(self, reuses_memory: bool) -> Self {
        Heddle { reuses_memory, ..self }
    }

    /// The same options, with futures that are polled once more without a cause or not.
    #[must_use]
    pub fn polls_again(self, polls_again: bool) -> Self {
        Heddle { polls_again, ..self }
    }

    /// The same options, with bodies of one execution that are run twice or once.
    #[must_use]
    pub fn repeats_single(self, repeats_single: bool) -> Self {
        Heddle { repeats_single, ..self }
    }

    /// The same options, with threads that are unwound when an execution is left, or stay.
    #[must_use]
    pub fn unwinds(self, unwinds: bool) -> Self {
        Heddle { unwinds, ..self }
    }
}

impl Engine for Heddle {
    fn name(&self) -> &'static str {
        WorldEngine::Heddle.name()
    }

    #[track_caller]
    fn explore_with(&self, body: Body, probe: Probe) -> Report {
        let location = Location::caller();
        let search = Search::new(World::Heddle.name(), body, 0, probe, None);
        let budget = Budget::of(self);
        let mut worker = Worker::new(self, budget, &search, None, location);
        let found = worker.search_all();
        worker.runs.left_out().for_each(|bound| search.weaken(bound));
        let seed = self.strategy.seed();
        let verdict = match found {
            Some(Step::Ends(verdict)) => verdict,
            stopped => {
                let verdict = search.unharmed(seed.map(|_| Bound::Chance), self.claim());
                let is_told = matches!(stopped, Some(Step::Stops));
                let is_single = !self.repeats_single && search.executions() < 2;
                let is_known = search.probe().trusts() || is_told || is_single || seed.is_some();
                let repeated = if is_known { Ok(()) } else { worker.repeat_first() };
                repeated.map_or_else(|reason| Verdict::Unsupported { reason }, |()| verdict)
            }
        };
        search.report(verdict, seed)
    }

    fn within(&self, executions_max: u64) -> Option<Box<dyn Engine>> {
        Some(Box::new(self.executions_max(self.executions_max.min(executions_max))))
    }

    #[track_caller]
    fn repeat(&self, schedule: &WorldSchedule, body: Body) -> Option<Report> {
        match schedule {
            WorldSchedule::Heddle(schedule) => Some(self.replay(schedule, body)),
            WorldSchedule::Shuttle(_) => None,
        }
    }
}

impl Heddle {
    /// What a search without bounds claims.
    fn claim(&self) -> Claim {
        if self.spurious { Claim::All } else { Claim::AllBut(gaps) }
    }

    fn runs(&self) -> runtime::Search {
        let limits = Limits {
            events_max: self.steps_max,
            rounds_max: self.rounds_max,
            preemptions_max: self.preemptions_max,
            timeouts_max: self.timeouts_max,
            spurious: self.spurious,
            polls_again: self.polls_again,
            leaks: self.leaks,
            reuses_memory: self.reuses_memory,
            unwinds: self.unwinds,
            stack_bytes: self.stack_bytes,
        };
        runtime::Search::new(self.memory, limits, session::leave)
    }
}

/// What has been decided so far in the execution under way.
#[cfg(feature = "guests")]
pub(crate) fn schedule_so_far() -> Option<super::HeddleSchedule> {
    runtime::path_so_far().map(|(memory, path)| super::HeddleSchedule::new(memory, path))
}

/// What the search leaves out for bodies with these operations, if nothing ends without a cause.
fn gaps(ops: Ops) -> BTreeSet<Gap> {
    let mut gaps = BTreeSet::new();
    let waits = [OpKind::Wait, OpKind::WaitTimeout, OpKind::Park];
    if waits.into_iter().any(|op| ops.contains(op)) {
        gaps.insert(Gap::UncausedWakeups);
    }
    if ops.contains(OpKind::CompareExchangeWeak) {
        gaps.insert(Gap::WeakFailures);
    }
    gaps
}
