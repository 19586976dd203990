//! Two ways of doing the same, side by side: they take turns in one process, in random order within
//! each round, and what counts is the ratio of the two times of one round. A load on the machine that
//! lasts longer than a round then slows both down, and the median over the rounds forgets the rest.
#![allow(dead_code)] // each benchmark that includes this uses a part of it

use std::fmt;
use std::time::{Duration, Instant};

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// Ratios of times, `ours` over `theirs`, of so many rounds.
pub(crate) struct Comparison {
    ratios: Vec<f64>,
    ours: Vec<Duration>,
    theirs: Vec<Duration>,
}

/// Does both so many times. Each call should take a millisecond or more.
pub(crate) fn compare(
    rounds: usize,
    mut ours: impl FnMut(),
    mut theirs: impl FnMut(),
) -> Comparison {
    let mut chance = Xoshiro256PlusPlus::seed_from_u64(rounds as u64);
    let mut it = Comparison { ratios: Vec::new(), ours: Vec::new(), theirs: Vec::new() };
    ours();
    theirs();
    for _ in 0..rounds {
        let (our_time, their_time);
        if chance.next_u64() & 1 == 0 {
            our_time = timed(&mut ours);
            their_time = timed(&mut theirs);
        } else {
            their_time = timed(&mut theirs);
            our_time = timed(&mut ours);
        }
        it.ratios.push(our_time.as_secs_f64() / their_time.as_secs_f64());
        it.ours.push(our_time);
        it.theirs.push(their_time);
    }
    it.ratios.sort_by(f64::total_cmp);
    it.ours.sort();
    it.theirs.sort();
    it
}

fn timed(work: &mut impl FnMut()) -> Duration {
    let begin = Instant::now();
    work();
    begin.elapsed()
}

impl Comparison {
    /// The ratios that such shares of the rounds do not exceed.
    pub(crate) fn quantiles<const N: usize>(&self, shares: [f64; N]) -> [f64; N] {
        let last = self.ratios.len() - 1;
        shares.map(|share| self.ratios[(share * last as f64).round() as usize])
    }
}

/// Cells of a table: median ratio, the ratios of the middle half of the rounds, median times.
impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [low, middle, high] = self.quantiles([0.25, 0.5, 0.75]);
        let half = self.ratios.len() / 2;
        let (ours, theirs) = (self.ours[half], self.theirs[half]);
        write!(f, "{middle:.3} | {low:.3} to {high:.3} | {ours:.1?} | {theirs:.1?}")
    }
}
