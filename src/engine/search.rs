//! A search of a body, for any engine: the state that its executions share, and its verdict.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use super::{Body, Counterexample, Refuted, Report, Verdict, deadlock::deadlock};
use crate::{
    session::{self, Detail, Event, Failure, Fault, Ops, Probe, Refuter, Session, locked},
    verdict::{Bound, Gap, Reason, Remark, World},
};

/// A search in progress: the state that the executions of one OS thread share. If several OS threads search together,
/// each has one, and what they have run is added up.
pub(super) struct Search {
    /// The name of the world whose primitives the body is to use.
    world: &'static str,
    pub(super) body: Body,
    seed: u64,
    probe: Probe,
    executions: AtomicU64,
    reached: Arc<Mutex<BTreeSet<&'static str>>>,
    /// The session of the latest execution.
    session: Mutex<Option<Arc<Session>>>,
    /// The number of events of the longest execution.
    pub(super) longest: AtomicU64,
    /// What has weakened the search so far.
    bounds: Mutex<BTreeSet<Bound>>,
    /// What the engine does not see, known when its search has ended.
    not_seen: Mutex<BTreeSet<Gap>>,
    /// The kinds of operations that executions have begun.
    ops: Mutex<Ops>,
    refuter: Option<Refuter>,
    refuted: Mutex<Option<Refuted>>,
    /// Whether the latest execution was evaluated.
    is_settled: AtomicBool,
    /// Whether threads of the first execution have used the same thing.
    shares: AtomicBool,
    /// The events of the first execution, if nothing cut it off.
    pub(super) first: Mutex<Option<Vec<Event>>>,
    remarks: Mutex<BTreeSet<Remark>>,
    finished: AtomicU64,
}

impl Search {
    pub(super) fn new(
        world: &'static str,
        body: Body,
        seed: u64,
        probe: Probe,
        refuter: Option<Refuter>,
    ) -> Arc<Self> {
        session::silence_panics(|| {
            #[cfg(feature = "shuttle")]
            super::quiet::install_panic_hook();
        });
        Search::reaching(Arc::default(), world, body, seed, probe, refuter)
    }

    /// A search whose labels go to `reached`.
    fn reaching(
        reached: Arc<Mutex<BTreeSet<&'static str>>>,
        world: &'static str,
        body: Body,
        seed: u64,
        probe: Probe,
        refuter: Option<Refuter>,
    ) -> Arc<Self> {
        Arc::new(Search {
            world,
            body,
            seed,
            probe,
            executions: AtomicU64::new(0),
            reached,
            session: Mutex::default(),
            longest: AtomicU64::new(0),
            bounds: Mutex::default(),
            not_seen: Mutex::default(),
            ops: Mutex::default(),
            refuter,
            refuted: Mutex::default(),
            is_settled: AtomicBool::new(true),
            shares: AtomicBool::new(false),
            first: Mutex::default(),
            remarks: Mutex::default(),
            finished: AtomicU64::new(0),
        })
    }

    pub(super) fn executions(&self) -> u64 {
        // ORDER: Relaxed, no edge: counts; the engines begin executions one after the other.
        self.executions.load(Relaxed)
    }

    /// Closes the latest execution and opens the next one's session.
    pub(super) fn begin(&self) -> Arc<Session> {
        self.begin_as(self.executions() + 1, Detail::Events)
    }

    /// The same for an execution with this number, of which so much is kept.
    pub(super) fn begin_as(&self, number: u64, detail: Detail) -> Arc<Session> {
        self.settle();
        // ORDER: Relaxed, no edge: counts; see executions.
        self.executions.fetch_add(1, Relaxed);
        let (reached, probe) = (self.reached.clone(), self.probe.clone());
        let (world, seed, refuter) = (self.world, self.seed, self.refuter);
        let session = Session::new(world, seed, number, reached, probe, refuter, detail);
        *locked(&self.session) = Some(session.clone());
        // ORDER: Relaxed, no edge: one OS thread runs a search.
        self.is_settled.store(false, Relaxed);
        session
    }

    /// A search for another OS thread that runs executions of this one.
    #[cfg(feature = "heddle")]
    pub(super) fn another(&self) -> Arc<Self> {
        let (body, probe) = (self.body.clone(), self.probe.clone());
        Search::reaching(self.reached.clone(), self.world, body, self.seed, probe, self.refuter)
    }

    /// Adds what another OS thread has run.
    #[cfg(feature = "heddle")]
    pub(super) fn add(&self, other: &Search) {
        self.add_executions(other);
        locked(&self.bounds).extend(locked(&other.bounds).iter());
    }

    /// The same without what has bounded the other search.
    #[cfg(feature = "heddle")]
    pub(super) fn add_executions(&self, other: &Search) {
        other.settle();
        // ORDER: Relaxed, no edge: counts; the other thread has ended.
        self.executions.fetch_add(other.executions.load(Relaxed), Relaxed);
        // ORDER: Relaxed, no edge: see above.
        self.finished.fetch_add(other.finished.load(Relaxed), Relaxed);
        // ORDER: Relaxed, no edge: see above.
        self.longest.fetch_max(other.longest.load(Relaxed), Relaxed);
        locked(&self.ops).extend(*locked(&other.ops));
    }

    #[cfg(feature = "heddle")]
    pub(super) fn probe(&self) -> &Probe {
        &self.probe
    }

    /// A session for an execution that does not count.
    pub(super) fn session_again(&self, detail: Detail) -> Arc<Session> {
        let (number, probe) = (self.executions(), self.probe.clone());
        let (world, seed, refuter) = (self.world, self.seed, self.refuter);
        Session::new(world, seed, number, Arc::default(), probe, refuter, detail)
    }

    /// The latest execution was none: no machine has it. It does not count.
    pub(super) fn take_back(&self) {
        self.settle();
        // ORDER: Relaxed, no edge: counts; see executions.
        self.executions.fetch_sub(1, Relaxed);
    }

    /// Forgets the executions so far: the search begins again.
    pub(super) fn begin_again(&self) {
        self.settle();
        // ORDER: Relaxed, no edge: counts; see executions.
        self.executions.store(0, Relaxed);
        // ORDER: Relaxed, no edge: one OS thread runs a search.
        self.finished.store(0, Relaxed);
        locked(&self.bounds).clear();
    }

    /// Records what must be known of the latest execution.
    pub(super) fn settle(&self) {
        let Some(session) = self.session() else { return };
        // ORDER: Relaxed, no edge: one OS thread runs a search.
        if self.is_settled.swap(true, Relaxed) {
            return;
        }
        if session.execution() == 1 {
            // ORDER: Relaxed, no edge: one OS thread runs a search.
            self.shares.store(session.shares(), Relaxed);
            if session.bound().is_none() {
                *locked(&self.first) = Some(session.events());
            }
        }
        locked(&self.ops).extend(session.ops());
        if !session.is_over() {
            // ORDER: Relaxed, no edge: one OS thread runs a search.
            self.finished.fetch_add(1, Relaxed);
        }
        // ORDER: Relaxed, no edge: one OS thread runs a search.
        self.longest.fetch_max(session.steps(), Relaxed);
        match session.refuted() {
            // If an impossible execution was cut off, nothing is lost.
            Some(failure) => self.refute(counterexample(&session, failure)),
            None => session.bound().into_iter().for_each(|bound| self.weaken(bound)),
        }
    }

    /// Keeps a violation that the axioms forbid.
    pub(super) fn refute(&self, shown: Counterexample) {
        let mut refuted = locked(&self.refuted);
        refuted.get_or_insert(Refuted { executions: 0, first: shown }).executions += 1;
    }

    pub(super) fn remark(&self, remark: Remark) {
        locked(&self.remarks).insert(remark);
    }

    pub(super) fn weaken(&self, bound: Bound) {
        locked(&self.bounds).insert(bound);
    }

    /// The bound that a verdict names.
    pub(super) fn bound(&self) -> Option<Bound> {
        locked(&self.bounds).last().copied()
    }

    pub(super) fn session(&self) -> Option<Arc<Session>> {
        locked(&self.session).clone()
    }

    /// The violation of the latest execution, if there was one. `explain` turns a panic of the tool
    /// itself into a failure or a reason not to continue.
    pub(super) fn objection(&self, explain: impl FnOnce(&str) -> Explained) -> Option<Verdict> {
        let session = self.session()?;
        // Threads that were told to end say nothing about the body.
        if session.stopped().is_some() {
            return None;
        }
        if let Some(reason) = session.unsupported() {
            return Some(Verdict::Unsupported { reason });
        }
        let failure = match (session.failure(), session.tool_panic()) {
            (Some(failure), _) => failure,
            (None, Some(note)) => match explain(&note.message) {
                Explained::Fault(Fault::Deadlock) => deadlock(&session),
                Explained::Fault(violation) => {
                    Failure { violation, message: note.message, location: note.location }
                }
                Explained::Bound(bound) => {
                    self.weaken(bound);
                    return None;
                }
                Explained::Unsupported(reason) => {
                    return Some(Verdict::Unsupported { reason });
                }
            },
            (None, None) => return None,
        };
        Some(Verdict::Violated(counterexample(&session, failure)))
    }

    pub(super) fn report(&self, verdict: Verdict, seed: Option<u64>) -> Report {
        self.settle();
        Report {
            remarks: self.remarks(&verdict),
            verdict,
            executions: self.executions(),
            // ORDER: Relaxed, no edge: one OS thread runs a search.
            finished: self.finished.load(Relaxed),
            reached: locked(&self.reached).clone(),
            seed,
            refuted: locked(&self.refuted).clone(),
            bounds: locked(&self.bounds).clone(),
            not_seen: locked(&self.not_seen).clone(),
        }
    }

    pub(super) fn remarks(&self, verdict: &Verdict) -> BTreeSet<Remark> {
        let mut remarks = locked(&self.remarks).clone();
        let threads = self.session().map_or(0, |session| session.threads());
        let has_violation = matches!(verdict, Verdict::Violated(_) | Verdict::Unsupported { .. });
        if !has_violation && locked(&self.ops).is_idle() {
            remarks.insert(Remark::NoOperation);
        }
        if let Some(refuted) = &*locked(&self.refuted) {
            remarks.insert(Remark::FalseAlarms { executions: refuted.executions });
        }
        let is_all = matches!(
            verdict,
            Verdict::Exhausted { .. }
                | Verdict::Searched { .. }
                | Verdict::Bounded { stopped_by: Bound::Orderings, .. }
        );
        // heddle runs every execution, and threads that share something may have one. The others leave some out.
        // ORDER: Relaxed, no edge: one OS thread runs a search.
        let is_enough = self.world == World::Heddle.name() && self.shares.load(Relaxed);
        if is_all && self.executions() == 1 && threads > 1 && !is_enough {
            remarks.insert(Remark::OneExecution { threads });
        }
        remarks
    }

    /// The verdict of a search without a violation, from the bound that its options set and the engine's
    /// claim for an unbounded search.
    pub(super) fn unharmed(&self, bound: Option<Bound>, claim: Claim) -> Verdict {
        self.settle();
        let (executions, ops) = (self.executions(), *locked(&self.ops));
        if let Some(bound) = bound {
            self.weaken(bound);
        }
        let not_seen = match claim {
            Claim::AllBut(gaps) => gaps(ops),
            Claim::All | Claim::AllSequential => BTreeSet::new(),
        };
        locked(&self.not_seen).clone_from(&not_seen);
        if matches!(claim, Claim::AllSequential) && ops.has_weak_ordering() {
            self.weaken(Bound::Orderings);
        }
        match self.bound() {
            Some(stopped_by) => Verdict::Bounded { executions, stopped_by },
            None if not_seen.is_empty() => Verdict::Exhausted { executions },
            None => Verdict::Searched { executions, not_seen },
        }
    }
}

/// The part of a search that must be the same when the search of a body is repeated.
#[derive(PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) first: Option<Vec<Event>>,
    /// The violation with its place and execution, and what happened in that. Not the message, which may
    /// name what is elsewhere every time.
    pub(super) shown: Option<(Fault, Option<String>, u64, Vec<Event>)>,
}

impl Shape {
    pub(super) fn of(search: &Search, verdict: &Verdict) -> Self {
        let shown = match verdict {
            Verdict::Violated(shown) => Some(shown),
            _ => None,
        };
        Shape {
            first: locked(&search.first).clone(),
            shown: shown.cloned().map(|it| (it.violation, it.location, it.execution, it.trace)),
        }
    }
}

/// A counterexample from a session's execution and its failure.
pub(super) fn counterexample(session: &Session, failure: Failure) -> Counterexample {
    Counterexample {
        violation: failure.violation,
        message: failure.message,
        location: failure.location,
        execution: session.execution(),
        trace: session.events(),
        orders: Vec::new(),
        schedule: None,
    }
}

/// What an engine has run if nothing cut it off.
#[derive(Clone, Copy)]
pub(super) enum Claim {
    /// Every execution of its memory model.
    All,
    /// Every execution under sequential consistency. A body without weaker orderings has no others.
    AllSequential,
    /// Everything that the engine takes for all executions. It leaves these gaps for bodies that perform
    /// such operations.
    AllBut(fn(Ops) -> BTreeSet<Gap>),
}

/// What a panic of a checking tool means.
pub(super) enum Explained {
    Fault(Fault),
    Bound(Bound),
    Unsupported(Reason),
}
