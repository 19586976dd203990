//! Random orders, the same in every version for a seed.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::Rng;

/// The numbers below `len` in random order.
pub(crate) fn shuffled(len: usize, chance: &mut Xoshiro256PlusPlus) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    for last in (1..len).rev() {
        let other = chance.next_u64() % (last as u64 + 1);
        order.swap(last, usize::try_from(other).expect("it is at most `last`"));
    }
    order
}
