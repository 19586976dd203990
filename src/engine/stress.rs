//! Real threads, again and again.

use std::{panic::Location, thread, time::Duration};

use super::{Body, Bound, Engine, Explained, Probe, Report, Search, Verdict, Violation, deadlock};
use crate::trace::{self, Failure, ThreadId};

/// The options of a search on real threads.
///
/// The seed determines the jitter, not the interleaving: a counterexample is a fact, but it has no
/// schedule. What this engine does not see stands in [`crate::stress`].
///
/// An execution that does not finish in time is a violation, and is told to end: each of its
/// threads does so at its next operation. A thread that never comes to one is leaked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stress {
    /// Where the jitter comes from.
    pub seed: u64,
    /// How many executions are run.
    pub executions: u64,
    /// How long one execution may take, with all its threads.
    pub time_max: Duration,
}

impl Default for Stress {
    fn default() -> Self {
        Stress { seed: 0, executions: 1_000, time_max: Duration::from_secs(10) }
    }
}

/// How long threads get to notice that their execution is over.
const FAREWELL: Duration = Duration::from_millis(500);

impl Engine for Stress {
    fn name(&self) -> &'static str {
        "stress"
    }

    #[track_caller]
    fn explore_with(&self, body: Body, probe: Probe) -> Report {
        let location = Location::caller();
        let search = Search::new(body, self.seed, probe);
        for _ in 0..self.executions {
            if let Some(verdict) = self.execute(&search, location) {
                return search.report(verdict, Some(self.seed));
            }
        }
        let verdict = search.unharmed(Some(Bound::Executions));
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
                // A failure is in the session.
                let _ = trace::run_thread(&session, ThreadId(0), location, move || body());
                trace::detach();
            }
        });
        let Ok(thread) = started else {
            return Some(Verdict::Unsupported { reason: "the system refuses a thread".to_owned() });
        };
        let is_finished = session.wait_for_threads(self.time_max);
        if !is_finished {
            // A failed execution's other threads may be waiting for the one that failed.
            let Failure { message, location, .. } = deadlock(&session);
            let limit = self.time_max;
            session.fail(Failure {
                violation: Violation::Hang,
                message: format!("not finished after {limit:?}, suspected {message}"),
                location,
            });
            session.wait_for_threads(FAREWELL);
        }
        if session.threads_live() == 0 {
            // Its last steps, after the session's end.
            let _ = thread.join();
        }
        search.objection(|_| Explained::Violation(Violation::Panic))
    }
}
