//! The reference: what a guest program means, as plain data.
//!
//! A [`State`] is the whole shared world under sequential consistency: memory, monitors, output and
//! every thread's frames. It is cloneable, hashable and deterministic: [`State::step`] carries out one
//! visible operation of one thread, and the thread's own instructions up to the next one. A [`Thread`]
//! is one guest thread before its next visible [`Operation`]; searches under weaker memory models answer
//! its operations themselves, without a `State`.
//!
//! The reference is right by definition. The claim to check is: *every outcome of the machine, in any
//! world, is an outcome of the reference.* If the machine decides something that a program may not rely
//! on, the reference leaves it open:
//!
//! | the machine | the reference |
//! |---|---|
//! | gives a monitor to the thread that has waited longest | any thread that wants it may get it |
//! | a permit, a lock or an item goes to the thread that has waited longest | any thread that can go on may be next |
//! | a sleep or a timed wait takes its time | time orders nothing: a wait may end at once or late |
//! | one array of memory: addresses depend on which thread allocated first | an address is an allocation and an offset |
//! | the first trap stops the other threads at a safepoint | a trap stops its thread; the outcome of the execution is the trap |
//!
//! This module depends on no world, no clock and no random numbers, and it does not search.

mod allocations;
mod assembly;
mod chain;
mod claim;
mod end;
mod fingerprint;
pub mod graph;
pub(crate) mod happens_before;
mod leak;
mod local;
mod made;
mod memory;
pub(crate) mod objects;
mod operation;
mod output;
mod patience;
mod performer;
mod race;
mod shared;
mod size;
mod state;
mod stuck;
mod subject;
mod symmetry;
mod thread;
mod thread_set;
mod turn;
mod view;
mod violation;

pub use crate::verdict::{MemoryModel, NoMemoryModel};
pub use allocations::{Allocations, SharedWorld, address_of, owner_of};
pub use assembly::{Part, Parts};
pub use claim::Claim;
pub use fingerprint::{fingerprint_of, fingerprint_with};
pub use leak::leak_of;
pub use memory::Memory;
pub use operation::{Access, Answer, Ending, Ends, Expected, Object, Operation};
pub use output::Output;
pub use patience::{Patience, StopReason};
pub use race::{RacingAccess, race_of};
pub use state::{Happened, State};
pub use stuck::{Impasse, describe_circle, describe_circle_closed_by, describe_impasse};
pub use subject::{Limits, Subject, fingerprint};
pub use thread::{CutOff, Thread};
pub use thread_set::ThreadSet;
pub use turn::{Course, Turn, TurnSet};
pub use view::{ThreadView, View};
pub use violation::{Outcome, Violation, ViolationKind};
