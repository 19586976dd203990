//! Engines for guest programs, made from their kinds.

use super::explorer::{Explorer, Fuzz};
use super::{EngineKind, GuestEngine, MemoryModel, Options, machine};

/// The engine of a kind, with its options; the memory model is for those that have a choice. `None` if this
/// build lacks it, and for a replay, which is no search.
pub fn engine(
    kind: EngineKind,
    model: MemoryModel,
    options: Options,
) -> Option<Box<dyn GuestEngine>> {
    let model = Some(model);
    match kind {
        EngineKind::Explorer(search) => Some(Box::new(Explorer { model, search, options })),
        EngineKind::Fuzz(strategy) => {
            Some(Box::new(Fuzz { strategy, model, counts_states: false, options }))
        }
        EngineKind::World(engine) => machine::engine(engine, options),
        EngineKind::Replay => None,
    }
}
