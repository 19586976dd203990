//! Guest programs in the heddle world: every execution of the machine, with weak memory; and their replay.

use std::sync::Arc;

use super::search::Search;
use super::world;
use crate::engine::HeddleSchedule;
use crate::engine::heddle::Heddle;
use crate::guest::{
    Control, EngineKind, Findings, GuestCounterexample, GuestEngine, MemoryModel, Options,
    ReplayError, WorldEngine,
};
use crate::reference::Subject;

/// The machine, driven by our own engine for Rust code. [`crate::heddle`] lists what it does not see.
///
/// Many bugs need few preemptions, and a search of every execution comes to them late. So some executions that need few
/// are looked at first, besides those that the options allow: at most a hundredth of them. Only what is found there counts;
/// else the search of every execution gives the result, and the counts are its own.
#[derive(Clone, Debug)]
pub struct GuestHeddle {
    /// The options that all searches share; [`EngineKind::takes`] says which of them have an effect here.
    pub options: Options,
    /// The memory model. RC11 allows what the reference allows by default.
    pub memory: MemoryModel,
    /// The limit on operations per execution of the machine. A longer execution is cut off.
    pub steps_max: usize,
}

impl GuestHeddle {
    /// RC11, and the defaults of [`Heddle`].
    pub fn new(options: Options) -> Self {
        let Heddle { steps_max, .. } = Heddle::default();
        GuestHeddle { options, memory: MemoryModel::Rc11, steps_max }
    }
}

impl GuestEngine for GuestHeddle {
    fn kind(&self) -> EngineKind {
        EngineKind::World(WorldEngine::Heddle)
    }

    fn check(&self, subject: &Arc<Subject>, control: &Control) -> Findings {
        let engine = Heddle::default()
            .memory(self.memory)
            .executions_max(self.options.executions_max)
            .steps_max(self.steps_max);
        let search = search(self.kind(), subject, control, &self.options);
        // The program's executions are counted where they are run, and each is to count once.
        let whole = engine.few_preemptions_early(false);
        let few = engine.few_preemptions_early(!self.options.keeps_going).with_few_preemptions();
        few.map(|few| search.run(&few))
            .find(|few| !few.tally.violations.is_empty())
            .unwrap_or_else(|| search.run(&whole))
    }
}

fn search<'s>(
    kind: EngineKind,
    subject: &'s Arc<Subject>,
    control: &'s Control,
    options: &'s Options,
) -> Search<'s> {
    let world = || world::HEDDLE;
    Search { kind, world, subject, control, options, steps_max: None, bounds: &[], model: None }
}

/// Runs a program once, under choices that a search has made for it, unless it is stopped or needs more
/// memory than this.
///
/// # Errors
/// The violation does not occur again, or something cut the execution off.
pub(in crate::guest) fn replay(
    subject: &Arc<Subject>,
    choices: &HeddleSchedule,
    memory_max: usize,
    control: &Control,
) -> Result<GuestCounterexample, ReplayError> {
    let options = Options { memory_max, ..Options::default() };
    let engine = Heddle::default();
    search(EngineKind::Replay, subject, control, &options)
        .replay(|body, probe| engine.replay_with(choices, body, probe))
}
