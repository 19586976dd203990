//! What a guest program means under a weak memory model: its operations as events of execution graphs.
//!
//! What a graph is, which graphs a memory model allows, and how a search grows them, is written once for
//! all sorts of programs, in the crate's module `graph`. This module defines what is particular to guests
//! ([`Guests`]): what the next events of a [`Graph`] can be, and what an execution comes out as. Each event
//! keeps its thread as it was before and after, so that nothing is carried out twice. It does not search.
//!
//! | file | idea |
//! |---|---|
//! | `event`, `execution` | what events and graphs of guests have besides what all graphs have |
//! | `meaning` | what each operation reads and writes, and its answer |
//! | `next` | the event that an operation comes out as |
//! | `monitor` | monitors as lines of tickets |
//! | `step` | the ways in which a thread can go on |
//! | `rounds`, `spin`, `loops`, `settled` | loops, and graphs that return to an earlier state |
//! | `lifetime` | allocations: accesses to dead or foreign memory |
//! | `wrong`, `verdict` | the violations and the outcome of a graph |
//! | `edge` | what would order two racing accesses |
//!
//! Of the models ([`MemoryModel`](super::MemoryModel)), sequential consistency is a cross-check of the
//! searches over states and traces. No model has executions in which program order and reads-from form a
//! cycle.
//!
//! A trap stops only its own thread; the outcome of the execution is the trap. A data race is reported,
//! and the execution continues with the plain accesses treated as relaxed ones that order nothing. Under
//! sequential consistency, two accesses race if their threads can be about to make them at the same
//! time, as in [`State::race`](super::State::race).

mod edge;
pub(crate) mod event;
mod execution;
mod lifetime;
pub(crate) mod loops;
pub(crate) mod meaning;
mod monitor;
mod next;
mod rounds;
pub(crate) mod settled;
pub(crate) mod spin;
pub(crate) mod step;
pub(crate) mod verdict;
pub(crate) mod wrong;

pub use crate::graph::{EventId, Source};
pub(crate) use execution::Line;
pub use execution::{Graph, Guests};
pub use step::Pick;
