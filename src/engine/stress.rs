//! Real threads, again and again.

use std::{panic::Location, thread, time::Duration};

use super::{
    Body, Bound, Claim, Engine, Explained, Probe, Reason, Remark, Report, Search, Verdict,
    Violation, deadlock,
};
use crate::trace::{self, ThreadId};

/// The options of a search on real threads.
///
/// The seed determines the jitter, not the interleaving: a counterexample is a fact, but it has no
/// schedule. What this engine does not see stands in [`crate::stress`].
///
/// A deadlock is found when no thread can ever go on, whatever time that takes. An execution that does
/// not end for another reason is ended by the watchdog, which also ends the search: nothing is said
/// about it, since a busy machine may need as long. Each thread ends at its next operation; one that
/// never comes to any is leaked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stress {
    /// Where the jitter comes from.
    pub seed: u64,
    /// How many executions are run.
    pub executions: u64,
    /// How long one execution may take, with all its threads.
    pub watchdog: Duration,
}

impl Default for Stress {
    fn default() -> Self {
        Stress { seed: 0, executions: 1_000, watchdog: Duration::from_secs(10) }
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
        let trusts_body = probe.trusts_body;
        let search = Search::new(body, self.seed, probe, None);
        if !trusts_body {
            search.remark(Remark::RepetitionUnknown);
        }
        for _ in 0..self.executions {
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
                // A failure is in the session.
                let _ = trace::run_thread(&session, ThreadId(0), location, move || body());
                trace::detach();
            }
        });
        let Ok(thread) = started else {
            return Some(Verdict::Unsupported { reason: Reason::NoThread });
        };
        let is_finished = session.wait_for_threads(self.watchdog);
        if !is_finished {
            session.cut_off(Bound::Watchdog);
            session.wait_for_threads(FAREWELL);
        }
        if session.is_stuck() {
            session.fail(deadlock(&session));
        }
        if session.threads_live() == 0 {
            // Its last steps, after the session's end.
            let _ = thread.join();
        }
        let objection = search.objection(|_| Explained::Violation(Violation::Panic));
        let is_cut_off = session.bound() == Some(Bound::Watchdog);
        objection.or_else(|| is_cut_off.then(|| search.unharmed(None, Claim::All)))
    }
}
