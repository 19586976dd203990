//! Guest programs under shuttle: random, PCT, URW and depth-first schedules, and their replay.

use std::sync::Arc;

use super::search::{Search, weak_orderings};
use super::world;
use crate::engine::shuttle::{Shuttle, Strategy};
use crate::guest::{
    Bound, Control, EngineKind, Findings, GuestCounterexample, GuestEngine, MemoryModel, Options,
    ReplayError, WorldEngine,
};
use crate::reference::Subject;

/// How shuttle chooses the next thread; see [`Strategy`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Policy {
    /// Any runnable thread, equally likely.
    Random,
    /// Random priorities that change at some points.
    Pct {
        /// The number of ordering constraints that a bug may need.
        depth: usize,
    },
    /// A uniform random walk.
    Urw,
    /// Every schedule, depth first.
    Dfs,
}

impl Policy {
    /// One of each policy.
    pub const ALL: [Policy; 4] =
        [Policy::Random, Policy::Pct { depth: 3 }, Policy::Urw, Policy::Dfs];

    /// The engine of shuttle that this policy belongs to.
    pub fn engine(self) -> WorldEngine {
        match self {
            Policy::Random => WorldEngine::ShuttleRandom,
            Policy::Pct { .. } => WorldEngine::ShuttlePct,
            Policy::Urw => WorldEngine::ShuttleUrw,
            Policy::Dfs => WorldEngine::ShuttleDfs,
        }
    }
}

/// The machine, driven by shuttle. [`crate::shuttle`] lists what it does not see. If the program has
/// orderings weaker than seq-cst, the findings are bounded by that.
#[derive(Clone, Debug)]
pub struct GuestShuttle {
    /// The options that all searches share; [`EngineKind::takes`] says which of them have an effect here.
    pub options: Options,
    /// How the next thread is chosen.
    pub policy: Policy,
    /// The limit on scheduling points per execution of the machine. A longer execution is cut off.
    pub points_max: usize,
}

impl GuestShuttle {
    /// 20,000 points per execution: most programs need hundreds, and an execution that spins is cut off
    /// in less than a second.
    pub fn new(policy: Policy, options: Options) -> Self {
        GuestShuttle { options, policy, points_max: 20_000 }
    }

    fn strategy(&self) -> Strategy {
        let seed = self.options.seed;
        match self.policy {
            Policy::Random => Strategy::Random { seed },
            Policy::Pct { depth } => Strategy::Pct { depth, seed },
            Policy::Urw => Strategy::Urw { seed },
            Policy::Dfs => Strategy::Dfs,
        }
    }
}

impl GuestEngine for GuestShuttle {
    fn kind(&self) -> EngineKind {
        EngineKind::World(self.policy.engine())
    }

    fn check(&self, subject: &Arc<Subject>, control: &Control) -> Findings {
        let engine = Shuttle {
            steps_max: self.points_max,
            ..Shuttle::new(self.strategy(), self.options.executions_max)
        };
        let chance = (self.policy != Policy::Dfs).then_some(Bound::Chance);
        let bounds: Vec<Bound> = chance.into_iter().chain(weak_orderings(subject)).collect();
        search(self.kind(), subject, control, &self.options, &bounds).run(&engine)
    }
}

fn search<'s>(
    kind: EngineKind,
    subject: &'s Arc<Subject>,
    control: &'s Control,
    options: &'s Options,
    bounds: &'s [Bound],
) -> Search<'s> {
    let (world, model) = (|| world::SHUTTLE, Some(MemoryModel::Sc));
    Search { kind, world, subject, control, options, steps_max: None, bounds, model }
}

/// Runs a program once, under choices that a search by shuttle has made for it, unless it is stopped or
/// needs more memory than this.
///
/// # Errors
/// The violation does not occur again, or something cut the execution off.
pub(in crate::guest) fn replay(
    subject: &Arc<Subject>,
    choices: &crate::engine::ShuttleSchedule,
    memory_max: usize,
    control: &Control,
) -> Result<GuestCounterexample, ReplayError> {
    let options = Options { memory_max, ..Options::default() };
    search(EngineKind::Replay, subject, control, &options, &[])
        .replay(|body, probe| Shuttle::replay_with(choices, body, probe))
}
