//! The engines that `--engine` names.

use clap::ValueEnum;
use drawloom::guest::explorer::{Explorer, Search};
use drawloom::guest::{EngineKind, GuestEngine, MemoryModel, Options, machine};

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Engine {
    /// Every execution, driving the reference
    Explorer,
    /// loom: interleavings of the machine, at most four guest threads; leaves some out
    Loom,
    /// shuttle: random schedules of the machine
    ShuttleRandom,
    /// shuttle: probabilistic concurrency testing
    ShuttlePct,
    /// shuttle: uniform random walks
    ShuttleUrw,
    /// shuttle: schedules of the machine, depth first
    ShuttleDfs,
    /// Real threads, jittered
    Stress,
    /// All of these, compared
    All,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum SearchKind {
    /// Those that fit the memory model in turn, until one comes to its end
    #[default]
    Auto,
    /// Once for each order of the operations that matters (sc)
    Traces,
    /// Every state once; finds livelocks (sc)
    States,
    /// Executions with the fewest preemptions first (sc); proves nothing
    Preemptions,
    /// Once for each execution graph, under any memory model; finds livelocks
    Graphs,
}

impl SearchKind {
    fn search(self) -> Search {
        match self {
            SearchKind::Auto => Search::Auto,
            SearchKind::Traces => Search::Traces,
            SearchKind::States => Search::States,
            SearchKind::Preemptions => Search::Preemptions,
            SearchKind::Graphs => Search::Graphs,
        }
    }
}

/// Executions of an engine that may never end by itself, if nobody says how long to go on.
const EXECUTIONS_DEFAULT: u64 = 10_000;

impl Engine {
    /// The one that is meant; `None` for all of them.
    fn kind(self, search: Search) -> Option<EngineKind> {
        Some(match self {
            Engine::Explorer => EngineKind::Explorer(search),
            Engine::Loom => EngineKind::Loom,
            Engine::ShuttleRandom => EngineKind::ShuttleRandom,
            Engine::ShuttlePct => EngineKind::ShuttlePct,
            Engine::ShuttleUrw => EngineKind::ShuttleUrw,
            Engine::ShuttleDfs => EngineKind::ShuttleDfs,
            Engine::Stress => EngineKind::Stress,
            Engine::All => return None,
        })
    }

    /// The engines behind a name; the one that decides comes first. `has_limit` says whether the
    /// search is limited by executions or time.
    ///
    /// # Errors
    /// This `drawloom` was built without it.
    pub(super) fn engines(
        self,
        model: MemoryModel,
        search: SearchKind,
        options: Options,
        has_limit: bool,
    ) -> Result<Vec<Box<dyn GuestEngine>>, String> {
        let explorer = Explorer { model: Some(model), search: search.search(), options };
        let of_machine = match self {
            // Who asks for one of these asks for everything.
            _ if has_limit => options,
            Engine::Loom | Engine::ShuttleDfs => options,
            _ => Options { executions_max: EXECUTIONS_DEFAULT, ..options },
        };
        let all = [Box::new(explorer) as Box<dyn GuestEngine>].into_iter();
        let mut engines: Vec<_> = all.chain(machine::engines(of_machine)).collect();
        let Some(wanted) = self.kind(search.search()) else { return Ok(engines) };
        engines.retain(|engine| engine.kind() == wanted);
        if engines.is_empty() {
            return Err(format!("this drawloom was built without {}", wanted.name()));
        }
        Ok(engines)
    }
}
