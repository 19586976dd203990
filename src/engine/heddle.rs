//! Every execution of Rust code under a memory model, by our own search over execution graphs.

mod strategy;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::fmt;
use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::deadlock::{deadlock, livelock};
use super::search::{Claim, Explained, Search, counterexample};
use super::{
    Body, Bound, Counterexample, Engine, Fault, Gap, HeddleSchedule, MemoryModel, Probe, Reason,
    Report, Verdict, World, WorldEngine, WorldSchedule,
};
use crate::runtime::guide::{Guide, Script};
use crate::runtime::{self, End, Limits};
use crate::session::{self, Chance, Detail, Event, OpKind, Ops, Session, ThreadId, locked};
use crate::verdict::Path;
pub use strategy::Strategy;

/// The options of a search. [`crate::heddle`] lists what it does not see.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Heddle {
    /// Which executions are run.
    pub strategy: Strategy,
    /// The memory model.
    pub memory: MemoryModel,
    /// The limit on executions.
    pub executions_max: u64,
    /// The limit on operations per execution. A longer execution is cut off, and the verdict is `Bounded`
    /// at best.
    pub steps_max: usize,
    /// The number of rounds that a loop with a yield makes although it finds nothing new. After that its
    /// thread waits for something new, and the verdict is `Bounded`, since a loop may count its rounds.
    pub rounds_max: u32,
    /// How often the waits of one thread on one condition variable may time out. If a wait would time out once
    /// more, the verdict is `Bounded`.
    pub timeouts_max: usize,
    /// Whether waits may end, and weak compare-exchanges may fail, without a cause. Those of one thread on one
    /// object do so once in an execution; if another one might, the verdict is `Bounded`. If this is off, the
    /// verdict names [`Gap::UncausedWakeups`] and [`Gap::WeakFailures`] for bodies to which they apply.
    pub spurious: bool,
    /// The size of a thread's stack, in bytes. Only what is used takes memory.
    pub stack_bytes: usize,
}

impl Default for Heddle {
    fn default() -> Self {
        Heddle {
            strategy: Strategy::Every,
            memory: MemoryModel::C20,
            executions_max: u64::MAX,
            steps_max: 10_000,
            rounds_max: 1,
            timeouts_max: 1,
            spurious: false,
            stack_bytes: 1 << 20,
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

    /// The same options with this limit on operations per execution.
    #[must_use]
    pub fn steps_max(self, steps_max: usize) -> Self {
        Heddle { steps_max, ..self }
    }

    /// The same options with this number of rounds that find nothing new.
    #[must_use]
    pub fn rounds_max(self, rounds_max: u32) -> Self {
        Heddle { rounds_max, ..self }
    }

    /// The same options, with waits and weak compare-exchanges that end without a cause or without them.
    #[must_use]
    pub fn spurious(self, spurious: bool) -> Self {
        Heddle { spurious, ..self }
    }
}

impl Engine for Heddle {
    fn name(&self) -> &'static str {
        WorldEngine::Heddle.name()
    }

    #[track_caller]
    fn explore_with(&self, body: Body, probe: Probe) -> Report {
        let location = Location::caller();
        // What fails is repeated, and shown by its repetition, unless the body may do something else then.
        let detail = if probe.trusts_body && probe.mutant.is_none() {
            Detail::Events
        } else {
            Detail::Counts
        };
        let trusts_body = probe.trusts_body || probe.mutant.is_some();
        let search = Search::new(World::Heddle.name(), body, 0, probe, None);
        let mut runs = self.runs();
        let sampler = self.strategy.sampler(&search, &mut runs, location);
        let mut drawn = 0;
        let mut is_stopped = false;
        let found = loop {
            if sampler.is_none() && runs.open() == 0 {
                break None;
            }
            // What is drawn may turn out to be no execution.
            if search.executions().max(drawn) >= self.executions_max {
                search.weaken(Bound::Executions);
                break None;
            }
            let session = search.begin_with(detail);
            let guide = sampler.as_ref().map(|it| it.guide(drawn));
            drawn += u64::from(guide.is_some());
            let end = run(&mut runs, &session, &search.body, guide, location);
            let stop = session.stopped().or_else(|| session.wish_to_stop());
            match end {
                Err(_) => break Some(Verdict::Unsupported { reason: Reason::NoThread }),
                // A body that is told to end does not do what the graph says. The bound follows below.
                Ok(Some(End::NotRepeatable)) if stop.is_some() => {}
                Ok(Some(End::NotRepeatable)) => {
                    break Some(Verdict::Unsupported { reason: Reason::NotRepeatable });
                }
                Ok(Some(End::SeesTooLittle)) => search.begin_again(),
                Ok(Some(End::Blocked)) => search.take_back(),
                Ok(Some(End::Waits)) => {
                    search.take_back();
                    search.weaken(Bound::Rounds);
                }
                Ok(Some(End::TooLong)) => search.weaken(Bound::Steps),
                Ok(Some(End::Unwinding)) => search.weaken(Bound::Unwinding),
                Ok(_) => {}
            }
            match search.objection(|_| Explained::Fault(Fault::Panic)) {
                Some(Verdict::Violated(found)) => {
                    break Some(match self.simplified(&search, &found, runs.path(), location) {
                        Some(shown) => Verdict::Violated(shown),
                        None if trusts_body => Verdict::Violated(found),
                        None => Verdict::Unsupported { reason: Reason::NotRepeatable },
                    });
                }
                None => {}
                other => break other,
            }
            if let Some(bound) = stop {
                search.weaken(bound);
                is_stopped = true;
                break None;
            }
        };
        if runs.leaves_out() {
            search.weaken(Bound::Rounds);
        }
        let chance = sampler.as_ref().map(|_| Bound::Chance);
        let verdict = found.unwrap_or_else(|| {
            let verdict = search.unharmed(chance, self.claim());
            if trusts_body || is_stopped || sampler.is_some() {
                return verdict;
            }
            match repeat_first(&search, &mut runs, location) {
                Ok(()) => verdict,
                Err(reason) => Verdict::Unsupported { reason },
            }
        });
        search.report(verdict, self.strategy.seed())
    }

    #[track_caller]
    fn repeat(&self, schedule: &WorldSchedule, body: Body) -> Option<Report> {
        match schedule {
            WorldSchedule::Heddle(schedule) => Some(self.replay(schedule, body)),
            WorldSchedule::Shuttle(_) => None,
        }
    }
}

/// How many executions a body has, as far as random walks can tell.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct Estimate {
    /// The number of executions: the mean of the walks.
    pub executions: f64,
    /// The standard error of that mean. The walks find few of the executions that are many but hard to
    /// come to, so the truth is more often above than below.
    pub error: f64,
    /// How long all executions would take on one core.
    pub time: Duration,
    /// How many walks were made.
    pub walks: u32,
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Estimate { executions, error, time, walks } = self;
        write!(
            f,
            "about {executions:.0} executions (standard error {error:.0} of {walks} walks), {time:.1?}"
        )
    }
}

impl Heddle {
    /// Estimates how many executions a search of `body` will run, by random walks down the tree of executions.
    ///
    /// `None` if a walk cannot be made: if the body is seen not to repeat itself, or if the system has no memory
    /// for a stack. Does not see: a body that repeats itself during each walk and not from one walk to the next.
    #[track_caller]
    pub fn estimate(&self, body: Body, seed: u64, walks: u32) -> Option<Estimate> {
        let location = Location::caller();
        let search = Search::new(World::Heddle.name(), body, 0, Probe::default(), None);
        let mut runs = self.runs();
        let (mut sum, mut squares) = (0.0, 0.0);
        let begin = Instant::now();
        for walk in 0..walks {
            let prepare = || {
                let session = search.session_again();
                session::attach(&session);
                let run = run_body(&search.body, session.clone(), location);
                (run, move |end| judge(end, &session))
            };
            let chance = Chance::new(seed ^ u64::from(walk).rotate_left(32));
            let found = runs.descend(chance, prepare);
            session::detach();
            let found = found.ok()??;
            sum += found;
            squares += found * found;
        }
        let count = f64::from(walks.max(1));
        let mean = sum / count;
        let variance = (squares / count - mean * mean).max(0.0);
        let time = begin.elapsed().as_secs_f64() / count * mean;
        Some(Estimate {
            executions: mean,
            error: (variance / count).sqrt(),
            time: Duration::try_from_secs_f64(time).unwrap_or(Duration::MAX),
            walks,
        })
    }
}

/// How many executions may be spent on making a counterexample simpler.
const SIMPLER_MAX: usize = 200;

impl Heddle {
    /// What a search without bounds claims.
    fn claim(&self) -> Claim {
        if self.spurious { Claim::All } else { Claim::AllBut(gaps) }
    }

    fn runs(&self) -> runtime::Search {
        let limits = Limits {
            events_max: self.steps_max,
            rounds_max: self.rounds_max,
            timeouts_max: self.timeouts_max,
            spurious: self.spurious,
            stack_bytes: self.stack_bytes,
        };
        runtime::Search::new(self.memory, limits, session::cancel)
    }

    /// Runs `body` once, under `schedule`, with the memory model that the schedule was made for.
    #[track_caller]
    pub fn replay(&self, schedule: &HeddleSchedule, body: Body) -> Report {
        self.replay_with(schedule, body, Probe::default())
    }

    /// The same with a broken operation.
    #[track_caller]
    pub fn replay_with(&self, schedule: &HeddleSchedule, body: Body, probe: Probe) -> Report {
        let location = Location::caller();
        let options = Heddle { memory: schedule.memory(), ..*self };
        let search = Search::new(World::Heddle.name(), body, 0, probe, None);
        let begin = || {
            search.begin_again();
            search.begin()
        };
        let (shown, was_followed) = options.follow(&search, begin, schedule.path(), location);
        let verdict = match shown {
            Some(shown) => Verdict::Violated(shown),
            None => match search.session().and_then(|it| it.unsupported()) {
                Some(reason) => Verdict::Unsupported { reason },
                None if was_followed => search.unharmed(Some(Bound::Executions), options.claim()),
                None => Verdict::Unsupported { reason: Reason::ForeignSchedule },
            },
        };
        search.report(verdict, None)
    }

    /// The failure of the execution that these decisions lead to, if it fails; and whether all of them were
    /// possible.
    fn follow(
        &self,
        search: &Search,
        begin: impl Fn() -> Arc<Session>,
        path: &Path,
        location: &'static Location<'static>,
    ) -> (Option<Counterexample>, bool) {
        let mut runs = self.runs();
        runs.see_owners(&path.owned);
        let was_followed = Rc::new(Cell::new(false));
        let session = loop {
            let session = begin();
            let script = Script::new(path.turns.clone(), was_followed.clone());
            match run(&mut runs, &session, &search.body, Some(Box::new(script)), location) {
                Ok(Some(End::SeesTooLittle)) => {}
                Ok(_) => break session,
                Err(_) => return (None, false),
            }
        };
        (self.shown(&session, &runs), was_followed.get())
    }

    /// The failure of an execution.
    fn shown(&self, session: &Session, runs: &runtime::Search) -> Option<Counterexample> {
        let failure = session.failure()?;
        let schedule = HeddleSchedule::new(self.memory, runs.path().clone());
        let shown = counterexample(session, failure);
        Some(Counterexample { schedule: Some(WorldSchedule::Heddle(schedule)), ..shown })
    }

    /// The counterexample with fewer switches between threads, and with fewer decisions that are not the
    /// first; `None` if it does not show itself again.
    fn simplified(
        &self,
        search: &Search,
        found: &Counterexample,
        path: &Path,
        location: &'static Location<'static>,
    ) -> Option<Counterexample> {
        let again = |path: &Path, like: &Counterexample| {
            let shown = self.follow(search, || search.session_again(), path, location).0?;
            // Where threads wait for each other is known only if all operations are kept.
            let is_there = like.location.is_none() || shown.location == like.location;
            (shown.violation == like.violation && is_there).then_some(shown)
        };
        let mut best = again(path, found)?;
        let path_of = |shown: &Counterexample| match &shown.schedule {
            Some(WorldSchedule::Heddle(schedule)) => schedule.path().clone(),
            _ => Path::default(),
        };
        let mut spent = 0;
        let mut at = 0;
        while spent < SIMPLER_MAX {
            let mut simpler = path_of(&best);
            let others = simpler.turns.iter().skip(at).position(|turn| turn.way > 0);
            let Some(offset) = others else { break };
            at += offset;
            simpler.turns[at].way = 0;
            spent += 1;
            match again(&simpler, &best) {
                Some(shown) if weight(&path_of(&shown)) < weight(&path_of(&best)) => best = shown,
                _ => at += 1,
            }
        }
        // What the body keeps of an execution beside its verdict must be of the one that is shown.
        let best = again(&path_of(&best), &best)?;
        Some(Counterexample { execution: found.execution, ..best })
    }
}

/// Runs the first execution again. Does not see other words that it reads or writes: these may be addresses.
///
/// # Errors
/// Why the body cannot be searched, if that execution is another one now.
fn repeat_first(
    search: &Search,
    runs: &mut runtime::Search,
    location: &'static Location<'static>,
) -> Result<(), Reason> {
    let Some(first) = locked(&search.first).clone() else { return Ok(()) };
    runs.begin_again();
    while runs.open() > 0 {
        let session = search.session_again();
        match run(runs, &session, &search.body, None, location) {
            Ok(Some(End::SeesTooLittle | End::Blocked | End::Waits)) => {}
            // The search is to stop.
            Ok(_) if session.stopped().or_else(|| session.wish_to_stop()).is_some() => {
                return Ok(());
            }
            Ok(Some(End::NotRepeatable) | None) => break,
            // The system has no memory.
            Err(_) => return Ok(()),
            Ok(Some(_)) => {
                return match session.unsupported() {
                    Some(reason) => Err(reason),
                    None if is_alike(&session.events(), &first) => Ok(()),
                    None => Err(Reason::NotRepeatable),
                };
            }
        }
    }
    Err(Reason::NotRepeatable)
}

/// Whether two executions perform the same operations, whatever the words.
fn is_alike(one: &[Event], other: &[Event]) -> bool {
    let shape = |it: &Event| (it.thread, it.op, it.object, it.location, it.is_done);
    one.iter().map(shape).eq(other.iter().map(shape))
}

/// How hard an execution is to follow: the decisions that are not the first, and the switches.
fn weight(Path { turns, .. }: &Path) -> (usize, usize) {
    let others = turns.iter().filter(|turn| turn.way > 0).count();
    let switches = turns.windows(2).filter(|pair| pair[0].thread != pair[1].thread).count();
    (others, switches)
}

/// What has been decided so far in the execution under way.
#[cfg(feature = "guests")]
pub(crate) fn schedule_so_far() -> Option<HeddleSchedule> {
    runtime::path_so_far().map(|(memory, path)| HeddleSchedule::new(memory, path))
}

/// Runs the body once.
fn run(
    runs: &mut runtime::Search,
    session: &Arc<Session>,
    body: &Body,
    guide: Option<Box<dyn Guide>>,
    location: &'static Location<'static>,
) -> std::io::Result<Option<End>> {
    session::attach(session);
    let run = run_body(body, session.clone(), location);
    let end = runs.run(guide, run, |end| judge(end, session));
    session::detach();
    end
}

/// The first thread of an execution. A failure is recorded in the session.
fn run_body(
    body: &Body,
    session: Arc<Session>,
    location: &'static Location<'static>,
) -> impl FnOnce() + use<> {
    session.want_own_objects();
    let body = body.clone();
    move || {
        let result = session::run_thread(&session, ThreadId(0), location, move || body());
        if result.is_err() || session.is_over() {
            session::cancel();
        }
    }
}

/// Records in the session how an execution has ended.
fn judge(end: End, session: &Session) {
    match end {
        End::Complete | End::Failed => {}
        End::Deadlock => session.fail(deadlock(session)),
        End::Livelock => session.fail(livelock(session)),
        End::Blocked
        | End::Waits
        | End::SeesTooLittle
        | End::Elsewhere
        | End::TooLong
        | End::Unwinding
        | End::NotRepeatable => session.mark_over(),
    }
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
