//! Ways to search for violations in a closed body, one file each.
//!
//! An engine runs a body again and again under different schedules. Options come in as the value
//! that implements [`Engine`], a [`Report`] comes out. An engine never prints, exits or reads the
//! environment (loom itself reads its `LOOM_*` variables while it is configured; what it read is
//! overwritten). Panics in a body are silent for as long as the search runs, and reported once.
//!
//! [`Verdict::Exhausted`] means that every execution was run that the engine's memory model has;
//! what a world does not see stands in its module's documentation. An engine that is known to leave
//! some of its own executions out says [`Verdict::Searched`] instead, and what it leaves out. One whose
//! memory is sequentially consistent exhausts bodies whose orderings all are: of any other its verdict is
//! bounded by [`Bound::Orderings`].
// Each engine uses a part of what they share.
#![cfg_attr(not(all(feature = "loom", feature = "shuttle")), allow(dead_code))]

pub mod axioms;
mod deadlock;
pub mod guest;
pub mod history;
#[cfg(feature = "loom")]
pub mod loom;
pub mod mutation;
mod remark;
#[cfg(feature = "shuttle")]
pub mod shuttle;
pub mod stress;

use std::{
    collections::BTreeSet,
    fmt,
    str::FromStr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use crate::trace::{self, Event, Failure, Ops, Refuter, Session};
pub use crate::trace::{Bound, Gap, Probe, Reason, Violation, Watcher};
use deadlock::deadlock;
pub use remark::Remark;

/// What is run once per execution. It must do the same whenever it is scheduled the same.
pub type Body = Arc<dyn Fn() + Send + Sync>;

/// A way to search, with its options.
pub trait Engine {
    /// The engine's name, in lower case.
    fn name(&self) -> &'static str;

    /// Runs `body` under as many schedules as the options allow, until one shows a violation.
    #[track_caller]
    fn explore(&self, body: Body) -> Report {
        self.explore_with(body, Probe::default())
    }

    /// The same with an operation broken, or noting which operations there are.
    fn explore_with(&self, body: Body, probe: Probe) -> Report;
}

/// What a search came to. `C` is what shows a violation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict<C = Counterexample> {
    /// Every execution that the engine can tell apart was run; none shows a violation.
    Exhausted {
        /// How many there were.
        executions: u64,
    },
    /// The engine has run all the executions that it looks at, nothing was cut off, and none shows
    /// a violation. It is known not to look at all that there are, so this proves nothing.
    Searched {
        /// How many it ran.
        executions: u64,
        /// What it is known to leave out.
        not_seen: BTreeSet<Gap>,
    },
    /// No violation was found, in a part of all executions.
    Bounded {
        /// How many were run.
        executions: u64,
        /// What kept the search from the others.
        stopped_by: Bound,
    },
    /// An execution shows a violation.
    Violated(C),
    /// The engine cannot search this body.
    Unsupported {
        /// Why not.
        reason: Reason,
    },
}

/// An execution that shows a violation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counterexample {
    /// What sort of violation.
    pub violation: Violation,
    /// The violation in words: the panic's message, the two racing accesses, who waits for what.
    pub message: String,
    /// Where it was raised, as `file:line:column`.
    pub location: Option<String>,
    /// The number of the failing execution, from 1.
    pub execution: u64,
    /// What happened in it, and what had begun when it ended.
    pub trace: Vec<Event>,
    /// The schedule, if the engine can replay one.
    pub schedule: Option<Schedule>,
}

/// What a search came to, and how much was searched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// What it came to.
    pub verdict: Verdict,
    /// How many executions were begun.
    pub executions: u64,
    /// The labels that `sometimes` saw, over all executions.
    pub reached: BTreeSet<&'static str>,
    /// The seed, if the engine uses chance.
    pub seed: Option<u64>,
    /// What there is to know about the search besides.
    pub remarks: BTreeSet<Remark>,
    /// Violations in executions that no machine has, if the engine has shown such.
    pub refuted: Option<Refuted>,
}

/// Violations that an engine has shown in executions which the axioms forbid: false alarms of the engine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refuted {
    /// In how many executions.
    pub executions: u64,
    /// The first one.
    pub first: Counterexample,
}

/// A schedule as text, versioned: `shuttle 1`, the seed, and the thread at each scheduling point.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct Schedule {
    /// What chance in the body derives from.
    pub(crate) seed: u64,
    pub(crate) steps: Vec<Step>,
}

/// One decision of a schedule.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Step {
    /// This task of the tool runs next.
    Task(usize),
    /// A random number was drawn.
    Random,
}

const SCHEDULE_HEADER: &str = "shuttle 1";

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEDULE_HEADER} {:x}", self.seed)?;
        for step in &self.steps {
            match step {
                Step::Task(task) => write!(f, " {task}")?,
                Step::Random => write!(f, " r")?,
            }
        }
        Ok(())
    }
}

/// Why a text is no schedule.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ScheduleError {
    /// It does not begin with the version that we write.
    #[error("a schedule begins with '{SCHEDULE_HEADER}' and a seed")]
    Header,
    /// A step is neither a task's number nor `r`.
    #[error("'{0}' is not a step of a schedule")]
    Step(String),
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let rest = text.trim().strip_prefix(SCHEDULE_HEADER).ok_or(ScheduleError::Header)?;
        let mut words = rest.split_ascii_whitespace();
        let seed = words.next().ok_or(ScheduleError::Header)?;
        let seed = u64::from_str_radix(seed, 16).map_err(|_| ScheduleError::Header)?;
        let steps = words.map(|word| match word {
            "r" => Ok(Step::Random),
            task => task.parse().map(Step::Task).map_err(|_| ScheduleError::Step(task.to_owned())),
        });
        Ok(Schedule { seed, steps: steps.collect::<Result<_, _>>()? })
    }
}

/// A search in progress: what the executions of one `explore` share.
struct Search {
    body: Body,
    seed: u64,
    probe: Probe,
    executions: AtomicU64,
    reached: Arc<Mutex<BTreeSet<&'static str>>>,
    /// The session of the latest execution.
    session: Mutex<Option<Arc<Session>>>,
    /// How many events the longest execution had.
    longest: AtomicU64,
    /// What has weakened the search so far.
    bound: Mutex<Option<Bound>>,
    /// The kinds of operations that executions have begun.
    ops: Mutex<Ops>,
    refuter: Option<Refuter>,
    refuted: Mutex<Option<Refuted>>,
    /// The number of the latest execution that was looked at when it had ended.
    settled: AtomicU64,
    /// What happened in the first execution, if nothing cut that off.
    first: Mutex<Option<Vec<Event>>>,
    remarks: Mutex<BTreeSet<Remark>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Search {
    fn new(body: Body, seed: u64, probe: Probe, refuter: Option<Refuter>) -> Arc<Self> {
        trace::silence_panics(|| {
            #[cfg(feature = "shuttle")]
            shuttle::install_panic_hook();
        });
        Arc::new(Search {
            body,
            seed,
            probe,
            executions: AtomicU64::new(0),
            reached: Arc::default(),
            session: Mutex::default(),
            longest: AtomicU64::new(0),
            bound: Mutex::default(),
            ops: Mutex::default(),
            refuter,
            refuted: Mutex::default(),
            settled: AtomicU64::new(0),
            first: Mutex::default(),
            remarks: Mutex::default(),
        })
    }

    fn executions(&self) -> u64 {
        // ORDER: Relaxed, no edge: counts; the engines begin executions one after the other.
        self.executions.load(Relaxed)
    }

    /// Closes the latest execution and opens the next one's session.
    fn begin(&self) -> Arc<Session> {
        self.settle();
        // ORDER: Relaxed, no edge: counts; see executions.
        let execution = self.executions.fetch_add(1, Relaxed) + 1;
        let (reached, probe) = (self.reached.clone(), self.probe.clone());
        let session = Session::new(self.seed, execution, reached, probe, self.refuter);
        *locked(&self.session) = Some(session.clone());
        session
    }

    /// Keeps what is to be known of the latest execution.
    fn settle(&self) {
        let Some(session) = self.session() else { return };
        // ORDER: Relaxed, no edge: one OS thread runs a search.
        if self.settled.swap(session.execution(), Relaxed) == session.execution() {
            return;
        }
        if session.execution() == 1 && session.bound().is_none() {
            *locked(&self.first) = Some(session.events());
        }
        locked(&self.ops).extend(session.ops());
        // ORDER: Relaxed, no edge: one OS thread runs a search.
        self.longest.fetch_max(session.steps(), Relaxed);
        match session.refuted() {
            // What was cut off of an execution that cannot be is no loss.
            Some(failure) => self.refute(counterexample(&session, failure)),
            None => session.bound().into_iter().for_each(|bound| self.weaken(bound)),
        }
    }

    /// Keeps a violation that the axioms forbid.
    fn refute(&self, shown: Counterexample) {
        let mut refuted = locked(&self.refuted);
        refuted.get_or_insert(Refuted { executions: 0, first: shown }).executions += 1;
    }

    fn remark(&self, remark: Remark) {
        locked(&self.remarks).insert(remark);
    }

    fn weaken(&self, bound: Bound) {
        let mut known = locked(&self.bound);
        *known = (*known).max(Some(bound));
    }

    fn bound(&self) -> Option<Bound> {
        *locked(&self.bound)
    }

    fn session(&self) -> Option<Arc<Session>> {
        locked(&self.session).clone()
    }

    /// What went wrong in the latest execution, if anything did. `explain` turns a panic of the
    /// tool itself into a failure or a reason not to go on.
    fn objection(&self, explain: impl FnOnce(&str) -> Explained) -> Option<Verdict> {
        let session = self.session()?;
        // What threads do that are told to end is no fault of the body.
        if session.stopped().is_some() {
            return None;
        }
        if let Some(reason) = session.unsupported() {
            return Some(Verdict::Unsupported { reason });
        }
        let failure = match (session.failure(), session.tool_panic()) {
            (Some(failure), _) => failure,
            (None, Some(note)) => match explain(&note.message) {
                Explained::Violation(Violation::Deadlock) => deadlock(&session),
                Explained::Violation(violation) => {
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

    fn report(&self, verdict: Verdict, seed: Option<u64>) -> Report {
        self.settle();
        Report {
            remarks: self.remarks(&verdict),
            verdict,
            executions: self.executions(),
            reached: locked(&self.reached).clone(),
            seed,
            refuted: locked(&self.refuted).clone(),
        }
    }

    fn remarks(&self, verdict: &Verdict) -> BTreeSet<Remark> {
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
        if is_all && self.executions() == 1 && threads > 1 {
            remarks.insert(Remark::OneExecution { threads });
        }
        remarks
    }

    /// The verdict of a search without a violation, given the bound that its options set and what
    /// the engine claims if there is none.
    fn unharmed(&self, bound: Option<Bound>, claim: Claim) -> Verdict {
        self.settle();
        let executions = self.executions();
        match (self.bound().max(bound), claim) {
            (Some(stopped_by), _) => Verdict::Bounded { executions, stopped_by },
            (None, Claim::AllSequential) if locked(&self.ops).has_weak_ordering() => {
                Verdict::Bounded { executions, stopped_by: Bound::Orderings }
            }
            (None, Claim::All | Claim::AllSequential) => Verdict::Exhausted { executions },
            (None, Claim::AllOfLooms) => {
                Verdict::Searched { executions, not_seen: Gap::of_loom(*locked(&self.ops)) }
            }
        }
    }
}

/// What a search shows of a body that must be the same when the search is made again.
#[derive(PartialEq, Eq)]
struct Shape {
    first: Option<Vec<Event>>,
    /// The violation with its place and execution, and what happened in that. Not the message, which may
    /// name what is elsewhere every time.
    shown: Option<(Violation, Option<String>, u64, Vec<Event>)>,
}

impl Shape {
    fn of(search: &Search, verdict: &Verdict) -> Self {
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

/// A session's execution as one that shows a failure.
fn counterexample(session: &Session, failure: Failure) -> Counterexample {
    Counterexample {
        violation: failure.violation,
        message: failure.message,
        location: failure.location,
        execution: session.execution(),
        trace: session.events(),
        schedule: None,
    }
}

/// What an engine that nothing has cut off has run.
#[derive(Clone, Copy)]
enum Claim {
    /// Every execution of its memory model.
    All,
    /// Every execution that there is under sequential consistency, to which a body without weaker
    /// orderings is confined.
    AllSequential,
    /// What loom takes for every execution.
    AllOfLooms,
}

/// What a panic of a checking tool means.
enum Explained {
    Violation(Violation),
    Bound(Bound),
    Unsupported(Reason),
}
