//! Which engine has searched, as a value: whoever decides something by the engine asks this one.
//!
//! The names are made here, for people and for `--engine`; nothing reads them back.

use std::fmt;

use super::MemoryModel;
use super::explorer::{Search, Strategy};

/// An engine for guest programs, with the search or the strategy where it has several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineKind {
    /// The explorer, by this search; [`Search::Auto`] if none of them has answered.
    Explorer(Search),
    /// Executions of the reference by chance.
    Fuzz(Strategy),
    /// loom drives the machine.
    Loom,
    /// shuttle drives the machine: any runnable thread, equally likely.
    ShuttleRandom,
    /// shuttle: probabilistic concurrency testing.
    ShuttlePct,
    /// shuttle: uniform random walks.
    ShuttleUrw,
    /// shuttle: schedules, depth first.
    ShuttleDfs,
    /// The machine on real threads.
    Stress,
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
    /// As `--engine` has it.
    pub fn name(self) -> &'static str {
        match self {
            EngineKind::Explorer(_) => "explorer",
            EngineKind::Fuzz(_) => "fuzz",
            EngineKind::Loom => "loom",
            EngineKind::ShuttleRandom => "shuttle-random",
            EngineKind::ShuttlePct => "shuttle-pct",
            EngineKind::ShuttleUrw => "shuttle-urw",
            EngineKind::ShuttleDfs => "shuttle-dfs",
            EngineKind::Stress => "stress",
            EngineKind::Replay => "replay",
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
            weak_memory: is_weak || self == EngineKind::Loom,
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
            (EngineKind::ShuttlePct, "shuttle-pct"),
        ] {
            assert_eq!(kind.to_string(), name);
        }
    }

    #[test]
    fn a_weak_model_is_what_lets_the_reference_show_weak_orders() {
        let graphs = EngineKind::Explorer(Search::Graphs);
        assert!(graphs.sees(Some(MemoryModel::Rc11)).weak_memory);
        assert!(!graphs.sees(Some(MemoryModel::Sc)).weak_memory);
        assert!(EngineKind::Loom.sees(None).weak_memory);
        assert!(!EngineKind::Stress.sees(None).weak_memory);
    }
}
