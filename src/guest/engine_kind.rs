//! Which engine has searched, as a value: whoever decides something by the engine asks this one.
//!
//! The names are made here, for people and for `--engine`; nothing reads them back.

use std::fmt;

use super::MemoryModel;
use super::strategy::Strategy;
pub use crate::verdict::WorldEngine;

/// How the explorer searches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Search {
    /// Those that fit the memory model in turn, until one comes to its end.
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
    /// All of them.
    pub const ALL: [Search; 5] =
        [Search::Auto, Search::Traces, Search::States, Search::Preemptions, Search::Graphs];

    /// As `--search` has it.
    pub fn name(self) -> &'static str {
        self.words().0
    }

    /// What it does, in a line.
    pub fn summary(self) -> &'static str {
        self.words().1
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Search::Auto => {
                ("auto", "Those that fit the memory model in turn, until one comes to its end")
            }
            Search::Traces => ("traces", "Once for each order of the operations that matters (sc)"),
            Search::States => ("states", "Every state once; finds livelocks (sc)"),
            Search::Preemptions => {
                ("preemptions", "Executions with the fewest preemptions first (sc); proves nothing")
            }
            Search::Graphs => {
                ("graphs", "Once for each execution graph, under any memory model; finds livelocks")
            }
        }
    }
}

/// An engine for guest programs, with the search or the strategy where it has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    /// The explorer, by this search; [`Search::Auto`] if none of them has answered.
    Explorer(Search),
    /// Executions of the reference by chance.
    Fuzz(Strategy),
    /// The machine, driven by an engine of the world that it runs in.
    World(WorldEngine),
    /// One execution again, from its schedule, by whichever engine had found it.
    Replay,
}

/// What an engine counts as one execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Orders of the operations that matter, each once: Mazurkiewicz traces.
    Traces,
    /// Execution graphs, each once.
    Graphs,
    /// Ways through the states.
    Paths,
    /// Runs, of which several may be alike.
    Runs,
}

/// What an engine can tell apart, whatever else cuts its search off.
#[expect(clippy::struct_excessive_bools, reason = "each is something that one may see or not")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sees {
    /// Outcomes that need orders weaker than sequential consistency.
    pub weak_memory: bool,
    /// Data races between the guest's plain accesses.
    pub races: bool,
    /// Threads that nobody waited for, and memory that nobody can free, if they are asked for.
    pub leaks: bool,
    /// Circles that threads could go round for ever. Another search is cut off by such a circle, if it
    /// comes to it, and does not say what it was.
    pub livelocks: bool,
}

impl EngineKind {
    /// Those that `--engine` names: the explorer, whose search is chosen besides, then the machine's.
    pub fn of_check() -> impl Iterator<Item = EngineKind> {
        let of_machine = WorldEngine::ALL.into_iter().map(EngineKind::World);
        [EngineKind::Explorer(Search::default())].into_iter().chain(of_machine)
    }

    /// As `--engine` has it.
    pub fn name(self) -> &'static str {
        match self {
            EngineKind::Explorer(_) => "explorer",
            EngineKind::Fuzz(_) => "fuzz",
            EngineKind::World(engine) => engine.name(),
            EngineKind::Replay => "replay",
        }
    }

    /// What it does, in a line.
    pub fn summary(self) -> &'static str {
        match self {
            EngineKind::Explorer(_) => "Every execution, driving the reference",
            EngineKind::Fuzz(_) => "Executions by chance, driving the reference",
            EngineKind::World(engine) => engine.summary(),
            EngineKind::Replay => "One execution again, from its schedule",
        }
    }

    /// Whether this build has it.
    pub fn is_built(self) -> bool {
        match self {
            EngineKind::World(engine) => engine.is_built(),
            EngineKind::Explorer(_) | EngineKind::Fuzz(_) | EngineKind::Replay => true,
        }
    }

    /// Whether it comes to an end when nobody bounds it, if the program does.
    pub fn ends_by_itself(self) -> bool {
        match self {
            EngineKind::Explorer(_) | EngineKind::Replay => true,
            EngineKind::Fuzz(_) => false,
            EngineKind::World(engine) => engine.ends_by_itself(),
        }
    }

    /// Whether it drives the reference, which is right by definition, and not the machine. It does not
    /// see which of the two a replay drives.
    pub fn drives_reference(self) -> bool {
        matches!(self, EngineKind::Explorer(_) | EngineKind::Fuzz(_))
    }

    /// What its executions are.
    pub fn counts(self) -> Counted {
        match self {
            EngineKind::Explorer(Search::Traces) => Counted::Traces,
            EngineKind::Explorer(Search::Graphs) => Counted::Graphs,
            EngineKind::Explorer(Search::States | Search::Preemptions) => Counted::Paths,
            _ => Counted::Runs,
        }
    }

    /// What it can see under a memory model; `None` where it has its own ideas of one.
    pub fn sees(self, model: Option<MemoryModel>) -> Sees {
        let is_weak = matches!(model, Some(MemoryModel::Rc11 | MemoryModel::C20));
        Sees {
            weak_memory: is_weak || self == EngineKind::World(WorldEngine::Loom),
            races: self.drives_reference(),
            leaks: self.drives_reference(),
            livelocks: matches!(self, EngineKind::Explorer(Search::States | Search::Graphs)),
        }
    }
}

impl fmt::Display for EngineKind {
    /// With the search or the strategy: `explorer, traces`.
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
