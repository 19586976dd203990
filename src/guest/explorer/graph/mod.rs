//! The search over execution graphs: every execution under a weak memory model, each once.
//!
//! What a graph is, and which graphs a model allows, is the reference's ([`reference::graph`]). The
//! search is complete and optimal in the manner of `TruSt` (Kokologiannakis et al., POPL 2022): every
//! consistent graph is built once, no set of visited graphs is kept, and what is open is on one
//! stack.
//!
//! | file | idea |
//! |---|---|
//! | `revisit` | what a graph grows into, earlier reads of new writes included |
//! | `search` | all graphs, on several cores |
//! | `walk` | a graph that only grows: for random walks |
//! | `liveness` | whether threads can go on for ever |
//! | `trace`, `replay` | a graph as the steps of a counterexample, and once more |
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
//! as it is (see `reference::graph::spin`); circles that write and need steps that are weak.
//!
//! [`reference::graph`]: crate::reference::graph

mod liveness;
mod replay;
mod revisit;
mod search;
mod trace;
mod walk;

pub use replay::replay;
pub use search::search;
pub(super) use walk::RaceKey;

use crate::reference::MemoryModel;
use crate::reference::graph::Clock;
pub use crate::reference::graph::{EventId, Graph, Pick, Source};
