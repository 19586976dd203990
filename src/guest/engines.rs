//! Engines for guest programs, made from their kinds.

use super::explorer::{Explorer, Fuzz};
use super::{EngineKind, GuestEngine, MemoryModel, Options, machine};

/// The engine of this kind, with these options. The memory model is for engines that have a choice.
/// `None` if this build lacks the engine, and for a replay, which is not a search.
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
