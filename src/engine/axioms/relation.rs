//! Relations between the nodes of an execution, as rows of bits.

/// For each node, the set of nodes to which it is related.
#[derive(Clone)]
pub(super) struct Relation {
    words: usize,
    bits: Vec<u64>,
}

impl Relation {
    pub(super) fn empty(count: usize) -> Self {
        let words = count.div_ceil(64);
        Relation { words, bits: vec![0; words * count] }
    }

    pub(super) fn has(&self, from: usize, to: usize) -> bool {
        self.bits[from * self.words + to / 64] >> (to % 64) & 1 == 1
    }

    pub(super) fn insert(&mut self, from: usize, to: usize) {
        self.bits[from * self.words + to / 64] |= 1 << (to % 64);
    }

    /// Relates `into` to all that `from` is related to.
    pub(super) fn join(&mut self, into: usize, from: usize) {
        for word in 0..self.words {
            let bits = self.bits[from * self.words + word];
            self.bits[into * self.words + word] |= bits;
        }
    }

    /// Relates `into` to all that `from` is related to in another relation.
    pub(super) fn join_with(&mut self, into: usize, other: &Relation, from: usize) {
        for word in 0..self.words {
            let bits = other.bits[from * self.words + word];
            self.bits[into * self.words + word] |= bits;
        }
    }

    /// The nodes that `from` is related to.
    pub(super) fn of(&self, from: usize) -> impl Iterator<Item = usize> + '_ {
        let row = &self.bits[from * self.words..(from + 1) * self.words];
        row.iter().enumerate().flat_map(|(at, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
                rest &= rest - 1;
                Some(at * 64 + bit)
            })
        })
    }

    /// The composition: first this relation, then the other.
    pub(super) fn then(&self, other: &Relation) -> Relation {
        let mut composed = Relation { words: self.words, bits: vec![0; self.bits.len()] };
        for from in 0..self.count() {
            for middle in self.of(from) {
                composed.join_with(from, other, middle);
            }
        }
        composed
    }

    pub(super) fn or(mut self, other: &Relation) -> Relation {
        self.bits.iter_mut().zip(&other.bits).for_each(|(bits, others)| *bits |= others);
        self
    }

    /// Whether no node leads back to itself.
    pub(super) fn is_acyclic(&self) -> bool {
        let mut closed = self.clone();
        for middle in 0..self.count() {
            for from in 0..self.count() {
                if closed.has(from, middle) {
                    closed.join(from, middle);
                }
            }
        }
        (0..self.count()).all(|node| !closed.has(node, node))
    }

    fn count(&self) -> usize {
        self.bits.len().checked_div(self.words).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_of_more_nodes_than_a_word_has_bits_is_found() {
        let mut path = Relation::empty(100);
        (0..99).for_each(|node| path.insert(node, node + 1));
        assert!(path.is_acyclic());
        assert!(path.then(&path).has(30, 32) && !path.then(&path).has(30, 31));
        path.insert(99, 0);
        assert!(!path.is_acyclic());
        assert_eq!(path.of(99).collect::<Vec<_>>(), [0]);
    }
}
