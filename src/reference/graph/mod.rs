//! Execution graphs: what a guest program means under a weak memory model.
//!
//! An execution is not an order of steps here but a graph ([`Graph`]): the events of each thread,
//! which write every read reads, and the coherence order of each location's writes. Each event keeps
//! its thread as it stood before and after, so that nothing is carried out twice. This module says what
//! a graph's next events can be and which graphs a model allows; it searches nothing.
//!
//! | file | idea |
//! |---|---|
//! | `event`, `execution`, `location`, `clock` | a graph as data |
//! | `meaning` | what each operation reads, writes and tells its thread |
//! | `coherence`, `consistency`, `precedence`, `relation` | which graphs a memory model allows |
//! | `step` | the next event of a thread, given what it reads |
//! | `rounds`, `spin`, `loops`, `settled` | loops, and where a graph is as it has been before |
//! | `lifetime` | allocations: which accesses are of dead or foreign memory |
//! | `wrong`, `verdict` | what went wrong, and what a graph comes to |
//! | `edge` | what would order two accesses that race |
//!
//! The models are RC11 as published (Lahav et al., PLDI 2017), the same with the release sequences
//! of C++20, and sequential consistency, as a second opinion on the searches over states and traces.
//! None has executions in which program order and reads-from form a cycle.
//!
//! A trap stops its thread alone; the execution's outcome is the trap. A data race is reported and
//! the execution goes on, the plain accesses treated as relaxed ones that order nothing. Under
//! sequential consistency a race is, as in [`State::race`](super::State::race), that two
//! threads can be about to make the accesses at the same time.

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
