//! Execution graphs: what a guest program means under a weak memory model.
//!
//! Here an execution is not an order of steps but a graph ([`Graph`]): the events of each thread, the
//! write that every read reads, and the coherence order of each location's writes. Each event keeps its
//! thread as it was before and after, so that nothing is carried out twice. This module defines what a
//! graph's next events can be, and which graphs a model allows. It does not search.
//!
//! | file | idea |
//! |---|---|
//! | `event`, `execution`, `location`, `clock` | a graph as data |
//! | `meaning` | what each operation reads and writes, and its answer |
//! | `coherence`, `consistency`, `precedence`, `relation` | which graphs a memory model allows |
//! | `step` | the next event of a thread, given what it reads |
//! | `rounds`, `spin`, `loops`, `settled` | loops, and graphs that return to an earlier state |
//! | `lifetime` | allocations: accesses to dead or foreign memory |
//! | `wrong`, `verdict` | the violations and the outcome of a graph |
//! | `edge` | what would order two racing accesses |
//!
//! The models are RC11 as published (Lahav et al., PLDI 2017), the same with the release sequences of
//! C++20, and sequential consistency, as a cross-check of the searches over states and traces. No model
//! has executions in which program order and reads-from form a cycle.
//!
//! A trap stops only its own thread; the outcome of the execution is the trap. A data race is reported,
//! and the execution continues with the plain accesses treated as relaxed ones that order nothing. Under
//! sequential consistency, two accesses race if their threads can be about to make them at the same
//! time, as in [`State::race`](super::State::race).

pub(crate) mod clock;
mod coherence;
mod consistency;
mod edge;
pub(crate) mod event;
pub(crate) mod execution;
mod lifetime;
pub(crate) mod location;
pub(crate) mod loops;
pub(crate) mod meaning;
pub(crate) mod precedence;
pub(crate) mod relation;
mod rounds;
pub(crate) mod settled;
pub(crate) mod spin;
pub(crate) mod step;
pub(crate) mod verdict;
pub(crate) mod wrong;

pub(crate) use clock::Clock;
pub use clock::EventId;
pub use event::Source;
pub use execution::Graph;
pub use step::Pick;

use super::MemoryModel;
