//! Random numbers, as the strategies ask for them.

use crate::verdict::ThreadId;

/// Random numbers that can be drawn again.
pub(crate) trait Chance {
    /// A random word.
    fn word(&mut self) -> u64;

    /// A random number below the limit, which is not 0. The probabilities of two numbers differ by at
    /// most `limit` in 2^64.
    fn below(&mut self, limit: u64) -> u64;

    /// One of these threads, each equally likely; there is at least one.
    fn one_of(&mut self, mut threads: impl ExactSizeIterator<Item = ThreadId>) -> ThreadId {
        let index = self.below(threads.len() as u64) as usize;
        threads.nth(index).expect("the index is below the number of threads")
    }
}
