//! Ways to search for violations in a closed body, one file each.
//!
//! An engine runs a body again and again under different schedules. Its options are the value that
//! implements [`Engine`], and its result is a [`Report`]. An engine never prints, exits or reads the
//! environment (loom itself reads its `LOOM_*` variables while it is configured; what it read is
//! overwritten). Panics in a body are silent for as long as the search runs, and are reported once.
//!
//! [`Verdict::Exhausted`] means that every execution of the engine's memory model was run; the module of
//! each world documents what that world does not see. An engine that is known to leave some of its own
//! executions out returns [`Verdict::Searched`] instead, with what it leaves out. An engine with
//! sequentially consistent memory exhausts only bodies whose orderings are all seq-cst; for any other
//! body its verdict is bounded by [`Bound::Orderings`].
// Each engine uses only a part of what they share.
#![cfg_attr(not(all(feature = "loom", feature = "shuttle", feature = "cli")), allow(dead_code))]

pub mod axioms;
mod deadlock;
#[cfg(feature = "heddle")]
pub mod heddle;
#[cfg(feature = "selfcheck")]
pub mod history;
#[cfg(feature = "loom")]
pub mod loom;
#[cfg(feature = "mutants")]
pub mod mutation;
#[cfg(feature = "shuttle")]
mod quiet;
mod search;
#[cfg(feature = "shuttle")]
pub mod shuttle;
pub mod stress;
#[cfg(test)]
pub mod toy;

use std::{collections::BTreeSet, sync::Arc};

use crate::session::Event;
pub use crate::session::{Fault, Probe, Watcher};
pub use crate::verdict::{
    Bound, Gap, Order, Reason, Remark, ShuttleSchedule, ShuttleScheduleError, Unconfirmed, World,
    WorldEngine,
};
#[cfg(feature = "heddle")]
pub use crate::verdict::{HeddleSchedule, HeddleScheduleError, MemoryModel};

/// The code that is run once per execution. It must behave the same whenever it is scheduled the same.
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

    /// The same with a broken operation, or recording which operations there are.
    fn explore_with(&self, body: Body, probe: Probe) -> Report;

    /// The same engine, which runs at most so many executions. `None` if it takes no other limit than its own.
    fn within(&self, executions_max: u64) -> Option<Box<dyn Engine>> {
        let _ = executions_max;
        None
    }

    /// Runs `body` once, under `schedule`. `None` if that is not a schedule of this engine's world, or if the
    /// engine replays none.
    #[track_caller]
    fn repeat(&self, schedule: &WorldSchedule, body: Body) -> Option<Report> {
        let _ = (schedule, body);
        None
    }
}

/// The result of a search.
pub type Verdict = crate::verdict::Verdict<Counterexample>;

/// A schedule that an engine can replay.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum WorldSchedule {
    /// Replayed by `Shuttle::replay`.
    Shuttle(ShuttleSchedule),
    /// Replayed by `Heddle::replay`.
    #[cfg(feature = "heddle")]
    Heddle(HeddleSchedule),
}

impl std::fmt::Display for WorldSchedule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            WorldSchedule::Shuttle(schedule) => schedule.fmt(f),
            #[cfg(feature = "heddle")]
            WorldSchedule::Heddle(schedule) => schedule.fmt(f),
        }
    }
}

/// Why a text is not a schedule of any world.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WorldScheduleError {
    /// It begins as no schedule of this build does.
    #[error("a schedule begins with the name of its world, and this build knows {0}")]
    World(&'static str),
    /// It is not a schedule of shuttle.
    #[error(transparent)]
    Shuttle(ShuttleScheduleError),
    /// It is not a schedule of heddle.
    #[cfg(feature = "heddle")]
    #[error(transparent)]
    Heddle(HeddleScheduleError),
}

impl std::str::FromStr for WorldSchedule {
    type Err = WorldScheduleError;

    fn from_str(text: &str) -> Result<Self, WorldScheduleError> {
        match text.split_ascii_whitespace().next() {
            #[cfg(feature = "heddle")]
            Some(world) if world == World::Heddle.name() => {
                text.parse().map(WorldSchedule::Heddle).map_err(WorldScheduleError::Heddle)
            }
            Some(world) if world == World::Shuttle.name() => {
                text.parse().map(WorldSchedule::Shuttle).map_err(WorldScheduleError::Shuttle)
            }
            _ if cfg!(feature = "heddle") => Err(WorldScheduleError::World("heddle and shuttle")),
            _ => Err(WorldScheduleError::World("shuttle")),
        }
    }
}

/// An execution that shows a violation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counterexample {
    /// What sort of violation.
    pub violation: Fault,
    /// The violation in words: the panic's message, the two racing accesses, who waits for what.
    pub message: String,
    /// The place where it was raised, as `file:line:column`.
    pub location: Option<String>,
    /// The number of the failing execution, from 1.
    pub execution: u64,
    /// The operations that happened in it, and then those that had begun when it ended.
    pub trace: Vec<Event>,
    /// The place of each operation of the trace among the others, if the engine knows it; otherwise empty.
    pub orders: Vec<Order>,
    /// The schedule, if the engine can replay one.
    pub schedule: Option<WorldSchedule>,
}

/// The result of a search, and how much was searched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// The result.
    pub verdict: Verdict,
    /// How many executions were begun.
    pub executions: u64,
    /// How many of them ended by themselves, and were not cut off.
    pub finished: u64,
    /// The labels that `sometimes` saw, over all executions.
    pub reached: BTreeSet<&'static str>,
    /// The seed, if the engine draws at random.
    pub seed: Option<u64>,
    /// What a reader of the verdict should know besides.
    pub remarks: BTreeSet<Remark>,
    /// Violations in executions that no machine has, if the engine has shown any.
    pub refuted: Option<Refuted>,
    /// Everything that has kept the search from some executions. A verdict that is `Bounded` names the last one.
    pub bounds: BTreeSet<Bound>,
    /// What the engine is known to leave out for a body with these operations, whether or not anything has bounded the
    /// search. Empty if there is a violation.
    pub not_seen: BTreeSet<Gap>,
}

/// Violations that an engine has shown in executions that the axioms forbid: false alarms of the engine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refuted {
    /// How many executions showed one.
    pub executions: u64,
    /// The first one.
    pub first: Counterexample,
}
