//! Which executions a search runs, and what draws them.

use std::panic::Location;

use super::super::search::Search;
use super::execution::run;
use crate::runtime::sampler::{Sampler, Survey};
use crate::runtime::{self, End};
use crate::session::Detail;
use crate::verdict;

/// Which executions a search runs: every one, or as many as the limit allows, drawn at random.
///
/// A strategy chooses the thread that goes on, as [`verdict::Strategy`] describes it; its promise holds for that part
/// of the choice. The write that an operation reads is drawn from those that the memory model allows, each equally
/// likely. PCT, URW and SURW estimate the numbers of operations by a few random walks before the search, which
/// count as no executions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Strategy {
    /// Every one, each once.
    Every,
    /// Drawn by a random walk: each thread that can go on is equally likely to go on.
    Random {
        /// The seed of all random choices.
        seed: u64,
    },
    /// Drawn by probabilistic concurrency testing: priorities that change at some points.
    Pct {
        /// The number of ordering constraints that the bugs it looks for need; at least 1.
        depth: u32,
        /// The seed of all random choices.
        seed: u64,
    },
    /// Drawn by a uniform random walk: a thread in proportion to its remaining operations.
    Urw {
        /// The seed of all random choices.
        seed: u64,
    },
    /// Drawn by partial order sampling: a priority per operation, drawn anew after a conflict.
    Pos {
        /// The seed of all random choices.
        seed: u64,
    },
    /// Drawn by a selectively uniform random walk: as URW, for the operations on one object.
    Surw {
        /// The seed of all random choices.
        seed: u64,
    },
}

impl Strategy {
    /// The strategy and the seed by which executions are drawn, unless every one is run.
    fn drawn(self) -> Option<(verdict::Strategy, u64)> {
        match self {
            Strategy::Every => None,
            Strategy::Random { seed } => Some((verdict::Strategy::Random, seed)),
            Strategy::Pct { depth, seed } => Some((verdict::Strategy::Pct { depth }, seed)),
            Strategy::Urw { seed } => Some((verdict::Strategy::Urw, seed)),
            Strategy::Pos { seed } => Some((verdict::Strategy::Pos, seed)),
            Strategy::Surw { seed } => Some((verdict::Strategy::Surw, seed)),
        }
    }

    /// The seed, if executions are drawn.
    pub(super) fn seed(self) -> Option<u64> {
        self.drawn().map(|(_, seed)| seed)
    }

    /// What draws the executions, unless every one is run.
    pub(super) fn sampler(
        self,
        search: &Search,
        runs: &mut runtime::Search,
        location: &'static Location<'static>,
    ) -> Option<Sampler> {
        let (strategy, seed) = self.drawn()?;
        let mut survey = Survey::new(seed);
        while strategy.needs_estimate() && !surveyed(&survey, search, runs, location) {
            survey = Survey::new(seed);
        }
        Some(Sampler::new(strategy, &survey))
    }
}

/// Makes the walks of a survey. Does not report what is wrong in one: they count as no executions.
///
/// False if the survey must begin again, since operations are seen now that were not seen in the first walks.
fn surveyed(
    survey: &Survey,
    search: &Search,
    runs: &mut runtime::Search,
    location: &'static Location<'static>,
) -> bool {
    for walk in 0..Survey::WALKS {
        let session = search.session_again(Detail::Counts);
        let end = run(runs, &session, &search.body, Some(survey.guide(walk)), location);
        if matches!(end, Ok(Some(End::SeesTooLittle))) {
            return false;
        }
        // The search meets what is in the way here once more, and says so.
        if matches!(end, Err(_) | Ok(Some(End::Spent(_))))
            || session.stopped().or_else(|| session.wish_to_stop()).is_some()
        {
            break;
        }
    }
    true
}
