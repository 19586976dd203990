//! The settings of a search, and which engines take them.

use super::{EngineKind, Search, WorldEngine};

/// A setting of a search that not every engine takes. Settings that are not listed here, such as a
/// number of executions, a time or the limit of a stack, apply to every engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// The memory model.
    Memory,
    /// The explorer's search.
    Search,
    /// The limit on visible operations in one execution.
    MaxSteps,
    /// The limit on a thread's machine steps between two visible operations.
    LocalSteps,
    /// The limit on the program's memory.
    Heap,
    /// Lets waits end, and weak compare-exchanges fail, without a cause.
    Spurious,
    /// Makes threads that are never joined, and memory that can no longer be freed, violations.
    Leaks,
    /// The seed of all random choices.
    Seed,
    /// The number of cores.
    Jobs,
    /// How long one execution on real threads may take.
    Watchdog,
    /// The file for the schedule of a violation, for engines that can replay one.
    Save,
}

impl Setting {
    /// All settings.
    pub const ALL: [Setting; 11] = [
        Setting::Memory,
        Setting::Search,
        Setting::MaxSteps,
        Setting::LocalSteps,
        Setting::Heap,
        Setting::Spurious,
        Setting::Leaks,
        Setting::Seed,
        Setting::Jobs,
        Setting::Watchdog,
        Setting::Save,
    ];

    /// The name of the option, without the dashes.
    pub fn name(self) -> &'static str {
        match self {
            Setting::Memory => "memory",
            Setting::Search => "search",
            Setting::MaxSteps => "max-steps",
            Setting::LocalSteps => "local-steps",
            Setting::Heap => "heap",
            Setting::Spurious => "spurious",
            Setting::Leaks => "leaks",
            Setting::Seed => "seed",
            Setting::Jobs => "jobs",
            Setting::Watchdog => "watchdog",
            Setting::Save => "save",
        }
    }

    /// The engines of `--engine` that take it, as a list for people; with the searches, if the explorer
    /// does not take it for all of them.
    pub fn takers(self) -> String {
        let of_search: Vec<&str> = Search::ALL
            .into_iter()
            .filter(|&search| EngineKind::Explorer(search).takes(self))
            .map(Search::name)
            .collect();
        let taker = |kind: EngineKind| match (kind, of_search.len()) {
            (EngineKind::Explorer(_), 0) => None,
            (EngineKind::Explorer(_), some) if some < Search::ALL.len() => {
                Some(format!("{} (--search {})", kind.name(), of_search.join(", ")))
            }
            _ => kind.takes(self).then(|| kind.name().to_owned()),
        };
        let takers: Vec<String> = EngineKind::of_check().filter_map(taker).collect();
        takers.join(", ")
    }
}

impl Setting {
    /// The settings that the engines of the machine take. The machine has one memory model in each
    /// world, and limits of its own for steps and memory; its waits never end without a cause.
    pub(super) const OF_MACHINE: [(WorldEngine, &'static [Setting]); 7] = [
        (WorldEngine::Heddle, &[Setting::Save]),
        (WorldEngine::Loom, &[]),
        (WorldEngine::ShuttleRandom, &[Setting::Seed, Setting::Save]),
        (WorldEngine::ShuttlePct, &[Setting::Seed, Setting::Save]),
        (WorldEngine::ShuttleUrw, &[Setting::Seed, Setting::Save]),
        (WorldEngine::ShuttleDfs, &[Setting::Save]),
        (WorldEngine::Stress, &[Setting::Seed, Setting::Watchdog]),
    ];
}

impl EngineKind {
    /// Whether the engine takes a setting. A setting without an effect on the engine is refused if the
    /// user asks for it.
    pub fn takes(self, setting: Setting) -> bool {
        match self {
            EngineKind::Explorer(search) => match setting {
                // The other searches are limited to one core.
                Setting::Jobs => matches!(search, Search::Auto | Search::States | Search::Graphs),
                // Nothing is drawn at random, and nothing happens in real time.
                Setting::Seed | Setting::Watchdog => false,
                _ => true,
            },
            EngineKind::Fuzz(_) => !matches!(setting, Setting::Search | Setting::Watchdog),
            EngineKind::World(engine) => Setting::OF_MACHINE
                .iter()
                .any(|&(of, takes)| of == engine && takes.contains(&setting)),
            EngineKind::Replay => {
                matches!(setting, Setting::LocalSteps | Setting::Heap | Setting::Spurious)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_takes_a_setting_is_told_with_the_searches() {
        assert_eq!(Setting::Leaks.takers(), "explorer");
        assert_eq!(Setting::Watchdog.takers(), "stress");
        assert_eq!(Setting::Jobs.takers(), "explorer (--search auto, states, graphs)");
        let drawn = "shuttle-random, shuttle-pct, shuttle-urw, stress";
        assert_eq!(Setting::Seed.takers(), drawn);
    }

    #[test]
    fn an_engine_of_the_machine_takes_a_seed_if_it_draws() {
        assert_eq!(Setting::OF_MACHINE.map(|(engine, _)| engine), WorldEngine::ALL);
        for (engine, takes) in Setting::OF_MACHINE {
            assert_eq!(takes.contains(&Setting::Seed), engine.draws(), "{engine}");
        }
    }

    #[test]
    fn somebody_takes_each() {
        for setting in Setting::ALL {
            assert!(!setting.takers().is_empty(), "{setting:?}");
        }
    }
}
