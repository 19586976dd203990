//! Ways to search for violations in a closed body, one file each.
//!
//! An engine runs a body again and again under different schedules. Options come in as the value
//! that implements [`Engine`], a [`Report`] comes out. An engine never prints, exits or reads the
//! environment (loom itself reads its `LOOM_*` variables while it is configured; what it read is
//! overwritten). Panics in a body are silent for as long as the search runs, and reported once.
//!
//! [`Verdict::Exhausted`] means that nothing was cut off within what the engine's world sees at
//! all; what a world does not see stands in its module's documentation.
// Each engine uses a part of what they share.
#![cfg_attr(not(all(feature = "loom", feature = "shuttle")), allow(dead_code))]

mod deadlock;
pub mod guest;
pub mod history;
#[cfg(feature = "loom")]
pub mod loom;
pub mod mutation;
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

use crate::trace::{self, Event, Failure, Session};
pub use crate::trace::{Bound, Probe, Violation};
use deadlock::deadlock;

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
        reason: String,
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
    /// What has weakened the search so far.
    bound: Mutex<Option<Bound>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Search {
    fn new(body: Body, seed: u64, probe: Probe) -> Arc<Self> {
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
            bound: Mutex::default(),
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
        let session = Session::new(self.seed, execution, self.reached.clone(), self.probe.clone());
        *locked(&self.session) = Some(session.clone());
        session
    }

    /// Keeps what weakened the latest execution.
    fn settle(&self) {
        if let Some(bound) = self.session().and_then(|session| session.bound()) {
            self.weaken(bound);
        }
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
                    return Some(Verdict::Unsupported { reason: reason.to_owned() });
                }
            },
            (None, None) => return None,
        };
        Some(Verdict::Violated(Counterexample {
            violation: failure.violation,
            message: failure.message,
            location: failure.location,
            execution: session.execution(),
            trace: session.events(),
            schedule: None,
        }))
    }

    fn report(&self, verdict: Verdict, seed: Option<u64>) -> Report {
        Report {
            verdict,
            executions: self.executions(),
            reached: locked(&self.reached).clone(),
            seed,
        }
    }

    /// The verdict of a search without a violation, given the bound that its options set.
    fn unharmed(&self, bound: Option<Bound>) -> Verdict {
        self.settle();
        let executions = self.executions();
        match self.bound().max(bound) {
            Some(stopped_by) => Verdict::Bounded { executions, stopped_by },
            None => Verdict::Exhausted { executions },
        }
    }
}

/// What a panic of a checking tool means.
enum Explained {
    Violation(Violation),
    Bound(Bound),
    Unsupported(&'static str),
}
