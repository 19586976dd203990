//! Repeated executions on real threads.

use std::{
    panic::Location,
    thread,
    time::{Duration, Instant},
};

use super::{
    Body, Bound, Engine, Fault, Probe, Reason, Remark, Report, Verdict, World, WorldEngine,
    deadlock::deadlock,
    search::{Claim, Explained, Search},
};
use crate::session::{self, ThreadId};

/// The options of a search on real threads.
///
/// The seed determines the jitter, not the interleaving: a counterexample is a fact, but it has no
/// schedule. [`crate::stress`] lists what this engine does not see.
///
/// A deadlock is found when no thread can ever go on, however long that takes. If an execution does not end for
/// another reason, the watchdog ends it and the search. Nothing is then said about that execution, since a busy
/// machine may need as long. Each thread ends at its next operation; a thread that never reaches one is leaked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Stress {
    /// The seed of the jitter.
    pub seed: u64,
    /// The limit on executions.
    pub executions_max: u64,
    /// How long one execution may take, with all its threads.
    pub watchdog: Duration,
}

impl Default for Stress {
    fn default() -> Self {
        Stress { seed: 0, executions_max: 1_000, watchdog: Duration::from_secs(10) }
    }
}

impl Stress {
    /// The same options with another seed for the jitter.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Stress { seed, ..self }
    }

    /// The same options with this limit on executions.
    #[must_use]
    pub fn executions_max(self, executions_max: u64) -> Self {
        Stress { executions_max, ..self }
    }

    /// The same options with another time for one execution.
    #[must_use]
    pub fn watchdog(self, watchdog: Duration) -> Self {
        Stress { watchdog, ..self }
    }
}

/// How often the engine checks whether the execution must end.
const LOOK: Duration = Duration::from_millis(20);
/// How long threads have to notice that their execution is over.
const FAREWELL: Duration = Duration::from_millis(500);

impl Engine for Stress {
    fn name(&self) -> &'static str {
        WorldEngine::Stress.name()
    }

    #[track_caller]
    fn explore_with(&self, body: Body, probe: Probe) -> Report {
        let location = Location::caller();
        let trusts_body = probe.trusts_body;
        let search = Search::new(World::Stress.name(), body, self.seed, probe, None);
        if !trusts_body {
            search.remark(Remark::RepetitionUnknown);
        }
        for _ in 0..self.executions_max {
            if let Some(verdict) = self.execute(&search, location) {
                return search.report(verdict, Some(self.seed));
            }
        }
        let verdict = search.unharmed(Some(Bound::Executions), Claim::All);
        search.report(verdict, Some(self.seed))
    }
}

impl Stress {
    /// Runs the body once, on a thread of its own so that its thread-locals are fresh.
    fn execute(&self, search: &Search, location: &'static Location<'static>) -> Option<Verdict> {
        let session = search.begin();
        let body = search.body.clone();
        let started = thread::Builder::new().name("thread 0".to_owned()).spawn({
            let session = session.clone();
            move || {
                // A failure is recorded in the session.
                let _ = session::run_thread(&session, ThreadId(0), location, move || body());
                session::detach();
            }
        });
        let Ok(thread) = started else {
            return Some(Verdict::Unsupported { reason: Reason::NoThread });
        };
        let deadline = Instant::now().checked_add(self.watchdog);
        let is_late = || deadline.is_some_and(|deadline| Instant::now() >= deadline);
        let mut has_ended = session.wait_for_threads(LOOK.min(self.watchdog));
        let mut wish = session.wish_to_stop();
        while !has_ended && wish.is_none() && !is_late() {
            has_ended = session.wait_for_threads(LOOK);
            wish = session.wish_to_stop();
        }
        if !has_ended && wish.is_some() {
            // Threads that sleep do not ask whether they must end.
            session.interrupt();
            has_ended = session.wait_for_threads(FAREWELL);
        }
        if !has_ended {
            session.stop(wish.unwrap_or(Bound::Watchdog));
            session.wait_for_threads(FAREWELL);
        }
        if session.is_stuck() {
            session.fail(deadlock(&session));
        }
        if session.threads_live() == 0 {
            // The thread's last steps, after the session's end.
            let _ = thread.join();
        }
        let objection = search.objection(|_| Explained::Fault(Fault::Panic));
        objection.or_else(|| session.stopped().map(|_| search.unharmed(None, Claim::All)))
    }
}
