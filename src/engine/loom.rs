//! Every execution, weak memory included, by loom.

use std::{
    panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use super::{Body, Bound, Engine, Explained, Probe, Report, Search, Violation};
use crate::trace::{self, Failure, ThreadId};

/// The options of a search by loom.
///
/// What loom does not see stands in [`crate::loom`]. It may still abort the process: when a
/// destructor that runs while a violation unwinds waits for a lock that another thread holds. Run
/// bodies that you do not know in a child process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Loom {
    /// At most so many preemptions per execution; `None` does not bound them. A bound makes a
    /// search fast and its verdict `Bounded`.
    pub preemptions_max: Option<usize>,
    /// At most so many executions.
    pub executions_max: u64,
    /// At most so many scheduling points and values read per execution. A longer execution ends
    /// the search, `Bounded`.
    pub steps_max: usize,
}

impl Default for Loom {
    fn default() -> Self {
        Loom { preemptions_max: None, executions_max: 1_000_000, steps_max: 10_000 }
    }
}

/// Unwinds out of loom when the executions are used up: when its own limit stops it, it returns as
/// if it had finished.
struct EnoughExecutions;

impl Engine for Loom {
    fn name(&self) -> &'static str {
        "loom"
    }

    #[track_caller]
    fn explore_with(&self, body: Body, probe: Probe) -> Report {
        let location = Location::caller();
        let search = Search::new(body, 0, probe);
        let is_cut = Arc::new(AtomicBool::new(false));
        crate::loom::reset();

        let mut model = ::loom::model::Builder::new();
        model.max_threads = ::loom::MAX_THREADS;
        model.max_branches = self.steps_max;
        model.max_permutations = None;
        model.max_duration = None;
        model.preemption_bound = self.preemptions_max;
        model.checkpoint_file = None;
        model.checkpoint_interval = usize::MAX;
        model.expect_explicit_explore = false;
        model.location = false;
        model.log = false;
        let run = {
            let (search, is_cut) = (search.clone(), is_cut.clone());
            let executions_max = self.executions_max;
            move || {
                if search.executions() >= executions_max {
                    // ORDER: Relaxed, no edge: one OS thread.
                    is_cut.store(true, Relaxed);
                    resume_unwind(Box::new(EnoughExecutions));
                }
                let session = search.begin();
                trace::attach(&session);
                let body = search.body.clone();
                if let Err(payload) =
                    trace::run_thread(&session, ThreadId(0), location, move || body())
                {
                    resume_unwind(payload);
                }
                // loom drops the globals now, whoever still has them.
                if session.threads_live() > 0 && !session.is_over() {
                    session.fail(Failure {
                        violation: Violation::Leak,
                        message:
                            "the body has returned while a thread that it started runs; under \
                                  loom a body joins its threads"
                                .into(),
                        location: None,
                    });
                }
                // The body may have caught the panic that said it.
                if session.is_over() {
                    trace::cancel();
                }
            }
        };
        let result = catch_unwind(AssertUnwindSafe(|| model.check(run)));
        trace::detach();

        // ORDER: Relaxed, no edge: one OS thread.
        let is_cut = is_cut.load(Relaxed);
        let objection = if is_cut { None } else { search.objection(explain) };
        let verdict = objection.unwrap_or_else(|| {
            assert!(
                result.is_ok() || is_cut || search.bound().is_some(),
                "loom's panic was noted by nobody"
            );
            let bound = if is_cut {
                Some(Bound::Executions)
            } else {
                self.preemptions_max.map(|_| Bound::Preemptions)
            };
            search.unharmed(bound)
        });
        search.report(verdict, None)
    }
}

/// What loom says when it panics.
fn explain(message: &str) -> Explained {
    if message.starts_with("deadlock") {
        Explained::Violation(Violation::Deadlock)
    } else if message.contains("exceeded maximum number of branches") {
        Explained::Bound(Bound::Steps)
    } else if message.contains("leaked") {
        Explained::Violation(Violation::Leak)
    } else if message.contains("loom's lock is not poisoned") || message.contains("PoisonError") {
        Explained::Unsupported(
            "a panic unwound through a mutex guard and was caught; loom's locks do not survive that",
        )
    } else if message.contains("Is the model fully deterministic?") {
        Explained::Unsupported("the body does not do the same under the same schedule")
    } else {
        Explained::Violation(Violation::Panic)
    }
}
