//! Modification order: the order that must hold among the writes of each atomic.
//!
//! A write and the read-modify-writes that read from it, each from the one before, follow each other
//! with nothing between them. Such *chains* are what is ordered.

use super::execution::Execution;
use super::happens_before::Sources;
use super::relation::Relation;

/// What is known of the modification orders. It grows until each order is total.
#[derive(Clone)]
pub(super) struct Coherence {
    /// For each write, the first write of its chain and its position in the chain.
    chains: Vec<(usize, usize)>,
    /// The order between the first writes of chains, transitively closed.
    order: Relation,
    /// For each atomic, the first writes of its chains.
    firsts: Vec<Vec<usize>>,
}

impl Coherence {
    /// The orders that happens-before and the sources require; `None` if they contradict each other.
    pub(super) fn new(execution: &Execution, sources: &Sources, hb: &Relation) -> Option<Self> {
        let count = execution.nodes.len();
        let mut coherence = Coherence {
            chains: chains(execution, sources)?,
            order: Relation::empty(count),
            firsts: Vec::new(),
        };
        for accesses in &execution.locations {
            let writes =
                || accesses.iter().filter(|&&node| execution.nodes[node].written.is_some());
            let firsts = writes().copied().filter(|&write| coherence.chains[write].1 == 0);
            coherence.firsts.push(firsts.collect());
            for &write in writes().skip(1) {
                coherence.add(accesses[0], write)?;
            }
            for &one in accesses {
                for &other in accesses.iter().filter(|&&other| hb.has(one, other)) {
                    coherence.add_for(execution, sources, one, other)?;
                }
            }
        }
        Some(coherence)
    }

    /// What follows if one access happens before another: the later one may neither read nor write
    /// anything older than the earlier one has read or written.
    fn add_for(
        &mut self,
        execution: &Execution,
        sources: &Sources,
        one: usize,
        other: usize,
    ) -> Option<()> {
        let seen_or_made = |node: usize| {
            let made = execution.nodes[node].written.map(|_| node);
            [sources[node], made].into_iter().flatten()
        };
        for earlier in seen_or_made(one) {
            for later in seen_or_made(other) {
                if earlier != later {
                    self.add(earlier, later)?;
                }
            }
        }
        Some(())
    }

    /// Orders one write of an atomic before another; `None` if that closes a cycle.
    fn add(&mut self, earlier: usize, later: usize) -> Option<()> {
        let ((one, place), (other, other_place)) = (self.chains[earlier], self.chains[later]);
        if one == other {
            return (place < other_place).then_some(());
        }
        self.relate(one, other)
    }

    /// The same for the first writes of two chains.
    pub(super) fn relate(&mut self, one: usize, other: usize) -> Option<()> {
        if self.order.has(other, one) {
            return None;
        }
        if self.order.has(one, other) {
            return Some(());
        }
        let count = self.chains.len();
        let before = (0..count).filter(|&it| it == one || self.order.has(it, one));
        for before in before.collect::<Vec<_>>() {
            self.order.insert(before, other);
            self.order.join(before, other);
        }
        Some(())
    }

    /// Two chains of an atomic whose order is still undecided.
    pub(super) fn open_pair(&self) -> Option<(usize, usize)> {
        self.firsts.iter().find_map(|firsts| {
            let pairs = firsts
                .iter()
                .enumerate()
                .flat_map(|(at, &one)| firsts[at + 1..].iter().map(move |&other| (one, other)));
            pairs
                .into_iter()
                .find(|&(one, other)| !self.order.has(one, other) && !self.order.has(other, one))
        })
    }

    /// Whether one write is known to precede another write of the same atomic.
    pub(super) fn is_before(&self, earlier: usize, later: usize) -> bool {
        let ((one, place), (other, other_place)) = (self.chains[earlier], self.chains[later]);
        if one == other { place < other_place } else { self.order.has(one, other) }
    }
}

/// For each node, the first write of its chain and its position there; `None` if two read-modify-writes
/// read from the same write.
fn chains(execution: &Execution, sources: &Sources) -> Option<Vec<(usize, usize)>> {
    let count = execution.nodes.len();
    let mut next: Vec<Option<usize>> = vec![None; count];
    for (node, source) in sources.iter().enumerate() {
        if let (Some(source), Some(_)) = (*source, execution.nodes[node].written)
            && next[source].replace(node).is_some()
        {
            return None;
        }
    }
    let mut chains: Vec<(usize, usize)> = (0..count).map(|node| (node, 0)).collect();
    let is_first =
        |node: &usize| sources[*node].is_none() || execution.nodes[*node].written.is_none();
    for first in (0..count).filter(is_first) {
        let (mut node, mut place) = (first, 0);
        while let Some(following) = next[node] {
            place += 1;
            chains[following] = (first, place);
            node = following;
        }
    }
    Some(chains)
}
