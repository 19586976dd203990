//! The engines that run code in a world, in one list.
//!
//! They search models, retold bugs, and the machine with a guest program. Their names are defined here.
//! Only the command line reads the names back, by comparing a word with the list.

use std::fmt;

use super::World;

/// An engine that runs code in a world, whatever the code is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum WorldEngine {
    /// Every execution, with weak memory, by our own search.
    Heddle,
    /// Interleavings and weak memory, by loom.
    Loom,
    /// shuttle, any runnable thread, equally likely.
    ShuttleRandom,
    /// shuttle, probabilistic concurrency testing.
    ShuttlePct,
    /// shuttle, uniform random walks.
    ShuttleUrw,
    /// shuttle, every schedule, depth first.
    ShuttleDfs,
    /// Real threads with random delays.
    Stress,
}

/// The facts about an engine.
struct Row {
    name: &'static str,
    column: &'static str,
    summary: &'static str,
    world: World,
    draws: bool,
    ends_by_itself: bool,
}

impl WorldEngine {
    /// All engines, whether or not this build has them, in the order that every table uses.
    pub const ALL: [WorldEngine; 7] = [
        WorldEngine::Heddle,
        WorldEngine::Loom,
        WorldEngine::ShuttleRandom,
        WorldEngine::ShuttlePct,
        WorldEngine::ShuttleUrw,
        WorldEngine::ShuttleDfs,
        WorldEngine::Stress,
    ];

    const fn row(self) -> Row {
        match self {
            WorldEngine::Heddle => Row {
                name: "heddle",
                column: "heddle",
                summary: "Every interleaving, with weak memory; of a guest program, those of the \
                          machine that runs it",
                world: World::Heddle,
                draws: false,
                ends_by_itself: true,
            },
            WorldEngine::Loom => Row {
                name: "loom",
                column: "loom",
                summary: "loom: interleavings and weak memory, for up to four threads of a guest \
                          program; leaves some executions out",
                world: World::Loom,
                draws: false,
                ends_by_itself: true,
            },
            WorldEngine::ShuttleRandom => Row {
                name: "shuttle-random",
                column: "random",
                summary: "shuttle: any thread that can run, equally likely",
                world: World::Shuttle,
                draws: true,
                ends_by_itself: false,
            },
            WorldEngine::ShuttlePct => Row {
                name: "shuttle-pct",
                column: "pct",
                summary: "shuttle: probabilistic concurrency testing",
                world: World::Shuttle,
                draws: true,
                ends_by_itself: false,
            },
            WorldEngine::ShuttleUrw => Row {
                name: "shuttle-urw",
                column: "urw",
                summary: "shuttle: uniform random walks",
                world: World::Shuttle,
                draws: true,
                ends_by_itself: false,
            },
            WorldEngine::ShuttleDfs => Row {
                name: "shuttle-dfs",
                column: "dfs",
                summary: "shuttle: every schedule, depth first",
                world: World::Shuttle,
                draws: false,
                ends_by_itself: true,
            },
            WorldEngine::Stress => Row {
                name: "stress",
                column: "stress",
                summary: "Real threads with random delays",
                world: World::Stress,
                draws: true,
                ends_by_itself: false,
            },
        }
    }

    /// The name that every option and every report uses.
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// A shorter name for the head of a narrow column.
    pub const fn column(self) -> &'static str {
        self.row().column
    }

    /// What it does, in one line.
    pub const fn summary(self) -> &'static str {
        self.row().summary
    }

    /// The world that it searches.
    pub const fn world(self) -> World {
        self.row().world
    }

    /// Whether this build has it.
    pub fn is_built(self) -> bool {
        self.world().is_built()
    }

    /// Whether it draws anything at random, so that a seed has an effect.
    pub const fn draws(self) -> bool {
        self.row().draws
    }

    /// Whether it ends without a bound, if the code does.
    pub const fn ends_by_itself(self) -> bool {
        self.row().ends_by_itself
    }
}

impl fmt::Display for WorldEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
