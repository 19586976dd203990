//! One search of one model, with one operation broken.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Model, Mutant, Suite};
use crate::engine::{Body, Bound, Engine, Probe, Report, Verdict, World, WorldEngine};
use crate::session::Sites;

/// A way to search, with its budget.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Search {
    /// Our own engine, every execution, without a bound on preemptions.
    Heddle {
        /// The limit on executions.
        executions: u64,
    },
    /// shuttle, any runnable thread.
    Random {
        /// The seed of all random choices.
        seed: u64,
        /// The limit on executions.
        executions: u64,
    },
    /// shuttle, random priorities, depth 3.
    Pct {
        /// The seed of all random choices.
        seed: u64,
        /// The limit on executions.
        executions: u64,
    },
    /// shuttle, uniform random walks.
    Urw {
        /// The seed of all random choices.
        seed: u64,
        /// The limit on executions.
        executions: u64,
    },
    /// loom, within the model's bound.
    Loom {
        /// The limit on executions.
        executions: u64,
    },
}

impl Search {
    /// The engine's name.
    pub fn name(self) -> &'static str {
        match self {
            Search::Random { .. } => WorldEngine::ShuttleRandom.name(),
            Search::Pct { .. } => WorldEngine::ShuttlePct.name(),
            Search::Urw { .. } => WorldEngine::ShuttleUrw.name(),
            Search::Heddle { .. } => WorldEngine::Heddle.name(),
            Search::Loom { .. } => WorldEngine::Loom.name(),
        }
    }

    /// The world that it searches.
    pub(super) fn world(self) -> World {
        match self {
            Search::Random { .. } | Search::Pct { .. } | Search::Urw { .. } => World::Shuttle,
            Search::Heddle { .. } => World::Heddle,
            Search::Loom { .. } => World::Loom,
        }
    }

    /// Whether it runs the same executions each time and ends when it has run them all.
    pub fn is_systematic(self) -> bool {
        matches!(self.world(), World::Heddle | World::Loom)
    }

    pub(super) fn is_shuttle(self) -> bool {
        self.world() == World::Shuttle
    }

    /// The engine, and the model's body in its world; `None` if either is missing.
    fn engine(self, model: &Model) -> Option<(Box<dyn Engine>, Body)> {
        Some((self.engine_alone(model)?, model.bodies.get(&self.world())?.clone()))
    }

    #[cfg_attr(not(feature = "loom"), expect(unused_variables))]
    #[cfg_attr(
        all(feature = "heddle", feature = "loom", feature = "shuttle"),
        expect(clippy::unnecessary_wraps, reason = "a build may lack an engine")
    )]
    fn engine_alone(self, model: &Model) -> Option<Box<dyn Engine>> {
        #[cfg(feature = "shuttle")]
        use crate::engine::shuttle::{Shuttle, Strategy};
        match self {
            #[cfg(feature = "heddle")]
            Search::Heddle { executions } => {
                Some(Box::new(crate::engine::heddle::Heddle::default().executions_max(executions)))
            }
            #[cfg(feature = "loom")]
            Search::Loom { executions } => Some(Box::new(crate::engine::loom::Loom {
                preemptions_max: model.preemptions_max,
                executions_max: executions,
                ..Default::default()
            })),
            #[cfg(feature = "shuttle")]
            Search::Random { seed, executions } => {
                Some(Box::new(Shuttle::new(Strategy::Random { seed }, executions)))
            }
            #[cfg(feature = "shuttle")]
            Search::Pct { seed, executions } => {
                Some(Box::new(Shuttle::new(Strategy::Pct { depth: 3, seed }, executions)))
            }
            #[cfg(feature = "shuttle")]
            Search::Urw { seed, executions } => {
                Some(Box::new(Shuttle::new(Strategy::Urw { seed }, executions)))
            }
            #[cfg(not(all(feature = "heddle", feature = "loom", feature = "shuttle")))]
            _ => None,
        }
    }
}

/// One search of one model, with one operation broken or none.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Attempt {
    /// The model's name.
    pub model: String,
    /// How it is searched.
    pub search: Search,
    /// The broken operation, if any.
    pub mutant: Option<Mutant>,
}

/// How a search ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum End {
    /// All executions that were planned were run, and none shows a violation. For loom and our own engine:
    /// all executions that they look at, within their bounds.
    Complete,
    /// There are more executions than the limit, or loom has stopped at a false alarm of its own.
    Unfinished,
    /// An execution shows a violation: `panic`, `deadlock`, `data race`, `leak`, or an execution
    /// that does not end, `endless`.
    Violated(String),
    /// The engine cannot search this.
    Unsupported(String),
}

/// What an attempt showed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Observation {
    /// How it ended.
    pub end: End,
    /// How many executions were begun.
    pub executions: u64,
    /// The bounds of the search, and what the engine does not see, in words.
    pub within: Vec<String>,
    /// The labels that were reached.
    pub reached: Vec<String>,
    /// Without a mutant: the mutants of the operations that it reached.
    pub mutants: Vec<Mutant>,
}

impl Observation {
    pub(super) fn is_violation(&self) -> bool {
        matches!(self.end, End::Violated(_))
    }
}

impl Suite {
    /// Makes an attempt in this process. The attempt may abort the process.
    pub fn attempt(&self, attempt: &Attempt) -> Observation {
        let unsupported = |reason: &str| Observation {
            end: End::Unsupported(reason.to_owned()),
            executions: 0,
            within: Vec::new(),
            reached: Vec::new(),
            mutants: Vec::new(),
        };
        let Some(model) = self.model(&attempt.model) else {
            return unsupported("there is no such model");
        };
        let Some((engine, body)) = attempt.search.engine(model) else {
            return unsupported("the engine or the model's body for it is not there");
        };
        let sites = attempt.mutant.is_none().then(|| Arc::new(Sites::default()));
        let mutants = attempt.mutant.iter().cloned().collect();
        // The models' own tests check that they are repeatable.
        let probe = Probe { mutants, sites: sites.clone(), trusts_body: true, ..Probe::default() };
        let Report { verdict, executions, reached, bounds, not_seen, .. } =
            engine.explore_with(body, probe);
        let gaps = not_seen.iter().map(ToString::to_string);
        let mut mutants = sites.map_or_else(Vec::new, |sites| sites.mutants());
        mutants.retain(|mutant| self.source(&mutant.operation).is_some());
        Observation {
            end: end(verdict, attempt.search),
            executions,
            within: bounds.iter().map(ToString::to_string).chain(gaps).collect(),
            reached: reached.into_iter().map(str::to_owned).collect(),
            mutants,
        }
    }
}

fn end(verdict: Verdict, search: Search) -> End {
    match verdict {
        Verdict::Bounded { stopped_by: Bound::Steps, .. } => End::Violated("endless".to_owned()),
        Verdict::Bounded { stopped_by: Bound::Executions | Bound::FalseAlarm, .. }
            if search.is_systematic() =>
        {
            End::Unfinished
        }
        Verdict::Exhausted { .. } | Verdict::Searched { .. } | Verdict::Bounded { .. } => {
            End::Complete
        }
        Verdict::Violated(counterexample) => End::Violated(counterexample.violation.to_string()),
        Verdict::Unsupported { reason } => End::Unsupported(reason.to_string()),
    }
}
