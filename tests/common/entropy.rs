//! Decisions for generators: a list of numbers that proptest makes and shrinks.
//!
//! When the list is used up every decision is the first alternative, so generators put what ends
//! their work, and what is simplest, first.
#![allow(dead_code)] // each test crate that includes this uses a part of it

/// Decisions not yet made.
pub(crate) struct Entropy<'e> {
    numbers: std::slice::Iter<'e, u32>,
}

impl<'e> Entropy<'e> {
    pub(crate) fn new(numbers: &'e [u32]) -> Self {
        Entropy { numbers: numbers.iter() }
    }

    /// A number below `bound`, which is not 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.numbers.next().map_or(0, |&number| number as usize % bound)
    }

    /// True once in `times`.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    /// One of these.
    pub(crate) fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.below(from.len())]
    }
}
