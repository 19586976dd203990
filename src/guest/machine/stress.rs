//! Guest programs on real threads, repeatedly.

use std::sync::Arc;
use std::time::Duration;

use super::search::{Search, weak_orderings};
use super::world;
use crate::engine::stress::Stress;
use crate::guest::{Bound, Control, EngineKind, Findings, GuestEngine, Options, WorldEngine};
use crate::reference::Subject;

/// The machine, driven by real threads. [`crate::stress`] lists what they do not show.
///
/// Every operation is recorded under a lock, which on most computers makes all orderings strong. If the
/// program has weaker orderings, the findings are bounded by that.
#[derive(Clone, Debug)]
pub struct GuestStress {
    /// The options that all searches share; [`EngineKind::takes`] says which of them have an effect
    /// here. The seed determines the jitter, not the interleaving.
    pub options: Options,
    /// The limit on steps (backward branches, calls, starts and caught traps) in one execution. The
    /// first execution that exceeds it ends the search, since it costs real time.
    pub guest_steps_max: u64,
    /// How long one execution may take, with all its threads. An execution that takes longer ends the search.
    pub watchdog: Duration,
}

impl GuestStress {
    /// The defaults: a million steps for each execution, and the time from the options.
    pub fn new(options: Options) -> Self {
        GuestStress { options, guest_steps_max: 1_000_000, watchdog: options.watchdog }
    }
}

impl GuestEngine for GuestStress {
    fn kind(&self) -> EngineKind {
        EngineKind::World(WorldEngine::Stress)
    }

    fn check(&self, subject: &Arc<Subject>, control: &Control) -> Findings {
        let engine = Stress {
            seed: self.options.seed,
            executions_max: self.options.executions_max,
            watchdog: self.watchdog,
        };
        let weak = weak_orderings(subject);
        let bounds: Vec<Bound> = [Bound::Chance].into_iter().chain(weak).collect();
        let search = Search {
            kind: self.kind(),
            world: || world::STRESS,
            subject,
            control,
            options: &self.options,
            steps_max: Some(self.guest_steps_max),
            bounds: &bounds,
            model: None,
        };
        search.run(&engine)
    }
}
