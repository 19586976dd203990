//! Execution graphs: every execution under a weak memory model, each once.
//!
//! An execution is not an order of steps here but a graph ([`Graph`]): the events of each thread,
//! which write every read reads, and the coherence order of each location's writes. The search is
//! complete and optimal in the manner of `TruSt` (Kokologiannakis et al., POPL 2022): every
//! consistent graph is built once, no set of visited graphs is kept, and what is open is on one
//! stack. Each event keeps its thread as it stood before and after, so that nothing is carried out
//! twice.
//!
//! | file | idea |
//! |---|---|
//! | `event`, `execution`, `clock` | a graph as data |
//! | `meaning` | what each operation reads, writes and tells its thread |
//! | `coherence`, `consistency`, `relation` | which graphs a memory model allows |
//! | `step`, `walk` | a graph that only grows: for replays and random walks |
//! | `revisit` | what a graph grows into, earlier reads of new writes included |
//! | `search` | all graphs, on several cores |
//! | `spin` | loops that wait |
//! | `verdict`, `trace`, `replay` | what went wrong, in words, as steps, and once more |
//!
//! The models are RC11 as published (Lahav et al., PLDI 2017), the same with the release sequences
//! of C++20, and sequential consistency, as a second opinion on the searches over states and traces.
//! None has executions in which program order and reads-from form a cycle.
//!
//! A trap stops its thread alone; the execution's outcome is the trap. A data race is reported and
//! the execution goes on, the plain accesses treated as relaxed ones that order nothing. Under
//! sequential consistency a race is, as in [`State::race`](crate::reference::State::race), that two
//! threads can be about to make the accesses at the same time.
//!
//! # What it does not see
//! Livelocks; joins by a thread number that nobody handed on; and, in a loop that waits, rounds that
//! leave everything as it is (see `spin`). Blocked graphs are counted apart: a thread that wants a
//! monitor stands in some of them with a stale "held", and they can outnumber the executions.

mod clock;
mod coherence;
mod consistency;
mod event;
mod execution;
mod meaning;
mod relation;
mod replay;
mod revisit;
mod search;
mod spin;
mod step;
mod trace;
mod verdict;
mod walk;

use clock::Clock;
pub use event::{EventId, Source};
pub use execution::Graph;
pub use replay::replay;
pub use search::search;
pub use step::Pick;
pub(super) use walk::RaceKey;

use super::super::MemoryModel;
