//! Repeatable random numbers: those of an execution follow from the seed and the execution's number.
//!
//! So an execution is the same whichever worker runs it, and whichever executions run before it.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

use crate::sample::Chance;

/// The random numbers of one execution.
pub(super) struct Numbers(Xoshiro256PlusPlus);

impl Numbers {
    /// The generator for the execution with this number.
    pub(super) fn of_execution(seed: u64, number: u64) -> Self {
        // Seeds and numbers are small; an odd factor keeps (1, 2) apart from (2, 1).
        const SPREAD: u64 = 0x9E6C_63D0_876A_3F6B;
        Numbers(Xoshiro256PlusPlus::seed_from_u64(seed.wrapping_mul(SPREAD) ^ number))
    }
}

impl Chance for Numbers {
    fn word(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn below(&mut self, limit: u64) -> u64 {
        debug_assert!(limit > 0, "there is nothing below 0");
        ((u128::from(self.word()) * u128::from(limit)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::ThreadId;

    fn words(seed: u64, number: u64) -> Vec<u64> {
        let mut chance = Numbers::of_execution(seed, number);
        (0..4).map(|_| chance.word()).collect()
    }

    #[test]
    fn an_execution_draws_the_same_again_and_others_draw_something_else() {
        assert_eq!(words(1, 2), words(1, 2));
        assert_ne!(words(1, 2), words(2, 1));
        assert_ne!(words(1, 2), words(1, 3));
    }

    #[test]
    fn every_thread_of_a_set_comes_up_about_as_often() {
        let threads = [0, 5, 7].map(ThreadId);
        let mut chance = Numbers::of_execution(7, 7);
        let mut counts = [0; 8];
        for _ in 0..3000 {
            counts[chance.one_of(threads.into_iter()).0 as usize] += 1;
        }
        for (count, thread) in counts.into_iter().zip(0..) {
            let is_one = threads.contains(&ThreadId(thread));
            let expected = if is_one { 850..1150 } else { 0..1 };
            assert!(expected.contains(&count), "thread {thread} came up {count} times");
        }
    }
}
