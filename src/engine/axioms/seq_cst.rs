//! The axiom on sequentially consistent accesses and fences: *psc* is acyclic (Lahav et al., PLDI 2017,
//! section 4).

use super::coherence::Coherence;
use super::execution::Execution;
use super::happens_before::Sources;
use super::relation::Relation;

/// The part of the axiom that does not depend on the modification orders.
pub(super) struct SeqCst<'e> {
    execution: &'e Execution,
    sources: &'e Sources,
    hb: &'e Relation,
    /// The part of *scb* that is known without modification order.
    scb: Relation,
    nodes: Vec<usize>,
}

impl<'e> SeqCst<'e> {
    /// `None` if nothing is sequentially consistent: then the axiom requires nothing.
    pub(super) fn new(
        execution: &'e Execution,
        sources: &'e Sources,
        hb: &'e Relation,
    ) -> Option<Self> {
        let count = execution.nodes.len();
        let nodes: Vec<usize> =
            (0..count).filter(|&node| execution.nodes[node].is_seq_cst()).collect();
        if nodes.is_empty() {
            return None;
        }
        let location = |node: usize| execution.nodes[node].location;
        let mut scb = Relation::empty(count);
        let mut elsewhere = Relation::empty(count);
        for (node, it) in execution.nodes.iter().enumerate().filter(|(_, it)| it.thread.is_some()) {
            for later in node + 1..count {
                if execution.nodes[later].thread != it.thread {
                    continue;
                }
                scb.insert(node, later);
                if location(node).is_none() || location(node) != location(later) {
                    elsewhere.insert(node, later);
                }
            }
            let of_same = hb
                .of(node)
                .filter(|&later| location(node).is_some() && location(node) == location(later));
            of_same.for_each(|later| scb.insert(node, later));
        }
        let scb = scb.or(&elsewhere.then(hb).then(&elsewhere));
        Some(SeqCst { execution, sources, hb, scb, nodes })
    }

    /// Whether the axiom holds, as far as the modification orders are known. Once it fails, it keeps failing.
    pub(super) fn holds(&self, coherence: &Coherence) -> bool {
        let count = self.execution.nodes.len();
        let mut communicates = Relation::empty(count);
        for accesses in &self.execution.locations {
            for &from in accesses {
                // From a write to what comes later; from a read to what overwrites its source.
                let seen = match self.execution.nodes[from].written {
                    Some(_) => Some(from),
                    None => self.sources[from],
                };
                let Some(seen) = seen else { continue };
                for &write in accesses {
                    if self.execution.nodes[write].written.is_some()
                        && coherence.is_before(seen, write)
                    {
                        communicates.insert(from, write);
                    }
                }
            }
        }
        let scb = self.scb.clone().or(&communicates);
        let mut reads_from = Relation::empty(count);
        for (read, source) in self.sources.iter().enumerate() {
            if let Some(write) = *source {
                reads_from.insert(write, read);
            }
        }
        let eco = communicates.then(&reads_from).or(&communicates).or(&reads_from);
        let through = self.hb.then(&eco).then(self.hb).or(self.hb);
        self.psc(&scb, &through).is_acyclic()
    }

    /// *psc* between the seq-cst nodes, numbered as in `nodes`.
    fn psc(&self, scb: &Relation, through: &Relation) -> Relation {
        let count = self.execution.nodes.len();
        let is_fence = |node: usize| self.execution.nodes[node].is_fence;
        let mut psc = Relation::empty(self.nodes.len());
        for (at, &from) in self.nodes.iter().enumerate() {
            // What scb reaches from here, and from what happens after a fence.
            let mut reached = Relation::empty(count);
            reached.join_with(from, scb, from);
            if is_fence(from) {
                self.hb.of(from).for_each(|later| reached.join_with(from, scb, later));
            }
            for (other, &to) in self.nodes.iter().enumerate() {
                let before_fence = || reached.of(from).any(|node| self.hb.has(node, to));
                let is_related = reached.has(from, to)
                    || is_fence(to) && before_fence()
                    || is_fence(from) && is_fence(to) && through.has(from, to);
                if is_related {
                    psc.insert(at, other);
                }
            }
        }
        psc
    }
}
