//! The parts of a verdict: what a search found, why it is incomplete, how to repeat what it shows, and remarks.
//!
//! Every engine answers in these terms, for guest programs and for Rust code alike, and this module
//! knows neither. A verdict claims no more than was looked at: only a search that cut nothing off and
//! leaves nothing out is [`Verdict::Exhausted`].

mod bound;
mod event;
mod gap;
#[cfg(feature = "heddle")]
mod heddle_schedule;
mod memory_model;
mod order;
mod place;
mod reason;
mod remark;
mod schedule;
mod strategy;
mod world;
mod world_engine;

use std::collections::BTreeSet;

pub use bound::Bound;
pub use event::{Event, ObjectId, ObjectKind, ObjectName, OpKind, Site, ThreadId};
pub use gap::Gap;
#[cfg(feature = "heddle")]
pub use heddle_schedule::{HeddleSchedule, HeddleScheduleError};
#[cfg(feature = "heddle")]
pub(crate) use heddle_schedule::{Owned, Path, Sharing, Turn};
pub use memory_model::{MemoryModel, NoMemoryModel};
pub use order::{Order, Read};
pub use place::{file_of, place_of};
pub use reason::Reason;
pub use remark::{Remark, Unconfirmed};
#[cfg(feature = "shuttle")]
pub(crate) use schedule::Step;
pub use schedule::{ShuttleSchedule, ShuttleScheduleError};
pub use strategy::{NoStrategy, Strategy};
pub use world::World;
#[cfg(feature = "selfcheck")]
pub(crate) use world::each_world;
pub use world_engine::WorldEngine;

/// The result of a search. `C` is the type of a counterexample.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict<C> {
    /// Every execution that the engine can tell apart was run; none shows a violation.
    Exhausted {
        /// How many executions were run.
        executions: u64,
    },
    /// The engine has run all the executions that it looks at, nothing was cut off, and none shows a
    /// violation. But the engine is known to leave some executions out, so this proves nothing.
    Searched {
        /// How many executions were run.
        executions: u64,
        /// What it is known to leave out.
        not_seen: BTreeSet<Gap>,
    },
    /// No violation was found, but only part of all executions was run.
    Bounded {
        /// How many executions were run.
        executions: u64,
        /// Why the others were not run.
        stopped_by: Bound,
    },
    /// An execution shows a violation.
    Violated(C),
    /// The engine cannot search what it was given.
    Unsupported {
        /// Why it cannot.
        reason: Reason,
    },
}
