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
//! | `event`, `execution`, `location`, `clock` | a graph as data |
//! | `meaning` | what each operation reads, writes and tells its thread |
//! | `coherence`, `consistency`, `precedence`, `relation` | which graphs a memory model allows |
//! | `step`, `walk` | a graph that only grows: for replays and random walks |
//! | `revisit` | what a graph grows into, earlier reads of new writes included |
//! | `search` | all graphs, on several cores |
//! | `spin`, `loops`, `settled`, `liveness` | loops, and whether threads can go on for ever |
//! | `verdict`, `trace`, `replay` | what went wrong, in words, as steps, and once more |
//! | `edge` | what would order two accesses that race |
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
//! # Waiting
//! A graph in which nobody can go on is an execution if nothing that a thread waits for would look
//! different now: then it is a deadlock, a lost wakeup, or a livelock of loops that only read. Else the
//! thread goes on in another graph; such graphs are counted as blocked, and they can outnumber the
//! executions. Loops that write are left when the graph settles to what it has settled to before, and
//! `explorer::livelock` says whether the threads can go round for ever.
//!
//! # What it does not see
//! Joins by a thread number that nobody handed on; in a loop that waits, rounds that leave everything
//! as it is (see `spin`); circles that write and need steps that are weak.

mod clock;
mod coherence;
mod consistency;
mod edge;
mod event;
mod execution;
mod lifetime;
mod liveness;
mod location;
mod loops;
mod meaning;
mod precedence;
mod relation;
mod replay;
mod revisit;
mod search;
mod settled;
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
