//! Rounds: a part of a list that comes again and again.

use std::ops::Range;

/// How often a part comes at least, to be one that comes again and again.
const TIMES_MIN: usize = 4;

/// The longest round that is found.
const ROUND_MAX: usize = 32;

/// A part of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// The first time that it comes.
    pub(super) first: Range<usize>,
    /// How often it comes, one time after the other.
    pub(super) times: usize,
}

/// The parts that a list consists of: rounds, and all that lies between them, item by item.
pub(super) fn stretches<T: PartialEq>(items: &[T]) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    let mut start = 0;
    while start < items.len() {
        let round = |&length: &usize| times(&items[start..], length) >= TIMES_MIN;
        let length = (1..=ROUND_MAX).find(round).unwrap_or(1);
        let times = times(&items[start..], length);
        let times = if times < TIMES_MIN { 1 } else { times };
        stretches.push(Stretch { first: start..start + length, times });
        start += length * times;
    }
    stretches
}

/// How often the first `length` items of a list come, one time after the other.
fn times<T: PartialEq>(items: &[T], length: usize) -> usize {
    let round = items.get(..length);
    items.chunks_exact(length).take_while(|&chunk| Some(chunk) == round).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(items: &str) -> Vec<(&str, usize)> {
        let bytes = items.as_bytes();
        stretches(bytes).into_iter().map(|it| (&items[it.first], it.times)).collect()
    }

    #[test]
    fn rounds_are_found_between_other_items() {
        let found = [("x", 1), ("ab", 5), ("y", 1), ("z", 4)];
        assert_eq!(of("xabababababyzzzz"), found);
    }

    #[test]
    fn few_repetitions_are_no_rounds() {
        assert_eq!(of("ababab").len(), 6);
        assert_eq!(of(""), []);
    }
}
