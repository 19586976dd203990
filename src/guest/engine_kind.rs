//! Which engine has searched, as a value: whoever decides something by the engine asks this one.
//!
//! The names are made here, for people and for `--engine`; nothing reads them back.

use std::fmt;

use super::explorer::{Explorer, Fuzz, Search, Strategy};
use super::machine;
use super::{GuestEngine, MemoryModel, Options, Setting};
pub use crate::engine::WorldEngine;

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

    /// The engine, with its options; the memory model is for those that have a choice. `None` if this
    /// build lacks it, and for a replay, which is no search.
    pub fn engine(self, model: MemoryModel, options: Options) -> Option<Box<dyn GuestEngine>> {
        let model = Some(model);
        match self {
            EngineKind::Explorer(search) => Some(Box::new(Explorer { model, search, options })),
            EngineKind::Fuzz(strategy) => {
                Some(Box::new(Fuzz { strategy, model, counts_states: false, options }))
            }
            EngineKind::World(engine) => machine::engine(engine, options),
            EngineKind::Replay => None,
        }
    }

    /// Whether it has a use for a setting. What has no effect on an engine is refused where somebody
    /// asks for it.
    pub fn takes(self, setting: Setting) -> bool {
        match self {
            EngineKind::Explorer(search) => match setting {
                // The others are on one core by their nature.
                Setting::Jobs => matches!(search, Search::Auto | Search::States | Search::Graphs),
                // Nothing is drawn, and nothing happens in real time.
                Setting::Seed | Setting::Watchdog => false,
                _ => true,
            },
            EngineKind::Fuzz(_) => !matches!(setting, Setting::Search | Setting::Watchdog),
            EngineKind::World(engine) => machine::takes(engine, setting),
            EngineKind::Replay => {
                matches!(setting, Setting::LocalSteps | Setting::Heap | Setting::Spurious)
            }
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
