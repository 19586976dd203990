//! The search over execution graphs: every execution under a weak memory model, each once.
//!
//! The crate's module `graph` knows which graphs a model allows, and which graphs a graph grows into; the
//! reference defines what the events of a guest program are ([`reference::graph`]). The search is complete
//! and optimal in the manner of `TruSt` (Kokologiannakis et al., POPL 2022): every consistent graph is
//! built once, no set of visited graphs is kept, and the open graphs are on one stack.
//!
//! | file | idea |
//! |---|---|
//! | `search` | all graphs, on several cores |
//! | `walk` | a graph that only grows, for random walks |
//! | `liveness` | whether threads can go on forever |
//! | `trace`, `replay` | a graph as the steps of a counterexample, and repeated |
//!
//! # Waiting
//! A graph in which no thread can go on is an execution if nothing that a thread waits for would look
//! different now. It is then a deadlock, a lost wakeup, or a livelock of loops that only read. Otherwise
//! the thread goes on in another graph; such graphs are counted as blocked. Threads that wait for a monitor
//! make none (see `reference::graph::monitor`), unless they only try, or wait forever. The search leaves a
//! loop that writes when the graph settles to what it has settled to before, and `explorer::livelock`
//! decides whether the threads can go round forever.
//!
//! # What it does not see
//! Joins with a thread number that the joining thread was not given; in a loop that waits, rounds that
//! leave everything as it is (see `reference::graph::spin`); cycles that write and need weak steps.
//!
//! [`reference::graph`]: crate::reference::graph

mod liveness;
mod replay;
mod search;
mod trace;
mod walk;

pub use replay::{replay, views};
pub use search::{search, search_share};
pub(super) use walk::RaceKey;

use crate::reference::MemoryModel;
pub use crate::reference::graph::{EventId, Graph, Pick, Source};
