//! Executions that a schedule leads to: repeated, shown, and made simpler.

use std::cell::Cell;
use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;

use super::super::search::{Search, counterexample};
use super::super::{
    Body, Bound, Counterexample, Fault, HeddleSchedule, Probe, Reason, Report, Verdict, World,
    WorldSchedule,
};
use super::Heddle;
use super::execution::run;
use crate::runtime::guide::Script;
use crate::runtime::{self, End, Open};
use crate::session::{Detail, Session, Shape};
use crate::verdict::Path;

/// How many executions may be spent on making a counterexample simpler.
const SIMPLER_MAX: usize = 200;

impl Heddle {
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
        let orders = runs.orders(&shown.trace);
        Some(Counterexample { schedule: Some(WorldSchedule::Heddle(schedule)), orders, ..shown })
    }

    /// The counterexample with fewer switches between threads, and with fewer decisions that are not the
    /// first; `None` if it does not show itself again.
    pub(super) fn simplified(
        &self,
        search: &Search,
        found: &Counterexample,
        path: &Path,
        location: &'static Location<'static>,
    ) -> Option<Counterexample> {
        // Accesses are no events: who goes on first decides which of two that race comes last, and what it finds.
        let is_racy =
            |it: &Counterexample| matches!(it.violation, Fault::DataRace | Fault::UseAfterFree);
        let again = |path: &Path, like: &Counterexample, is_same_path: bool| {
            let shown =
                self.follow(search, || search.session_again(Detail::Events), path, location).0?;
            // Where threads wait for each other is known only if all operations are kept.
            let is_wait = matches!(like.violation, Fault::Deadlock | Fault::Livelock);
            let is_unknown = is_wait && like.location.is_none();
            let is_there = is_unknown || is_racy(like) || shown.location == like.location;
            let is_alike = shown.violation == like.violation && is_there;
            let is_same_race = is_same_path && (is_racy(like) || is_racy(&shown));
            (is_alike || is_same_race).then_some(shown)
        };
        let mut best = again(path, found, true)?;
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
            match again(&simpler, &best, false) {
                Some(shown) if weight(&path_of(&shown)) < weight(&path_of(&best)) => best = shown,
                _ => at += 1,
            }
        }
        // What the body keeps of an execution beside its verdict must be of the one that is shown.
        let best = again(&path_of(&best), &best, true)?;
        Some(Counterexample { execution: found.execution, ..best })
    }
}

/// How hard an execution is to follow: the decisions that are not the first, and the switches.
fn weight(Path { turns, .. }: &Path) -> (usize, usize) {
    let others = turns.iter().filter(|turn| turn.way > 0).count();
    let switches = turns.windows(2).filter(|pair| pair[0].thread != pair[1].thread).count();
    (others, switches)
}

/// An execution that has ended well: its graph, and what its threads have done.
pub(super) struct Done {
    pub(super) graph: Open,
    pub(super) shape: Shape,
}

/// Runs an execution again, along its graph. Does not see other words that it reads or writes: these may be addresses.
///
/// # Errors
/// Why the body cannot be searched, if that execution is another one now.
pub(super) fn repeat(
    done: Done,
    search: &Search,
    runs: &mut runtime::Search,
    location: &'static Location<'static>,
) -> Result<(), Reason> {
    runs.watch(None);
    runs.forget_open();
    runs.take(done.graph);
    let session = search.session_again(Detail::Shape);
    match run(runs, &session, &search.body, None, location) {
        // The search is to stop.
        Ok(_) if session.stopped().or_else(|| session.wish_to_stop()).is_some() => Ok(()),
        // The system has no memory.
        Err(_) => Ok(()),
        Ok(end) => match session.unsupported() {
            Some(reason) => Err(reason),
            None if end == Some(End::Complete) && session.take_shape() == done.shape => Ok(()),
            None => Err(Reason::NotRepeatable),
        },
    }
}
