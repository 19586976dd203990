//! The engines that `--engine` names.

use clap::ValueEnum;
use drawloom::engine::guest::explorer::{Explorer, Search};
use drawloom::engine::guest::{GuestEngine, MemoryModel, Options};

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Engine {
    /// Every execution, driving the reference
    Explorer,
    /// loom: every interleaving of the machine, at most five threads
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

/// How `fuzz` draws executions.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Strategy {
    /// Any thread that can go on, each as likely
    Random,
    /// Priorities that change at a few points: probabilistic concurrency testing
    Pct,
    /// Threads in proportion to what they still have to do: uniform random walk
    Urw,
    /// Partial order sampling: priorities anew wherever an order matters
    Pos,
    /// Selectively uniform random walk, over the operations on one object
    Surw,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum SearchKind {
    /// What fits the program and the memory model
    #[default]
    Auto,
    /// Once for each order of the operations that matters (sc)
    Traces,
    /// Every state once; finds livelocks (sc)
    States,
    /// Once for each execution graph (rc11, c20)
    Graphs,
}

impl SearchKind {
    fn search(self) -> Search {
        match self {
            SearchKind::Auto => Search::Auto,
            SearchKind::Traces => Search::Traces,
            SearchKind::States => Search::States,
            SearchKind::Graphs => Search::Graphs,
        }
    }
}

impl Engine {
    /// The engines behind a name; the one that decides comes first.
    ///
    /// # Errors
    /// This `drawloom` was built without it.
    pub(super) fn engines(
        self,
        model: MemoryModel,
        search: SearchKind,
        options: Options,
    ) -> Result<Vec<Box<dyn GuestEngine>>, String> {
        let explorer = Explorer { model: Some(model), search: search.search(), options };
        match self {
            Engine::Explorer | Engine::All => Ok(vec![Box::new(explorer)]),
            other => {
                let name =
                    other.to_possible_value().map_or(String::new(), |it| it.get_name().into());
                Err(format!("this drawloom was built without {name}"))
            }
        }
    }
}

/// The engine of `fuzz`.
pub(super) fn fuzz_engine(
    _strategy: Strategy,
    _model: MemoryModel,
    _depth: u32,
    _options: Options,
) -> Result<Box<dyn GuestEngine>, String> {
    Err("this drawloom was built without fuzz".into())
}
