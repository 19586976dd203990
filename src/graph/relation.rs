//! Sets of events as bits, and relations as one set per event.

use smallvec::{SmallVec, smallvec};

/// A set of numbers below a bound that is fixed when it is made; without an allocation if that is at most 128.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Set(SmallVec<[u64; 2]>);

impl Set {
    /// The empty set of numbers below `bound`.
    pub(crate) fn empty(bound: usize) -> Self {
        Set(smallvec![0; bound.div_ceil(64)])
    }

    pub(crate) fn insert(&mut self, member: usize) {
        self.0[member / 64] |= 1 << (member % 64);
    }

    pub(crate) fn remove(&mut self, member: usize) {
        self.0[member / 64] &= !(1 << (member % 64));
    }

    pub(crate) fn has(&self, member: usize) -> bool {
        self.0[member / 64] >> (member % 64) & 1 == 1
    }

    pub(crate) fn join(&mut self, other: &Set) {
        for (mine, others) in self.0.iter_mut().zip(&other.0) {
            *mine |= others;
        }
    }

    /// Adds the numbers from `first` to `end`, excluding `end`.
    pub(crate) fn insert_range(&mut self, first: usize, end: usize) {
        for member in first..end {
            self.insert(member);
        }
    }

    /// Its members, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(at, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros() as usize;
                rest &= rest.wrapping_sub(1);
                (bit < 64).then_some(at * 64 + bit)
            })
        })
    }

    /// The union of the sets that `relation` has for its members.
    pub(crate) fn image(&self, relation: &[Set]) -> Set {
        let mut image = Set(smallvec![0; self.0.len()]);
        for member in self.iter() {
            image.join(&relation[member]);
        }
        image
    }
}

/// Whether a relation has no cycle.
pub(crate) fn is_acyclic(mut relation: Vec<Set>) -> bool {
    for middle in 0..relation.len() {
        let reached = relation[middle].clone();
        for row in &mut relation {
            if row.has(middle) {
                row.join(&reached);
            }
        }
    }
    relation.iter().enumerate().all(|(at, row)| !row.has(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relation(bound: usize, pairs: &[(usize, usize)]) -> Vec<Set> {
        let mut relation = vec![Set::empty(bound); bound];
        for &(from, to) in pairs {
            relation[from].insert(to);
        }
        relation
    }

    #[test]
    fn a_cycle_is_found_across_words() {
        assert!(is_acyclic(relation(130, &[(0, 129), (129, 64), (1, 64)])));
        assert!(!is_acyclic(relation(130, &[(0, 129), (129, 64), (64, 0)])));
        assert!(!is_acyclic(relation(1, &[(0, 0)])));
    }

    #[test]
    fn an_image_has_what_any_member_gives() {
        let relation = relation(70, &[(1, 2), (1, 69), (65, 3), (4, 5)]);
        let mut set = Set::empty(70);
        set.insert(1);
        set.insert(65);
        assert_eq!(set.image(&relation).iter().collect::<Vec<_>>(), [2, 3, 69]);
        let mut range = Set::empty(70);
        range.insert_range(63, 66);
        assert_eq!(range.iter().collect::<Vec<_>>(), [63, 64, 65]);
    }
}
