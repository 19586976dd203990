//! Weak memory: complete and optimal exploration of execution graphs.

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

use clock::Clock;
pub use event::{EventId, Source};
pub use execution::Graph;
pub use replay::replay;
pub use search::search;
pub use step::Pick;

use super::super::MemoryModel;
