//! The executions that a scheduler wants, as a value. Public as far as the type system asks for it, and nameable
//! nowhere else: so a scheduler is one of ours.

use drawloom::engine::HeddleSchedule;
use drawloom::engine::heddle::Strategy;

/// A scheduler.
pub trait Planned {
    /// The executions that it wants.
    fn plan(&self) -> Plan;
}

impl<S: Planned + ?Sized> Planned for Box<S> {
    fn plan(&self) -> Plan {
        (**self).plan()
    }
}

/// The executions that are to be run.
#[derive(Clone, Debug)]
pub enum Plan {
    /// Every one, or as many as the limit allows.
    Every {
        /// The limit.
        executions_max: Option<usize>,
        /// The seed of the body's random numbers, if it may draw some.
        numbers: Option<u64>,
    },
    /// So many, drawn at random.
    Drawn {
        /// How they are drawn.
        draw: Draw,
        /// How many they are.
        executions: usize,
        /// The seed of all random choices, those of the body included.
        seed: u64,
    },
    /// One.
    Again(HeddleSchedule),
}

/// How executions are drawn.
#[derive(Clone, Copy, Debug)]
pub enum Draw {
    /// By a random walk.
    Random,
    /// By a uniform random walk.
    Urw,
    /// By probabilistic concurrency testing.
    Pct {
        /// The depth of the bugs that are looked for.
        depth: u32,
    },
}

impl Draw {
    pub(crate) fn with_seed(self, seed: u64) -> Strategy {
        match self {
            Draw::Random => Strategy::Random { seed },
            Draw::Urw => Strategy::Urw { seed },
            Draw::Pct { depth } => Strategy::Pct { depth, seed },
        }
    }
}
