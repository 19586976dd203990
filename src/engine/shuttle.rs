//! Random, PCT, URW and depth-first schedules, by shuttle, and replay of a schedule.
//!
//! A `Recorder` sits between shuttle and its scheduler. It keeps the decisions as a value, and it ends
//! an execution silently once a violation has been seen: if shuttle noticed one itself, it would print.
//! For the same reason shuttle's own main task is a sentinel that runs only when no other task can, and
//! so sees every deadlock before shuttle does.

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, Location, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::panicking,
};

use ::shuttle::{
    Runner,
    scheduler::{
        DataSource, DfsScheduler, PctScheduler, RandomDataSource, ReplayScheduler,
        Schedule as ToolSchedule, Scheduler, Task, TaskId, UrwRandomScheduler,
    },
};

use super::{
    Body, Bound, Engine, Fault, Probe, Reason, Report, ShuttleSchedule, Verdict, World,
    WorldEngine, WorldSchedule,
    deadlock::deadlock,
    quiet::quiet_config,
    search::{Claim, Explained, Search, Shape},
};
use crate::session::{self, ThreadId, locked};
use crate::verdict::Step;

/// How shuttle chooses the next thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Strategy {
    /// Any runnable thread, equally likely.
    Random {
        /// The seed of all random choices.
        seed: u64,
    },
    /// Random priorities that change at some points: finds bugs of this depth with known probability.
    Pct {
        /// The number of ordering constraints that a bug may need.
        depth: usize,
        /// The seed of all random choices.
        seed: u64,
    },
    /// A uniform random walk: schedules, not steps, are about equally likely.
    Urw {
        /// The seed of all random choices.
        seed: u64,
    },
    /// Every schedule, depth first. The verdict is exhausted only for bodies whose orderings are all seq-cst;
    /// for others it is bounded by [`Bound::Orderings`], because shuttle treats all orderings as seq-cst.
    Dfs,
}

impl Strategy {
    /// The engine of shuttle that this strategy belongs to.
    fn engine(self) -> WorldEngine {
        match self {
            Strategy::Random { .. } => WorldEngine::ShuttleRandom,
            Strategy::Pct { .. } => WorldEngine::ShuttlePct,
            Strategy::Urw { .. } => WorldEngine::ShuttleUrw,
            Strategy::Dfs => WorldEngine::ShuttleDfs,
        }
    }

    fn seed(self) -> Option<u64> {
        match self {
            Strategy::Random { seed } | Strategy::Pct { seed, .. } | Strategy::Urw { seed } => {
                Some(seed)
            }
            Strategy::Dfs => None,
        }
    }
}

/// The options of a search by shuttle. [`crate::shuttle`] lists what it does not see.
///
/// If the environment has a `SHUTTLE_RANDOM_SEED`, shuttle's PCT and URW take that seed instead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Shuttle {
    /// How the next thread is chosen.
    pub strategy: Strategy,
    /// The limit on executions.
    pub executions_max: u64,
    /// The limit on scheduling points per execution. A longer execution is cut off, and the verdict is
    /// `Bounded` at best.
    pub steps_max: usize,
}

impl Shuttle {
    /// A search of `executions_max` executions by `strategy`.
    pub fn new(strategy: Strategy, executions_max: u64) -> Self {
        Shuttle { strategy, executions_max, steps_max: 100_000 }
    }

    /// The same options with this limit on executions.
    #[must_use]
    pub fn executions_max(self, executions_max: u64) -> Self {
        Shuttle { executions_max, ..self }
    }

    /// The same options with this limit on scheduling points per execution.
    #[must_use]
    pub fn steps_max(self, steps_max: usize) -> Self {
        Shuttle { steps_max, ..self }
    }

    /// Runs `body` once, under `schedule`.
    #[track_caller]
    pub fn replay(schedule: &ShuttleSchedule, body: Body) -> Report {
        Self::replay_with(schedule, body, Probe::default())
    }

    /// The same with a probe, whose watcher may end it.
    #[track_caller]
    pub fn replay_with(schedule: &ShuttleSchedule, body: Body, probe: Probe) -> Report {
        Self::run_again(schedule, body, probe, Location::caller()).report
    }

    fn run_again(
        schedule: &ShuttleSchedule,
        body: Body,
        probe: Probe,
        location: &'static Location<'static>,
    ) -> Outcome {
        let mut steps = ToolSchedule::new(schedule.seed);
        for step in &schedule.steps {
            match *step {
                Step::Task(task) => steps.push_task(TaskId::from(task)),
                Step::Random => steps.push_random(),
            }
        }
        let mut scheduler = ReplayScheduler::new_from_schedule(steps);
        scheduler.set_allow_incomplete();
        let strategy = Strategy::Random { seed: schedule.seed };
        let options = Shuttle { steps_max: usize::MAX, ..Shuttle::new(strategy, 1) };
        options.search(scheduler, body, probe, true, location)
    }

    fn search(
        &self,
        scheduler: impl Scheduler + 'static,
        body: Body,
        probe: Probe,
        is_replay: bool,
        location: &'static Location<'static>,
    ) -> Outcome {
        let is_broken = !probe.mutants.is_empty();
        let search = Search::new(
            World::Shuttle.name(),
            body,
            self.strategy.seed().unwrap_or(0),
            probe,
            None,
        );
        let record = Arc::new(Record::default());
        let recorder = Recorder {
            inner: scheduler,
            search: search.clone(),
            record: record.clone(),
            options: *self,
            steps: 0,
            is_replay,
            is_broken,
        };
        let run = {
            let search = search.clone();
            move || sentinel(&search, location)
        };
        RECORD.set(Some(record.clone()));
        let result =
            catch_unwind(AssertUnwindSafe(|| Runner::new(recorder, quiet_config()).run(run)));
        RECORD.take();
        session::detach();

        let objection = search.objection(explain);
        let mut verdict = objection.unwrap_or_else(|| {
            if let Err(payload) = result {
                let reason = Reason::Other(session::message_of(payload.as_ref()));
                return Verdict::Unsupported { reason };
            }
            // ORDER: Relaxed, no edge: one OS thread.
            let is_cut = record.is_cut.load(Relaxed) || self.strategy != Strategy::Dfs;
            let session = search.session();
            let stopped = session.and_then(|it| it.stopped().or_else(|| it.wish_to_stop()));
            let bound = stopped.or(is_cut.then_some(Bound::Executions));
            search.unharmed(bound, Claim::AllSequential)
        });
        if let Verdict::Violated(counterexample) = &mut verdict {
            counterexample.schedule =
                Some(WorldSchedule::Shuttle(locked(&record.schedule).clone()));
        }
        let report = search.report(verdict, self.strategy.seed());
        let first_schedule = locked(&record.first).take();
        let first_schedule = first_schedule.unwrap_or_else(|| locked(&record.schedule).clone());
        let shape = Shape::of(&search, &report.verdict);
        Outcome { report, shape, first_schedule }
    }
}

/// The result of a search, and the data to check whether the body is repeatable.
struct Outcome {
    report: Report,
    shape: Shape,
    /// What was decided in the first execution.
    first_schedule: ShuttleSchedule,
}

impl Outcome {
    /// Whether the body is repeatable, tested on the execution that shows a violation, or else on the
    /// first one.
    fn is_repeated(&self, body: Body, location: &'static Location<'static>) -> bool {
        match &self.report.verdict {
            Verdict::Unsupported { .. } => true,
            Verdict::Violated(shown) => {
                let schedule = match &shown.schedule {
                    Some(WorldSchedule::Shuttle(schedule)) => schedule,
                    _ => &self.first_schedule,
                };
                let again = Shuttle::run_again(schedule, body, Probe::default(), location);
                let again = again.report.verdict;
                matches!(again, Verdict::Violated(again) if again.violation == shown.violation
                    && again.location == shown.location
                    && again.trace == shown.trace)
            }
            _ if self.shape.first.is_none() => true,
            _ => {
                let probe = Probe::default();
                let again = Shuttle::run_again(&self.first_schedule, body, probe, location);
                again.shape.first == self.shape.first
            }
        }
    }
}

impl Engine for Shuttle {
    fn name(&self) -> &'static str {
        self.strategy.engine().name()
    }

    #[track_caller]
    fn explore_with(&self, body: Body, probe: Probe) -> Report {
        let location = Location::caller();
        // One more than the recorder allows, so that the recorder stops the search.
        let executions =
            usize::try_from(self.executions_max).unwrap_or(usize::MAX).saturating_add(1);
        let trusts_body = probe.trusts();
        let again = body.clone();
        let mut explored = match self.strategy {
            Strategy::Random { seed } => self.search(
                Uniform(RandomDataSource::initialize(seed)),
                body,
                probe,
                false,
                location,
            ),
            Strategy::Pct { depth, seed } => {
                let scheduler = PctScheduler::new_from_seed(seed, depth, executions);
                self.search(scheduler, body, probe, false, location)
            }
            Strategy::Urw { seed } => {
                let scheduler = UrwRandomScheduler::new_from_seed(seed, executions);
                self.search(scheduler, body, probe, false, location)
            }
            Strategy::Dfs => {
                self.search(DfsScheduler::new(None, false), body, probe, false, location)
            }
        };
        if !trusts_body && !explored.is_repeated(again, location) {
            explored.report.verdict = Verdict::Unsupported { reason: Reason::NotRepeatable };
        }
        explored.report
    }

    #[track_caller]
    fn repeat(&self, schedule: &WorldSchedule, body: Body) -> Option<Report> {
        match schedule {
            WorldSchedule::Shuttle(schedule) => Some(Shuttle::replay(schedule, body)),
            #[cfg(feature = "heddle")]
            WorldSchedule::Heddle(_) => None,
        }
    }
}

/// Explains a panic of shuttle itself.
fn explain(message: &str) -> Explained {
    if message.contains("did not exercise any concurrency") {
        Explained::Unsupported(Reason::NothingToChoose)
    } else if message.contains("tried to acquire a Mutex it already holds") {
        // shuttle sees it before the sentinel does.
        Explained::Fault(Fault::Deadlock)
    } else {
        Explained::Fault(Fault::Panic)
    }
}

/// The task that shuttle starts. It runs whenever no other task can: at the start, after a deadlock, and
/// at the end.
fn sentinel(search: &Arc<Search>, location: &'static Location<'static>) {
    let Some(session) = search.session() else { return };
    session::attach(&session);
    let body = search.body.clone();
    let first = {
        let session = session.clone();
        ::shuttle::thread::spawn(move || {
            if let Err(payload) =
                session::run_thread(&session, ThreadId(0), location, move || body())
            {
                crate::shuttle::abandon(payload);
            }
        })
    };
    ::shuttle::thread::yield_now();
    if session.threads_live() > 0 && !session.is_over() {
        session.fail(deadlock(&session));
        // The task does not return from here: the recorder sees that the execution is over.
        ::shuttle::thread::yield_now();
    }
    drop(first);
}

/// shuttle's number for the sentinel.
const SENTINEL: usize = 0;

#[derive(Default)]
struct Record {
    /// What was decided in the latest execution.
    schedule: Mutex<ShuttleSchedule>,
    /// What was decided in the first execution, once there is another.
    first: Mutex<Option<ShuttleSchedule>>,
    /// Whether there would have been another execution.
    is_cut: AtomicBool,
}

thread_local! {
    /// The record of the search that runs on this OS thread.
    static RECORD: RefCell<Option<Arc<Record>>> = const { RefCell::new(None) };
}

/// What has been decided so far in the execution under way, for a body that has seen a violation
/// and does not want to end the search for it.
pub(crate) fn schedule_so_far() -> Option<ShuttleSchedule> {
    RECORD.with_borrow(|record| record.as_ref().map(|it| locked(&it.schedule).clone()))
}

/// Any runnable thread, equally likely. shuttle's own random scheduler lets the environment choose the
/// seed, and prints when it is dropped before its last execution.
struct Uniform(RandomDataSource);

impl Scheduler for Uniform {
    fn new_execution(&mut self) -> Option<ToolSchedule> {
        Some(ToolSchedule::new(self.0.reinitialize()))
    }

    fn next_task(&mut self, runnable: &[&Task], _: Option<TaskId>, _: bool) -> Option<TaskId> {
        // The bias of the remainder is far smaller than anything a search could show.
        let index = self.0.next_u64() % runnable.len() as u64;
        Some(runnable[index as usize].id())
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
}

/// A scheduler that records the decisions of another one.
struct Recorder<S> {
    inner: S,
    search: Arc<Search>,
    record: Arc<Record>,
    options: Shuttle,
    steps: usize,
    is_replay: bool,
    /// For a mutant, an execution that does not end is enough of an answer.
    is_broken: bool,
}

impl<S: Scheduler> Scheduler for Recorder<S> {
    fn new_execution(&mut self) -> Option<ToolSchedule> {
        let says_enough = |session: &Arc<session::Session>| {
            session.has_objection()
                || session.stopped().is_some()
                || session.wish_to_stop().is_some()
                || self.is_broken && session.bound() == Some(Bound::Steps)
        };
        if self.search.session().as_ref().is_some_and(says_enough) {
            return None;
        }
        let schedule = self.inner.new_execution()?;
        if self.search.executions() >= self.options.executions_max {
            // ORDER: Relaxed, no edge: one OS thread.
            self.record.is_cut.store(true, Relaxed);
            return None;
        }
        let fresh = ShuttleSchedule { seed: schedule.seed, steps: Vec::new() };
        let last = std::mem::replace(&mut *locked(&self.record.schedule), fresh);
        if self.search.executions() == 1 {
            *locked(&self.record.first) = Some(last);
        }
        self.steps = 0;
        self.search.begin();
        Some(schedule)
    }

    fn next_task(
        &mut self,
        runnable: &[&Task],
        current: Option<TaskId>,
        is_yielding: bool,
    ) -> Option<TaskId> {
        let session = self.search.session()?;
        if session.is_over() {
            return None;
        }
        self.steps += 1;
        if self.steps > self.options.steps_max {
            session.cut_off(Bound::Steps);
            return None;
        }
        let is_sentinel = |task: TaskId| usize::from(task) == SENTINEL;
        let others: Vec<&Task> = runnable
            .iter()
            .copied()
            // URW must know every task from the beginning, so it is shown the sentinel once.
            .filter(|task| current.is_none() || !is_sentinel(task.id()))
            .collect();
        if others.is_empty() {
            return Some(TaskId::from(SENTINEL));
        }
        if panicking() {
            // All threads share one OS thread, and so its panic count.
            session.mark_bound(Bound::Unwinding);
            if let Some(task) = others.iter().find(|task| Some(task.id()) == current) {
                return Some(task.id());
            }
            session.mark_unsupported(Reason::WaitsWhileUnwinding);
            return None;
        }
        if let Some(bound) = session.wish_to_stop() {
            if self.is_replay {
                // Later decisions would not be those of the schedule.
                session.stop(bound);
                return None;
            }
            // No strategy decides for a body that ends before its time.
            let task = others[self.steps % others.len()].id();
            locked(&self.record.schedule).steps.push(Step::Task(task.into()));
            return Some(task);
        }
        // A yield of the sentinel does not concern the strategies.
        let is_yielding = is_yielding && !current.is_some_and(is_sentinel);
        let Some(task) = self.inner.next_task(&others, current, is_yielding) else {
            if self.is_replay {
                session.mark_unsupported(Reason::ForeignSchedule);
            }
            return None;
        };
        locked(&self.record.schedule).steps.push(Step::Task(task.into()));
        Some(task)
    }

    fn next_u64(&mut self) -> u64 {
        locked(&self.record.schedule).steps.push(Step::Random);
        self.inner.next_u64()
    }
}
