//! The words of a verdict: what a search has come to, what kept it from more, how to see it again, and
//! what to know besides.
//!
//! Every engine answers in these words, for guest programs and for Rust code alike, and they know
//! neither. A verdict claims no more than was looked at: [`Verdict::Exhausted`] is for a search from
//! which nothing was cut off and that leaves nothing out.

mod bound;
mod event;
mod gap;
mod place;
mod reason;
mod remark;
mod schedule;
mod world;
mod world_engine;

use std::collections::BTreeSet;

pub use bound::Bound;
pub use event::{Event, ObjectId, ObjectKind, ObjectName, OpKind, Site, ThreadId};
pub use gap::Gap;
pub use place::{file_of, place_of};
pub use reason::Reason;
pub use remark::{Remark, Unconfirmed};
#[cfg(feature = "shuttle")]
pub(crate) use schedule::Step;
pub use schedule::{ShuttleSchedule, ShuttleScheduleError};
pub use world::World;
#[cfg(feature = "selfcheck")]
pub(crate) use world::each_world;
pub use world_engine::WorldEngine;

/// What a search came to. `C` is what shows a violation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict<C> {
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
    /// The engine cannot search what it was given.
    Unsupported {
        /// Why not.
        reason: Reason,
    },
}
