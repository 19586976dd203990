//! Checks the machine: guest programs run in the worlds, by our own engine, loom, shuttle
//! and real threads.
//!
//! Every execution is one run of the machine that `drawloom run` uses, compiled for the world of the
//! engine. Its outcome is counted; an uncaught trap is a violation. So these engines check two things at
//! once, the program and the machine under it, and their outcomes are [compared](super::comparison) with
//! what the reference allows.
//!
//! | name | schedules | ends by itself | sees weak orderings | replays |
//! |---|---|---|---|---|
//! | `heddle` | all | yes, if the program does | yes | yes |
//! | `loom` | all that loom looks at, for at most four guest threads | yes | yes | no |
//! | `shuttle-dfs` | all, depth first | yes, if the program does | no | yes |
//! | `shuttle-random`, `-pct`, `-urw` | random ones | no | no | yes |
//! | `stress` | what this computer does | no | hardly | no |
//!
//! An engine that does not end by itself continues until
//! [`executions_max`](super::Options::executions_max) or its [`Control`](super::Control) stops it. The
//! machine does not see: data races between plain accesses, which it defines; leaked threads; and
//! whether a wakeup was lost or never sent, since both are deadlocks to it. Its traces do not have the
//! guest's instructions either: the steps are operations of the machine, named after the guest's cells
//! if they work on them. Their places are in the machine's source, not in the program.
//!
//! | file | what |
//! |---|---|
//! | `world` | the differences between the worlds: where a program runs |
//! | `room` | how much memory a program gets |
//! | `collector` | one execution, and its result |
//! | `search` | an engine's search, from the first execution to the findings |
//! | `steps` | the machine's events as steps of the program |
//! | `heddle`, `loom`, `shuttle`, `stress` | the engines |

mod collector;
#[cfg(feature = "heddle")]
mod heddle;
#[cfg(feature = "loom")]
mod loom;
mod room;
mod search;
#[cfg(feature = "shuttle")]
mod shuttle;
mod steps;
mod stress;
mod world;

#[cfg(feature = "heddle")]
pub use heddle::GuestHeddle;
#[cfg(feature = "heddle")]
pub(super) use heddle::replay as replay_heddle;
#[cfg(feature = "loom")]
pub use loom::GuestLoom;
#[cfg(feature = "shuttle")]
pub(super) use shuttle::replay as replay_shuttle;
#[cfg(feature = "shuttle")]
pub use shuttle::{GuestShuttle, Policy};
pub use stress::GuestStress;

use super::{GuestEngine, Options, WorldEngine};

/// An engine of the machine.
struct Row {
    engine: WorldEngine,
    /// Makes the engine with its defaults and these options; `None` if this build lacks it.
    make: Option<Make>,
}

type Make = fn(Options) -> Box<dyn GuestEngine>;

/// The function that makes an engine, in a build with this feature.
macro_rules! built_with {
    ($feature:literal, $make:expr) => {{
        #[cfg(feature = $feature)]
        {
            Some($make)
        }
        #[cfg(not(feature = $feature))]
        {
            None
        }
    }};
}

/// All engines, in the order of [`WorldEngine::ALL`]. The machine has one memory model in each world,
/// and limits of its own for steps and memory; its waits never end without a cause.
const ENGINES: [Row; 7] = [
    Row {
        engine: WorldEngine::Heddle,
        make: built_with!("heddle", |it| Box::new(GuestHeddle::new(it))),
    },
    Row { engine: WorldEngine::Loom, make: built_with!("loom", |it| Box::new(GuestLoom::new(it))) },
    Row {
        engine: WorldEngine::ShuttleRandom,
        make: built_with!("shuttle", |it| Box::new(GuestShuttle::new(Policy::Random, it))),
    },
    Row {
        engine: WorldEngine::ShuttlePct,
        make: built_with!("shuttle", |it| {
            Box::new(GuestShuttle::new(Policy::Pct { depth: 3 }, it))
        }),
    },
    Row {
        engine: WorldEngine::ShuttleUrw,
        make: built_with!("shuttle", |it| Box::new(GuestShuttle::new(Policy::Urw, it))),
    },
    Row {
        engine: WorldEngine::ShuttleDfs,
        make: built_with!("shuttle", |it| Box::new(GuestShuttle::new(Policy::Dfs, it))),
    },
    Row { engine: WorldEngine::Stress, make: Some(|it| Box::new(GuestStress::new(it))) },
];

/// An engine of this module, with these options and otherwise its defaults; `None` if this build lacks it.
pub fn engine(engine: WorldEngine, options: Options) -> Option<Box<dyn GuestEngine>> {
    let row = ENGINES.iter().find(|row| row.engine == engine)?;
    Some(row.make?(options))
}

/// All engines of this build.
pub fn engines(options: Options) -> Vec<Box<dyn GuestEngine>> {
    ENGINES.iter().filter_map(|row| Some(row.make?(options))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_every_engine_once() {
        assert_eq!(ENGINES.each_ref().map(|row| row.engine), WorldEngine::ALL);
        for row in ENGINES {
            let made = engine(row.engine, Options::default());
            assert_eq!(made.is_some(), row.engine.is_built(), "{}", row.engine);
            assert!(made.is_none_or(|it| it.name() == row.engine.name()), "{}", row.engine);
        }
    }
}
