//! What happened in an execution, and what was decided about it.
//!
//! The instrumented worlds report every synchronisation operation here, before it happens (`point`) and
//! after it (`finish`). A [`Session`] is the record of one execution: its events, its threads, its first
//! violation. This module does not depend on any world: a world tells it that an operation is about to
//! happen, and an engine opens a session and reads it afterwards.
//!
//! It promises that an operation outside a session costs one thread-local read, that the first violation is
//! kept, and that events are numbered in the order in which they took effect (under stress, in the order in
//! which they were reported). Searching is left to the engines, and performing the operation to the worlds.
// Each engine uses only a part of this.
#![cfg_attr(not(all(feature = "loom", feature = "shuttle", feature = "cli")), allow(dead_code))]

mod chance;
mod context;
mod execution;
mod fault;
mod hook;
pub(crate) mod lazy;
mod locked;
mod mutant;
mod ops;
mod performed;
mod record;
mod sites;
mod stop;
mod watcher;

pub use crate::verdict::{
    Event, ObjectId, ObjectKind, ObjectName, OpKind, Site, ThreadId, file_of, place_of,
};
pub use chance::Chance;
pub(crate) use context::*;
pub use context::{refuse_spawn, sometimes};
pub(crate) use execution::Refuter;
pub use execution::{Probe, Session};
pub use fault::{Failure, Fault};
pub(crate) use hook::silence_panics;
pub(crate) use locked::locked;
pub(crate) use mutant::Decision;
pub use mutant::{Mutant, Operation, Operator, UnknownOperator};
pub(crate) use ops::Ops;
pub use performed::Performed;
#[cfg(feature = "record")]
pub use performed::UnknownOrdering;
pub(crate) use record::Detail;
#[cfg(feature = "heddle")]
pub(crate) use record::Shape;
pub use sites::{Extent, Sites};
pub use watcher::Watcher;
