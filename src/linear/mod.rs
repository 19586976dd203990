//! Checks a concurrent data structure against a sequential specification: is it linearizable?
//!
//! A structure is *linearizable* (Herlihy and Wing, TOPLAS 1990) if, in every execution, its operations have
//! the results that they would have if they were carried out one after the other, in an order in which an
//! operation that ended before another one began comes first. You give the structure, its operations, and a
//! specification that runs them one after the other. You do not say what the results must be: every
//! execution that the engine finds is held against the specification.
//!
//! ```
//! # #[cfg(feature = "heddle")] {
//! use drawloom::engine::heddle::Heddle;
//! use drawloom::heddle::sync::{AtomicU32, Ordering::SeqCst};
//! use drawloom::linear::{Scenario, Structure};
//!
//! #[derive(Clone, Debug)]
//! enum Op { Add(u32), Get }
//!
//! let counter = Structure {
//!     new: || AtomicU32::new(0),
//!     perform: |counter: &AtomicU32, op: &Op| match op {
//!         Op::Add(n) => counter.fetch_add(*n, SeqCst),
//!         Op::Get => counter.load(SeqCst),
//!     },
//!     state: 0,
//!     apply: |state: &mut u32, op: &Op| match op {
//!         Op::Add(n) => std::mem::replace(state, *state + n),
//!         Op::Get => *state,
//!     },
//! };
//! let scenario = Scenario::new([[Op::Add(1), Op::Get], [Op::Add(2), Op::Get]]);
//! let report = drawloom::check_linear(&Heddle::default(), &counter, [scenario]);
//! assert!(report.searches[0].histories > 1);
//! # }
//! ```
//!
//! If `Add` were a load and a store, the check would fail with the history: the operations of each thread
//! side by side, their results, what is known about their order, and how far an explanation gets.
//!
//! # Which order counts
//!
//! Two operations overlap, or one ended before the other one began. Under weak memory there is no clock to
//! tell: two operations of different threads, neither of which happens before the other, have no order that
//! any program could observe. So the order that is used is always one that a client of the structure can
//! observe:
//!
//! | world | an operation comes before one of another thread if | because |
//! |---|---|---|
//! | heddle | all that it did happens before the invocation of the other one | an execution graph represents every interleaving that respects it, and in some of them the one operation has returned before the other one is invoked |
//! | loom | the other thread has received its signal before the invocation | loom does not tell what a thread knows |
//! | shuttle | it ended earlier in the schedule | memory is sequentially consistent, so a schedule is an execution in real time |
//! | stress | it ended earlier, by one atomic counter | real threads have real time; the counter also orders their memory |
//!
//! Happens-before includes what the structure itself synchronises. Alone it would miss much: a structure that
//! synchronises nothing would seldom have two ordered operations. So the threads of a scenario also exchange
//! *signals*, as clients may. Each thread stores the number of its ended operations with `Release`, and loads
//! those of the others with `Acquire` before it begins another operation. The engine tries all that these
//! loads can read: the executions in which a signal arrives are ordered by it, and in those in which it does
//! not arrive it orders nothing. The price is that there are more executions;
//! [`Scenario::without_signals`] leaves the signals out.
//!
//! This is the view of Batty, Dodds and Gotsman (*Library abstraction for C/C++ concurrency*, POPL 2013): what a
//! client and a library can tell each other is the happens-before between calls and returns. If memory is
//! sequentially consistent, the order that signals and happens-before give is that of real time, since a
//! signal that was given arrives; then the check is for linearizability as it was defined.
//!
//! # What it does not see
//!
//! - What a scenario does not do: it has a few operations, and each of them returns.
//! - A result that is out of date, as long as no program can know that it is: under weak memory a store may
//!   arrive late, and that is no violation.
//! - Executions that the engine leaves out. The verdict of each search is in the [`Report`].
//! - Whether an operation that sees the effect of another one also synchronises with it. A queue whose
//!   operations are all `Relaxed` may hand out the right numbers, but whoever follows such a number to plain
//!   memory races. To check that, let an operation write a `Plain` cell before it puts the cell's number into
//!   the queue, and read the cell whose number it takes out.
//! - Whether two structures that pass are also right together. Linearizability is compositional under
//!   sequential consistency; under weak memory it is not (Doherty et al., *Making linearizability compositional
//!   for partially ordered executions*, iFM 2018).
//! - Whether an operation may wait. A scenario in which threads wait for each other forever fails with a
//!   deadlock, whatever the specification says.
//! - A body without any operation of its world, since the check itself performs some: name the primitives of
//!   the engine's world in the structure.

mod error;
mod history;
mod run;
mod scenario;
mod search;
#[cfg(test)]
mod tests;
mod world;

use std::fmt::{self, Debug};
use std::hash::Hash;
use std::sync::Arc;

use crate::engine::{Engine, Verdict};

pub use crate::session::Chance;
pub use error::{Error, OPERATIONS_MAX, SETS_MAX};
pub use history::{Call, History, Place};
pub use scenario::{Scenario, Scenarios};

/// A concurrent structure `S`, whose operations `O` return an `R`, and a specification with states `M`.
///
/// The functions capture nothing, so closures can be written here directly. They must behave the same in every
/// execution.
pub struct Structure<S, O, R, M> {
    /// Makes one. Called once in each execution. It is dropped when all operations have ended, before their
    /// history is checked.
    pub new: fn() -> S,
    /// Carries out an operation. Threads do this at the same time.
    pub perform: fn(&S, &O) -> R,
    /// The state of the specification that belongs to a new structure.
    pub state: M,
    /// What the operation returns in a state if nothing else happens meanwhile, and the state after that.
    ///
    /// If the operation would have to wait in that state, return a value that `perform` never returns: then the
    /// operation cannot come at this place.
    pub apply: fn(&mut M, &O) -> R,
}

impl<S, O, R, M: Clone> Clone for Structure<S, O, R, M> {
    fn clone(&self) -> Self {
        let Structure { new, perform, ref state, apply } = *self;
        Structure { new, perform, state: state.clone(), apply }
    }
}

impl<S, O, R, M: Debug> Debug for Structure<S, O, R, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Structure").field("state", &self.state).finish_non_exhaustive()
    }
}

/// An engine with a world in which scenarios can be carried out. The structure must be compiled in that world.
///
/// All engines for Rust code have it; it cannot be implemented elsewhere.
pub trait World: Engine + world::Primitives + 'static {}

impl<E: Engine + world::Primitives + 'static> World for E {}

/// What the searches of several scenarios have shown.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Report<O, R> {
    /// One for each scenario that was searched. The first one that shows a violation, or cannot be searched,
    /// is the last one.
    pub searches: Vec<Search<O>>,
    /// The history of the last search's counterexample, if it is one that the specification does not have.
    /// Other violations, data races for example, have none.
    pub wrong: Option<History<O, R>>,
}

/// The search of one scenario.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Search<O> {
    /// The scenario.
    pub scenario: Scenario<O>,
    /// What the engine says.
    pub report: crate::engine::Report,
    /// How many histories were held against the specification: at least one for each execution that came to
    /// its end, and more if the engine began the search again, or ran some executions again.
    pub histories: u64,
}

/// Searches each scenario with `engine`, and checks every history. Stops at the first scenario that shows a
/// violation or cannot be searched.
///
/// [`check_linear`](crate::check_linear) does the same and panics, as a test does.
///
/// # Errors
/// The scenarios cannot be run. Nothing has been run then.
#[track_caller]
pub fn explore<E, S, O, R, M>(
    engine: &E,
    structure: &Structure<S, O, R, M>,
    scenarios: impl IntoIterator<Item = Scenario<O>>,
) -> Result<Report<O, R>, Error>
where
    E: World,
    S: Send + Sync + 'static,
    O: Clone + Debug + Send + Sync + 'static,
    R: Clone + Debug + PartialEq + Send + 'static,
    M: Clone + Eq + Hash + Send + Sync + 'static,
{
    let scenarios: Vec<_> = scenarios.into_iter().collect();
    if scenarios.is_empty() {
        return Err(Error::NoScenarios);
    }
    for (scenario, number) in scenarios.iter().zip(1..) {
        scenario.validate(number)?;
    }
    let mut findings = Report { searches: Vec::new(), wrong: None };
    for scenario in scenarios {
        let (scenario, found) = (Arc::new(scenario), Arc::new(run::Found::new()));
        let (of_body, in_body, structure) = (scenario.clone(), found.clone(), structure.clone());
        let body = move || run::run::<E, _, _, _, _>(&structure, &of_body, &in_body);
        let report = engine.explore(Arc::new(body));
        let ends = matches!(report.verdict, Verdict::Violated(_) | Verdict::Unsupported { .. });
        let histories = found.histories();
        let scenario = Scenario::clone(&scenario);
        findings.wrong = found.take().filter(|_| matches!(report.verdict, Verdict::Violated(_)));
        findings.searches.push(Search { scenario, report, histories });
        if ends {
            break;
        }
    }
    Ok(findings)
}
