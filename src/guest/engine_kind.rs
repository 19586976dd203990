//! The engines for guest programs, as values: code that depends on the engine asks this type.
//!
//! The names are defined here, for people and for `--engine`; nothing else reads them back.

use std::fmt;

use super::MemoryModel;
use crate::verdict::Strategy;
pub use crate::verdict::WorldEngine;

/// How the explorer searches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Search {
    /// The searches that fit the memory model take turns until one completes.
    #[default]
    Auto,
    /// One execution per Mazurkiewicz trace, under sequential consistency.
    Traces,
    /// Every state once, under sequential consistency.
    States,
    /// Executions with the fewest preemptions first, under sequential consistency.
    Preemptions,
    /// One execution per execution graph, under any model.
    Graphs,
}

impl Search {
    /// All searches.
    pub const ALL: [Search; 5] =
        [Search::Auto, Search::Traces, Search::States, Search::Preemptions, Search::Graphs];

    /// The name that `--search` uses.
    pub fn name(self) -> &'static str {
        self.words().0
    }

    /// What it does, in one line.
    pub fn summary(self) -> &'static str {
        self.words().1
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Search::Auto => {
                ("auto", "The searches that fit the memory model take turns until one completes")
            }
            Search::Traces => {
                ("traces", "One execution for each order of operations that matters (sc)")
            }
            Search::States => ("states", "Every state once; finds livelocks (sc)"),
            Search::Preemptions => {
                ("preemptions", "Executions with the fewest preemptions first (sc); proves nothing")
            }
            Search::Graphs => (
                "graphs",
                "One execution for each execution graph, any memory model; finds livelocks",
            ),
        }
    }
}

/// An engine for guest programs, with the search or the strategy where it has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    /// The explorer with this search; [`Search::Auto`] if none of them has answered.
    Explorer(Search),
    /// Random executions of the reference.
    Fuzz(Strategy),
    /// The machine, driven by an engine of the world that it runs in.
    World(WorldEngine),
    /// One execution repeated from its schedule, by the engine that had found it.
    Replay,
}

/// What an engine counts as one execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Orders of the operations that matter (Mazurkiewicz traces), each once.
    Traces,
    /// Execution graphs, each once.
    Graphs,
    /// Paths through the states.
    Paths,
    /// Runs, some of which may be alike.
    Runs,
}

/// What an engine can tell apart, whatever cuts its search off.
#[expect(clippy::struct_excessive_bools, reason = "each is something that one may see or not")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sees {
    /// Outcomes that need orders weaker than sequential consistency.
    pub weak_memory: bool,
    /// Data races between the guest's plain accesses.
    pub races: bool,
    /// Threads that are never joined, and memory that can no longer be freed, if the options ask for them.
    pub leaks: bool,
    /// Cycles that threads could repeat forever. A search that cannot see livelocks is cut off by such a
    /// cycle, and does not say what it was.
    pub livelocks: bool,
}

impl EngineKind {
    /// The values of `--engine`: the explorer, whose search is a separate option, then the machine's engines.
    pub fn of_check() -> impl Iterator<Item = EngineKind> {
        let of_machine = WorldEngine::ALL.into_iter().map(EngineKind::World);
        [EngineKind::Explorer(Search::default())].into_iter().chain(of_machine)
    }

    /// The name that `--engine` uses.
    pub fn name(self) -> &'static str {
        match self {
            EngineKind::Explorer(_) => "explorer",
            EngineKind::Fuzz(_) => "fuzz",
            EngineKind::World(engine) => engine.name(),
            EngineKind::Replay => "replay",
        }
    }

    /// What it does, in one line.
    pub fn summary(self) -> &'static str {
        match self {
            EngineKind::Explorer(_) => "Searches every execution of the reference",
            EngineKind::Fuzz(_) => "Draws executions of the reference at random",
            EngineKind::World(engine) => engine.summary(),
            EngineKind::Replay => "Repeats one execution from its schedule",
        }
    }

    /// Whether this build has it.
    pub fn is_built(self) -> bool {
        match self {
            EngineKind::World(engine) => engine.is_built(),
            EngineKind::Explorer(_) | EngineKind::Fuzz(_) | EngineKind::Replay => true,
        }
    }

    /// Whether it ends without a bound, if the program does.
    pub fn ends_by_itself(self) -> bool {
        match self {
            EngineKind::Explorer(_) | EngineKind::Replay => true,
            EngineKind::Fuzz(_) => false,
            EngineKind::World(engine) => engine.ends_by_itself(),
        }
    }

    /// Whether it drives the reference, which is right by definition, and not the machine. For a replay,
    /// it does not see which of the two is driven.
    pub fn drives_reference(self) -> bool {
        matches!(self, EngineKind::Explorer(_) | EngineKind::Fuzz(_))
    }

    /// What it counts as an execution.
    pub fn counts(self) -> Counted {
        match self {
            EngineKind::Explorer(Search::Traces) => Counted::Traces,
            EngineKind::Explorer(Search::Graphs) => Counted::Graphs,
            EngineKind::Explorer(Search::States | Search::Preemptions) => Counted::Paths,
            _ => Counted::Runs,
        }
    }

    /// What it can see under a memory model; `None` stands for an engine's own memory model.
    pub fn sees(self, model: Option<MemoryModel>) -> Sees {
        let is_weak = matches!(model, Some(MemoryModel::Rc11 | MemoryModel::C20));
        Sees {
            weak_memory: is_weak
                || matches!(self, EngineKind::World(WorldEngine::Heddle | WorldEngine::Loom)),
            races: self.drives_reference(),
            leaks: self.drives_reference(),
            livelocks: matches!(self, EngineKind::Explorer(Search::States | Search::Graphs)),
        }
    }
}

impl fmt::Display for EngineKind {
    /// The name with the search or the strategy: `explorer, traces`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            EngineKind::Explorer(Search::Auto) => Ok(()),
            EngineKind::Explorer(search) => write!(f, ", {}", search.name()),
            EngineKind::Fuzz(strategy) => write!(f, ", {strategy}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_reports_have_always_had() {
        for (kind, name) in [
            (EngineKind::Explorer(Search::Auto), "explorer"),
            (EngineKind::Explorer(Search::Traces), "explorer, traces"),
            (EngineKind::Explorer(Search::Graphs), "explorer, graphs"),
            (EngineKind::Fuzz(Strategy::Pos), "fuzz, pos"),
            (EngineKind::Fuzz(Strategy::Pct { depth: 3 }), "fuzz, pct:3"),
            (EngineKind::World(WorldEngine::ShuttlePct), "shuttle-pct"),
        ] {
            assert_eq!(kind.to_string(), name);
        }
    }

    #[test]
    fn a_weak_model_is_what_lets_the_reference_show_weak_orders() {
        let graphs = EngineKind::Explorer(Search::Graphs);
        assert!(graphs.sees(Some(MemoryModel::Rc11)).weak_memory);
        assert!(!graphs.sees(Some(MemoryModel::Sc)).weak_memory);
        assert!(EngineKind::World(WorldEngine::Loom).sees(None).weak_memory);
        assert!(!EngineKind::World(WorldEngine::Stress).sees(None).weak_memory);
    }
}
