//! Interleavings and weak memory, by loom. Violations that loom shows are checked against our own axioms.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
};

use super::axioms::{Judgement, judge_unless};
use super::{
    Body, Bound, Engine, Fault, Gap, Probe, Reason, Remark, Report, Unconfirmed, Verdict, World,
    WorldEngine,
    search::{Claim, Explained, Search, Shape, counterexample},
};
use crate::session::{self, Event, Failure, OpKind, Ops, Session, ThreadId, place_of};

/// The options of a search by loom.
///
/// [`crate::loom`] lists what loom does not see. loom may still abort the process, if a destructor that
/// runs while a violation unwinds waits for a lock that another thread holds. Run bodies that you do not
/// know in a child process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Loom {
    /// The limit on preemptions per execution; `None` for no limit. A limit makes a search fast and its
    /// verdict `Bounded`.
    pub preemptions_max: Option<usize>,
    /// The limit on executions.
    pub executions_max: u64,
    /// The limit on scheduling points and values read per execution. A longer execution ends the search,
    /// which is then `Bounded`.
    pub steps_max: usize,
}

impl Default for Loom {
    fn default() -> Self {
        Loom { preemptions_max: None, executions_max: 1_000_000, steps_max: 10_000 }
    }
}

impl Loom {
    /// The same options with this limit on preemptions per execution.
    #[must_use]
    pub fn preemptions_max(self, preemptions_max: usize) -> Self {
        Loom { preemptions_max: Some(preemptions_max), ..self }
    }

    /// The same options with this limit on executions.
    #[must_use]
    pub fn executions_max(self, executions_max: u64) -> Self {
        Loom { executions_max, ..self }
    }

    /// The same options with this limit on scheduling points and values read per execution.
    #[must_use]
    pub fn steps_max(self, steps_max: usize) -> Self {
        Loom { steps_max, ..self }
    }
}

/// Unwinds out of loom when the executions are used up. loom's own limit cannot be used: loom then
/// returns as if it had finished.
struct EnoughExecutions;

impl Engine for Loom {
    fn name(&self) -> &'static str {
        WorldEngine::Loom.name()
    }

    #[track_caller]
    fn explore_with(&self, body: Body, probe: Probe) -> Report {
        let location = Location::caller();
        let trusts_body = probe.trusts();
        let (mut report, shape) = self.search(body.clone(), probe, location);
        if trusts_body || matches!(report.verdict, Verdict::Unsupported { .. }) {
            return report;
        }
        // The same search again, up to the violation, or for one execution.
        let executions_max = shape.shown.as_ref().map_or(1, |&(_, _, execution, _)| execution);
        let again = Loom { executions_max, ..*self };
        let (_, same) = again.search(body, Probe::default(), location);
        if same != shape {
            report.verdict = Verdict::Unsupported { reason: Reason::NotRepeatable };
        }
        report
    }
}

impl Loom {
    fn search(
        &self,
        body: Body,
        probe: Probe,
        location: &'static Location<'static>,
    ) -> (Report, Shape) {
        let search = Search::new(World::Loom.name(), body, 0, probe, Some(is_refuted));
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
                // ORDER: Relaxed, no edge: one OS thread.
                session.be_deaf_for(search.longest.load(Relaxed));
                session::attach(&session);
                let body = search.body.clone();
                if let Err(payload) =
                    session::run_thread(&session, ThreadId(0), location, move || body())
                {
                    // The panic leaves everything in order; only its execution is impossible.
                    if session.refuted().is_some() && !session.is_over() {
                        return;
                    }
                    resume_unwind(payload);
                }
                // loom drops the globals now, even if threads still use them.
                if session.threads_live() > 0 && !session.is_over() {
                    session.fail(Failure {
                        violation: Fault::Leak,
                        message:
                            "the body has returned while a thread that it started runs; under \
                                  loom a body joins its threads"
                                .into(),
                        location: None,
                    });
                }
                // The body may have caught the panic that reported it.
                if session.is_over() {
                    session::cancel();
                }
            }
        };
        let result = catch_unwind(AssertUnwindSafe(|| model.check(run)));
        session::detach();
        let has_returned = result.map_err(session::discard).is_ok();

        // ORDER: Relaxed, no edge: one OS thread.
        let is_cut = is_cut.load(Relaxed);
        let objection = if is_cut { None } else { search.objection(explain) };
        let objection = match objection {
            None if !is_cut && !has_returned => overflow(&search),
            objection => objection,
        };
        let verdict =
            objection.and_then(|verdict| confirmed(&search, verdict)).unwrap_or_else(|| {
                let bound = if is_cut {
                    Some(Bound::Executions)
                } else if has_returned {
                    self.preemptions_max.map(|_| Bound::Preemptions)
                } else if let Some(stopped) = search.session().and_then(|it| it.stopped()) {
                    Some(stopped)
                } else {
                    // Anything else that unwinds out of loom is recorded in the search already, or is a
                    // thread's false alarm.
                    search.bound().max(Some(Bound::FalseAlarm))
                };
                search.unharmed(bound, Claim::AllBut(gaps))
            });
        let report = search.report(verdict, None);
        let shape = Shape::of(&search, &report.verdict);
        (report, shape)
    }
}

/// A stack overflow, which unwinds out of loom although no thread panicked: loom's coroutines notice it
/// at their guard page.
fn overflow(search: &Search) -> Option<Verdict> {
    let session = search.session()?;
    if session.is_over() || session.refuted().is_some() {
        return None;
    }
    let pending = session.pending();
    let failure = Failure {
        violation: Fault::StackOverflow,
        message: "a thread's stack has run over".into(),
        location: pending.first().map(|event| place_of(event.location)),
    };
    Some(Verdict::Violated(counterexample(&session, failure)))
}

/// Whether the axioms forbid what has been read so far. An undecided execution is not forbidden.
fn is_refuted(session: &Session) -> bool {
    judgement(session) == Judgement::Forbidden
}

/// What loom does not see in bodies that perform these operations.
pub(super) fn gaps(ops: Ops) -> BTreeSet<Gap> {
    let mut gaps = BTreeSet::from([Gap::Reduction, Gap::OldStores]);
    let waits = [OpKind::Wait, OpKind::WaitTimeout, OpKind::Park];
    if waits.into_iter().any(|op| ops.contains(op)) {
        gaps.insert(Gap::UncausedWakeups);
    }
    if ops.contains(OpKind::NotifyOne) {
        gaps.insert(Gap::ChoiceOfWaiter);
    }
    if ops.contains(OpKind::CompareExchangeWeak) {
        gaps.insert(Gap::WeakFailures);
    }
    if ops.contains(OpKind::TryLock) || ops.contains(OpKind::TryLockShared) {
        gaps.insert(Gap::FailedTries);
    }
    gaps
}

/// The judgement of the axioms on what has been read so far.
pub(crate) fn judgement(session: &Session) -> Judgement {
    if session.refuted().is_some() {
        return Judgement::Forbidden;
    }
    if session.is_broken() {
        return Judgement::Unconfirmed(Unconfirmed::Incomplete);
    }
    let events = session.events();
    let initial = |object| session.initial(object);
    let judged = || judge_unless(&events, &initial, &|| session.wish_to_stop().is_some());
    // A panic is judged where it happened, and threads under loom have little stack.
    let judgement = thread::scope(|scope| scope.spawn(judged).join());
    judgement.unwrap_or(Judgement::Unconfirmed(Unconfirmed::TooLarge))
}

/// The verdict, unless it is a violation in an execution that the axioms forbid. After a violation that
/// loom finds itself (a deadlock, or accesses that nothing orders), loom cannot continue.
fn confirmed(search: &Search, verdict: Verdict) -> Option<Verdict> {
    let Verdict::Violated(shown) = verdict else { return Some(verdict) };
    let session = search.session()?;
    // Nobody waits in a try, except under loom, if another thread has taken the lock meanwhile.
    let tries = |event: &Event| matches!(event.op, OpKind::TryLock | OpKind::TryLockShared);
    if shown.violation == Fault::Deadlock && session.pending().iter().any(tries) {
        search.settle();
        search.refute(shown);
        search.weaken(Bound::FalseAlarm);
        return None;
    }
    match judgement(&session) {
        Judgement::Allowed => {}
        Judgement::Unconfirmed(why) => search.remark(Remark::NotConfirmed(why)),
        Judgement::Forbidden => {
            search.settle();
            // It may have been refuted already, for an earlier panic in it.
            if session.refuted().is_none() {
                search.refute(shown);
            }
            search.weaken(Bound::FalseAlarm);
            return None;
        }
    }
    Some(Verdict::Violated(shown))
}

/// Explains a panic of loom itself.
fn explain(message: &str) -> Explained {
    if message.starts_with("deadlock") {
        Explained::Fault(Fault::Deadlock)
    } else if message.contains("exceeded maximum number of branches") {
        Explained::Bound(Bound::Steps)
    } else if message.contains("leaked") {
        Explained::Fault(Fault::Leak)
    } else if message.contains("loom's lock is not poisoned") || message.contains("PoisonError") {
        Explained::Unsupported(Reason::CaughtThroughGuard)
    } else if message.contains("Is the model fully deterministic?") {
        Explained::Unsupported(Reason::NotRepeatable)
    } else {
        Explained::Fault(Fault::Panic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_body_that_waits_can_miss_a_wakeup_without_a_cause() {
        let mut ops = Ops::default();
        ops.extend(Ops::of(&Event::new(OpKind::Load, Location::caller())));
        assert!(!gaps(ops).contains(&Gap::UncausedWakeups));
        ops.extend(Ops::of(&Event::new(OpKind::Wait, Location::caller())));
        assert!(gaps(ops).contains(&Gap::UncausedWakeups));
    }
}
