//! Sets of events as bits, and relations as one set per event.

use smallvec::SmallVec;

/// A set of numbers below a bound that is fixed when it is made; without an allocation if that is at most 128.
pub(crate) type Set = SmallVec<[u64; 2]>;

/// The empty set of numbers below `bound`.
pub(crate) fn empty(bound: usize) -> Set {
    let words = bound.div_ceil(64);
    if words <= 2 {
        SmallVec::from_buf_and_len([0; 2], words)
    } else {
        SmallVec::from_vec(vec![0; words])
    }
}

/// A set as bits.
pub(crate) trait Bits {
    fn add(&mut self, member: usize);
    fn exclude(&mut self, member: usize);
    fn has(&self, member: usize) -> bool;
    /// Adds the members of another set.
    fn join(&mut self, other: &[u64]);
    /// Adds the members that two other sets have in common.
    fn join_common(&mut self, one: &[u64], other: &[u64]);
    /// Adds the numbers from `first` to `end`, excluding `end`.
    fn insert_range(&mut self, first: usize, end: usize);
    /// The largest member from `first` to `end`, excluding `end`.
    fn last_in(&self, first: usize, end: usize) -> Option<usize>;
}

impl Bits for [u64] {
    fn add(&mut self, member: usize) {
        self[member / 64] |= 1 << (member % 64);
    }

    fn exclude(&mut self, member: usize) {
        self[member / 64] &= !(1 << (member % 64));
    }

    fn has(&self, member: usize) -> bool {
        self[member / 64] >> (member % 64) & 1 == 1
    }

    #[inline]
    fn join(&mut self, other: &[u64]) {
        for (mine, others) in self.iter_mut().zip(other) {
            *mine |= others;
        }
    }

    #[inline]
    fn join_common(&mut self, one: &[u64], other: &[u64]) {
        for ((mine, one), other) in self.iter_mut().zip(one).zip(other) {
            *mine |= one & other;
        }
    }

    #[inline]
    fn insert_range(&mut self, first: usize, end: usize) {
        let words = self.iter_mut().enumerate().take(end.div_ceil(64));
        for (at, word) in words.skip(first / 64) {
            *word |= mask(at, first, end);
        }
    }

    #[inline]
    fn last_in(&self, first: usize, end: usize) -> Option<usize> {
        (first / 64..end.div_ceil(64)).rev().find_map(|at| {
            let members = self[at] & mask(at, first, end);
            Some(at * 64 + members.checked_ilog2()? as usize)
        })
    }
}

/// The bits of the numbers from `first` to `end`, excluding `end`, in the word at this index.
fn mask(at: usize, first: usize, end: usize) -> u64 {
    let from = first.saturating_sub(at * 64);
    let to = end.saturating_sub(at * 64).min(64);
    if from >= to { 0 } else { u64::MAX >> (64 - (to - from)) << from }
}

/// For each of some numbers, a set.
#[derive(Debug)]
pub(crate) struct Relation {
    /// How many words a set has.
    words: usize,
    sets: Vec<u64>,
}

impl Relation {
    /// So many empty sets of numbers below `bound`.
    pub(crate) fn empty(count: usize, bound: usize) -> Self {
        let words = bound.div_ceil(64);
        Relation { words, sets: vec![0; count * words] }
    }

    pub(crate) fn of(&self, number: usize) -> &[u64] {
        &self.sets[number * self.words..][..self.words]
    }

    pub(crate) fn of_mut(&mut self, number: usize) -> &mut [u64] {
        &mut self.sets[number * self.words..][..self.words]
    }

    /// Whether a relation of so many numbers to each other has a cycle.
    pub(crate) fn has_cycle(mut self, count: usize) -> bool {
        for middle in 0..count {
            let reached = Set::from_slice(self.of(middle));
            for number in 0..count {
                let set = self.of_mut(number);
                if set.has(middle) {
                    set.join(&reached);
                }
            }
        }
        (0..count).any(|number| self.of(number).has(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relation(bound: usize, pairs: &[(usize, usize)]) -> Relation {
        let mut relation = Relation::empty(bound, bound);
        for &(from, to) in pairs {
            relation.of_mut(from).add(to);
        }
        relation
    }

    #[test]
    fn a_cycle_is_found_across_words() {
        assert!(!relation(130, &[(0, 129), (129, 64), (1, 64)]).has_cycle(130));
        assert!(relation(130, &[(0, 129), (129, 64), (64, 0)]).has_cycle(130));
        assert!(relation(1, &[(0, 0)]).has_cycle(1));
    }

    #[test]
    fn ranges_and_their_last_members_are_found_across_words() {
        for (first, end) in [(0, 0), (0, 1), (3, 64), (63, 66), (64, 128), (5, 130), (129, 130)] {
            let mut range = empty(130);
            range.insert_range(first, end);
            assert!((0..130).all(|it| range.has(it) == (first..end).contains(&it)));
            let last = |end: usize| (first < end).then(|| end - 1);
            assert_eq!(range.last_in(0, 130), last(end));
            assert_eq!(range.last_in(0, end.min(64)), last(end.min(64)));
            assert_eq!(range.last_in(end, 130), None);
        }
    }

    #[test]
    fn what_is_common_is_added() {
        let [mut set, one, other] = [&[0][..], &[1, 65, 70], &[2, 65, 70]].map(|members| {
            let mut set = empty(71);
            for &member in members {
                set.add(member);
            }
            set
        });
        set.join_common(&one, &other);
        assert!((0..71).all(|it| set.has(it) == [0, 65, 70].contains(&it)));
    }
}
