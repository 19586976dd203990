//! Which executions are run.

use std::path::Path;
use std::{env, fs, io};

use drawloom::engine::HeddleSchedule;

use crate::plan::{Draw, Plan, Planned};

/// The variable with the seed of schedulers that draw.
pub(crate) const SEED: &str = "SHUTTLE_RANDOM_SEED";

/// What a [`Runner`](crate::Runner) can be made of: one of the schedulers here. Others cannot be written.
pub trait Scheduler: Planned {}

impl<S: Planned> Scheduler for S {}

/// The seed in the environment.
///
/// # Panics
/// It is not a number.
fn seed_asked_for() -> Option<u64> {
    let text = env::var(SEED).ok()?;
    Some(text.parse().unwrap_or_else(|error| panic!("{SEED} is not a seed: {error}: {text}")))
}

/// The seed unless another one is given: every run draws the same.
pub(crate) fn default_seed() -> u64 {
    seed_asked_for().unwrap_or(1)
}

macro_rules! drawing {
    ($(#[$meta:meta])* $name:ident: $draw:expr) => {
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub struct $name {
            executions: usize,
            seed: u64,
        }

        impl $name {
            /// For so many executions, with the seed in `SHUTTLE_RANDOM_SEED`, or always the same.
            pub fn new(max_iterations: usize) -> Self {
                $name { executions: max_iterations, seed: default_seed() }
            }

            /// For so many executions, with the seed in `SHUTTLE_RANDOM_SEED`, or this one.
            pub fn new_from_seed(seed: u64, max_iterations: usize) -> Self {
                let seed = seed_asked_for().unwrap_or(seed);
                $name { executions: max_iterations, seed }
            }
        }

        impl Planned for $name {
            fn plan(&self) -> Plan {
                let $name { executions, seed } = *self;
                Plan::Drawn { draw: $draw, executions, seed }
            }
        }
    };
}

drawing! {
    /// Draws executions by a random walk.
    RandomScheduler: Draw::Random
}

drawing! {
    /// Draws executions by a uniform random walk.
    UrwRandomScheduler: Draw::Urw
}

/// Draws executions by probabilistic concurrency testing.
#[derive(Clone, Debug)]
pub struct PctScheduler {
    depth: u32,
    executions: usize,
    seed: u64,
}

impl PctScheduler {
    /// For bugs of this depth and so many executions, with the seed in `SHUTTLE_RANDOM_SEED`, or always the same.
    ///
    /// # Panics
    /// The depth is 0.
    pub fn new(max_depth: usize, max_iterations: usize) -> Self {
        Self::new_from_seed(default_seed(), max_depth, max_iterations)
    }

    /// For bugs of this depth and so many executions, with the seed in `SHUTTLE_RANDOM_SEED`, or this one.
    ///
    /// # Panics
    /// The depth is 0.
    pub fn new_from_seed(seed: u64, max_depth: usize, max_iterations: usize) -> Self {
        assert!(max_depth > 0, "the depth of a bug is at least 1");
        let depth = u32::try_from(max_depth).unwrap_or(u32::MAX);
        let seed = seed_asked_for().unwrap_or(seed);
        PctScheduler { depth, executions: max_iterations, seed }
    }
}

impl Planned for PctScheduler {
    fn plan(&self) -> Plan {
        let PctScheduler { depth, executions, seed } = *self;
        Plan::Drawn { draw: Draw::Pct { depth }, executions, seed }
    }
}

/// Runs every execution of the memory model, each once.
#[derive(Clone, Debug)]
pub struct DfsScheduler {
    executions_max: Option<usize>,
    may_draw: bool,
}

impl DfsScheduler {
    /// For at most so many executions. If the body may draw random numbers, they are the same in each of them; if it
    /// may not, and does, it fails.
    pub fn new(max_iterations: Option<usize>, allow_random_data: bool) -> Self {
        DfsScheduler { executions_max: max_iterations, may_draw: allow_random_data }
    }
}

impl Planned for DfsScheduler {
    fn plan(&self) -> Plan {
        let numbers = self.may_draw.then(default_seed);
        Plan::Every { executions_max: self.executions_max, numbers }
    }
}

/// Runs one execution again.
#[derive(Clone, Debug)]
pub struct ReplayScheduler(HeddleSchedule);

impl ReplayScheduler {
    /// For this schedule, as a failure shows it.
    ///
    /// # Panics
    /// The text is not such a schedule.
    #[track_caller]
    pub fn new_from_encoded(encoded_schedule: &str) -> Self {
        let text = encoded_schedule.trim();
        match text.parse() {
            Ok(schedule) => ReplayScheduler(schedule),
            Err(error) => panic!("this is not a schedule of drawloom: {error}: {text}"),
        }
    }

    /// For the schedule in this file.
    ///
    /// # Errors
    /// The file cannot be read.
    ///
    /// # Panics
    /// There is no schedule in it.
    #[track_caller]
    pub fn new_from_file<P: AsRef<Path>>(path: P) -> Result<Self, io::Error> {
        Ok(Self::new_from_encoded(&fs::read_to_string(path)?))
    }
}

impl Planned for ReplayScheduler {
    fn plan(&self) -> Plan {
        Plan::Again(self.0.clone())
    }
}
