//! The bugs of `models/history/`, and the engines that must tell their wrong versions from the right ones.
//!
//! The same seed gives the same table, except for real threads. Rendering is left to `report`. The
//! bodies are compiled once for each world. The facts about a bug are the same in all worlds and are
//! read from the stress world, which every build has.

use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "heddle")]
use super::heddle::Heddle;
#[cfg(feature = "loom")]
use super::loom::Loom;
#[cfg(feature = "shuttle")]
use super::shuttle::{Shuttle, Strategy};
use super::{
    Body, Bound, Counterexample, Engine, Report, Verdict, World, WorldEngine, stress::Stress,
};
pub use crate::stress::history::{BUGS, Bug, ILLEGAL, Illegal, SOURCES, Shows};
use crate::verdict::each_world;

/// The two versions of a bug.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    /// The code with the bug.
    Wrong,
    /// The code without the bug.
    Right,
}

/// What an engine must do with a wrong version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Duty {
    /// It must find the bug, within its executions.
    Must,
    /// It may find the bug, or not.
    May(&'static str),
    /// It cannot find the bug.
    Cannot(&'static str),
}

/// Executions that each engine may use. Those that end by themselves need a hundredth of this on wrong
/// versions.
const HEDDLE_EXECUTIONS: u64 = 100_000;
const LOOM_EXECUTIONS: u64 = 100_000;
const DRAWN_EXECUTIONS: u64 = 500;
const DFS_EXECUTIONS: u64 = 5_000;
const STRESS_EXECUTIONS: u64 = 300;

/// In bodies as small as these, priorities that must change twice leave no thread alone for long, so a
/// bug of depth two is often out of reach. PCT therefore searches for each depth.
#[cfg(feature = "shuttle")]
const PCT_DEPTHS: [usize; 2] = [2, 3];

/// How long one execution on real threads may take. A wrong version that spins forever costs this much.
const WATCHDOG: Duration = Duration::from_secs(10);

/// The engines, with their options for small bodies.
impl WorldEngine {
    /// The limit on executions of each version.
    pub fn executions_max(self) -> u64 {
        match self {
            WorldEngine::Heddle => HEDDLE_EXECUTIONS,
            WorldEngine::Loom => LOOM_EXECUTIONS,
            WorldEngine::ShuttleDfs => DFS_EXECUTIONS,
            WorldEngine::Stress => STRESS_EXECUTIONS,
            WorldEngine::ShuttleRandom | WorldEngine::ShuttlePct | WorldEngine::ShuttleUrw => {
                DRAWN_EXECUTIONS
            }
        }
    }

    /// What the engine must do with this bug.
    pub fn duty(self, bug: &Bug) -> Duty {
        match (self, bug.shows) {
            (WorldEngine::Heddle | WorldEngine::Loom, _) | (_, Shows::Always) => Duty::Must,
            (WorldEngine::Stress, _) => Duty::May("real threads run as the machine lets them"),
            (_, Shows::InSomeSchedule) => Duty::Must,
            (_, Shows::InWeakMemory) => {
                Duty::Cannot("shuttle takes every ordering as sequentially consistent")
            }
        }
    }

    /// The engines that search a version, one after the other until one finds something.
    fn engines(self, seed: u64) -> Vec<Box<dyn Engine>> {
        let executions = self.executions_max();
        #[cfg(feature = "shuttle")]
        let shuttle = |strategy, executions| -> Vec<Box<dyn Engine>> {
            vec![Box::new(Shuttle::new(strategy, executions))]
        };
        match self {
            #[cfg(feature = "heddle")]
            WorldEngine::Heddle => vec![Box::new(Heddle::default().executions_max(executions))],
            #[cfg(feature = "loom")]
            WorldEngine::Loom => {
                vec![Box::new(Loom { executions_max: executions, ..Loom::default() })]
            }
            #[cfg(feature = "shuttle")]
            WorldEngine::ShuttleRandom => shuttle(Strategy::Random { seed }, executions),
            #[cfg(feature = "shuttle")]
            WorldEngine::ShuttlePct => {
                let share = executions / PCT_DEPTHS.len() as u64;
                let of_depth = |depth| shuttle(Strategy::Pct { depth, seed }, share);
                PCT_DEPTHS.into_iter().flat_map(of_depth).collect()
            }
            #[cfg(feature = "shuttle")]
            WorldEngine::ShuttleUrw => shuttle(Strategy::Urw { seed }, executions),
            #[cfg(feature = "shuttle")]
            WorldEngine::ShuttleDfs => shuttle(Strategy::Dfs, executions),
            WorldEngine::Stress => {
                vec![Box::new(Stress { seed, executions_max: executions, watchdog: WATCHDOG })]
            }
            #[cfg(not(all(feature = "heddle", feature = "loom", feature = "shuttle")))]
            _ => Vec::new(),
        }
    }

    /// The version's body in this engine's world.
    fn body(self, id: &str, version: Version) -> Option<fn()> {
        macro_rules! in_worlds {
            ($(#[$cfg:meta] $world:ident $module:ident;)*) => {
                match self.world() {
                    $(
                        #[$cfg]
                        World::$world => {
                            let bug = crate::$module::history::BUGS.iter().find(|it| it.id == id)?;
                            Some(match version {
                                Version::Wrong => bug.wrong,
                                Version::Right => bug.right,
                            })
                        }
                    )*
                    #[cfg(not(all(feature = "heddle", feature = "loom", feature = "shuttle")))]
                    _ => None,
                }
            };
        }
        each_world!(in_worlds)
    }

    /// Searches one version; `None` if this build lacks the engine or the bug does not exist.
    pub fn search(self, id: &str, version: Version, seed: u64) -> Option<Report> {
        let body: Body = Arc::new(self.body(id, version)?);
        let mut executions_before = 0;
        let mut last = None;
        for engine in self.engines(seed) {
            let mut report = engine.explore(body.clone());
            report.executions += executions_before;
            executions_before = report.executions;
            if let Verdict::Violated(found) = &mut report.verdict {
                // A search ends with the execution that shows the violation.
                found.execution = report.executions;
                return Some(report);
            }
            last = Some(report);
        }
        last
    }
}

/// The result of one engine for both versions of a bug.
#[derive(Clone, Debug)]
pub struct Told {
    /// The engine.
    pub engine: WorldEngine,
    /// What it must do.
    pub duty: Duty,
    /// Its report on the wrong version.
    pub wrong: Report,
    /// Its report on the right version.
    pub right: Report,
}

impl Told {
    /// Searches both versions of `bug` with `engine`. `None` if this build lacks the engine.
    pub fn new(bug: &Bug, engine: WorldEngine, seed: u64) -> Option<Self> {
        let wrong = engine.search(bug.id, Version::Wrong, seed)?;
        let right = engine.search(bug.id, Version::Right, seed)?;
        Some(Told { engine, duty: engine.duty(bug), wrong, right })
    }

    /// The counterexample, if the bug was found.
    pub fn found(&self) -> Option<&Counterexample> {
        match &self.wrong.verdict {
            Verdict::Violated(counterexample) => Some(counterexample),
            _ => None,
        }
    }

    /// What is not as it must be: a bug that was not found, or a violation in a right version.
    pub fn objection(&self) -> Option<String> {
        self.objection_to_the_right().or_else(|| self.objection_to_the_wrong())
    }

    fn objection_to_the_right(&self) -> Option<String> {
        match &self.right.verdict {
            Verdict::Violated(found) => {
                Some(format!("the right version is violated: {}", found.message))
            }
            // PCT refuses a body in which no two threads can ever run at once. The other engines do not.
            Verdict::Unsupported { .. } if self.engine == WorldEngine::ShuttlePct => None,
            Verdict::Unsupported { reason } => {
                Some(format!("the right version cannot be searched: {reason}"))
            }
            // An execution that runs this long may run forever.
            Verdict::Bounded { stopped_by: Bound::Steps, .. } => {
                Some("the right version has an execution that does not end".into())
            }
            // A loop that waits has no bound on its rounds, and a wait with a limit none on its time-outs.
            Verdict::Bounded { stopped_by: Bound::Rounds | Bound::TimeOuts, .. }
                if self.engine == WorldEngine::Heddle =>
            {
                None
            }
            // The body is small enough to be searched completely; anything cut off has not been looked at.
            Verdict::Bounded { stopped_by, .. }
                if matches!(self.engine, WorldEngine::Heddle | WorldEngine::Loom) =>
            {
                let engine = self.engine.name();
                Some(format!(
                    "{engine} has not searched all of the right version, for {stopped_by}"
                ))
            }
            Verdict::Exhausted { .. } | Verdict::Searched { .. } | Verdict::Bounded { .. } => None,
        }
    }

    fn objection_to_the_wrong(&self) -> Option<String> {
        match (self.duty, &self.wrong.verdict) {
            (Duty::Cannot(reason), Verdict::Violated(_)) => {
                Some(format!("the bug is found, which cannot be: {reason}"))
            }
            (_, Verdict::Violated(_)) | (Duty::May(_) | Duty::Cannot(_), _) => None,
            (Duty::Must, Verdict::Unsupported { reason }) => {
                Some(format!("the wrong version cannot be searched: {reason}"))
            }
            (
                Duty::Must,
                Verdict::Exhausted { .. } | Verdict::Searched { .. } | Verdict::Bounded { .. },
            ) => {
                let executions = self.wrong.executions;
                Some(format!("the bug is not found in {executions} executions"))
            }
        }
    }
}
