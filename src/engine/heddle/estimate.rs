//! An estimate of how many executions a search will run.

use std::fmt;
use std::panic::Location;
use std::time::{Duration, Instant};

use super::super::search::Search;
use super::super::{Body, Probe, World};
use super::Heddle;
use super::execution::{judge, run_body};
use crate::session::{self, Chance, Detail};

/// How many executions a body has, as far as random walks can tell.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub struct Estimate {
    /// The number of executions: the mean of the walks.
    pub executions: f64,
    /// The standard error of that mean. The walks find few of the executions that are many but hard to
    /// come to, so the truth is more often above than below.
    pub error: f64,
    /// How long all executions would take on one core.
    pub time: Duration,
    /// How many walks were made.
    pub walks: u32,
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Estimate { executions, error, time, walks } = self;
        write!(
            f,
            "about {executions:.0} executions (standard error {error:.0} of {walks} walks), {time:.1?}"
        )
    }
}

impl Heddle {
    /// Estimates how many executions a search of `body` will run, by random walks down the tree of executions.
    ///
    /// `None` if a walk cannot be made: if the body is seen not to repeat itself, or if the system has no memory
    /// for a stack. Does not see: a body that repeats itself during each walk and not from one walk to the next.
    #[track_caller]
    pub fn estimate(&self, body: Body, seed: u64, walks: u32) -> Option<Estimate> {
        let location = Location::caller();
        let search = Search::new(World::Heddle.name(), body, 0, Probe::default(), None);
        let mut runs = self.runs();
        let (mut sum, mut squares) = (0.0, 0.0);
        let begin = Instant::now();
        for walk in 0..walks {
            let prepare = || {
                let session = search.session_again(Detail::Counts);
                session::attach(&session);
                let run = run_body(&search.body, session.clone(), location);
                (run, move |end| judge(end, &session))
            };
            let chance = Chance::new(seed ^ u64::from(walk).rotate_left(32));
            let found = runs.descend(chance, prepare);
            session::detach();
            let found = found.ok()??;
            sum += found;
            squares += found * found;
        }
        let count = f64::from(walks.max(1));
        let mean = sum / count;
        let variance = (squares / count - mean * mean).max(0.0);
        let time = begin.elapsed().as_secs_f64() / count * mean;
        Some(Estimate {
            executions: mean,
            error: (variance / count).sqrt(),
            time: Duration::try_from_secs_f64(time).unwrap_or(Duration::MAX),
            walks,
        })
    }
}
