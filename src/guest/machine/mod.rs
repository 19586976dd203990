//! The machine under check: guest programs run in the worlds, by loom, shuttle and real threads.
//!
//! Every execution is one run of the machine that `drawloom run` uses, compiled for the world of
//! the engine. What it came to is counted; a trap that nothing caught is a violation. So these
//! engines check two things at once, the program and the machine under it, and what they find is
//! [compared](super::comparison) with what the reference allows.
//!
//! | name | schedules | ends by itself | sees weak orderings | replays |
//! |---|---|---|---|---|
//! | `loom` | all that loom looks at, for four guest threads at most | yes | yes | no |
//! | `shuttle-dfs` | all, depth first | yes, if the program does | no | yes |
//! | `shuttle-random`, `-pct`, `-urw` | by chance | no | no | yes |
//! | `stress` | what this computer does | no | hardly | no |
//!
//! An engine that does not end by itself goes on until
//! [`executions_max`](super::Options::executions_max) or its [`Control`](super::Control) stops it.
//! The machine does not see: data races between plain accesses, which it defines; leaked threads;
//! and whether a wakeup was lost or never sent, which is a deadlock to it. Instructions of the guest
//! are not in a trace either: its steps are operations of the machine, named after the guest's cells
//! where they work on those, and they have a place in the machine's source and none in the program.
//!
//! | file | what |
//! |---|---|
//! | `world` | what differs between the worlds: where a program runs |
//! | `room` | how much memory a program gets |
//! | `collector` | one execution, and what it came to |
//! | `search` | an engine's search from the first execution to the findings |
//! | `steps` | the machine's events as steps of the program |
//! | `loom`, `shuttle`, `stress` | the engines |

mod collector;
#[cfg(feature = "loom")]
mod loom;
mod room;
mod search;
#[cfg(feature = "shuttle")]
mod shuttle;
mod steps;
mod stress;
mod world;

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
    /// Makes it, with its defaults besides the options; `None` if this build lacks it.
    make: Option<Make>,
}

type Make = fn(Options) -> Box<dyn GuestEngine>;

/// What makes an engine, in a build with this feature.
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

/// All of them, in the order of [`WorldEngine::ALL`]. The machine has one memory model in each world, and
/// limits of its own for steps and memory; its waits never end without a cause.
const ENGINES: [Row; 6] = [
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

/// An engine of this module, with its defaults besides `options`; `None` if this build lacks it.
pub fn engine(engine: WorldEngine, options: Options) -> Option<Box<dyn GuestEngine>> {
    let row = ENGINES.iter().find(|row| row.engine == engine)?;
    Some(row.make?(options))
}

/// All that this build has.
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
