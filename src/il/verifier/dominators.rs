//! Dominators of a flow graph, after Lengauer and Tarjan, "A fast algorithm for finding dominators in a
//! flowgraph", TOPLAS 1979, with simple path compression: `m log n` steps for `n` nodes and `m` edges of
//! any graph, without recursion.

/// A directed graph whose nodes are numbered from 0; node 0 is the root.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// The edges, in any order.
    pub(super) edges: Vec<(usize, usize)>,
    /// The number of nodes; at least one.
    pub(super) nodes: usize,
}

/// For each node, its neighbours in one direction, one list after the other.
struct Adjacency {
    starts: Vec<usize>,
    neighbours: Vec<usize>,
}

impl Adjacency {
    fn new(nodes: usize, edges: impl Iterator<Item = (usize, usize)> + Clone) -> Self {
        let mut starts = vec![0; nodes + 1];
        for (from, _) in edges.clone() {
            starts[from + 1] += 1;
        }
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }
        let mut next = starts.clone();
        let mut neighbours = vec![0; starts[nodes]];
        for (from, to) in edges {
            neighbours[next[from]] = to;
            next[from] += 1;
        }
        Adjacency { starts, neighbours }
    }

    fn of(&self, node: usize) -> &[usize] {
        &self.neighbours[self.starts[node]..self.starts[node + 1]]
    }
}

/// The dominators of each node.
#[derive(Debug)]
pub(super) struct Dominators {
    /// The immediate dominator; `None` for the root and for unreachable nodes.
    immediate: Vec<Option<usize>>,
}

impl Dominators {
    /// Computes the dominators.
    pub(super) fn new(graph: &Graph) -> Self {
        let successors = Adjacency::new(graph.nodes, graph.edges.iter().copied());
        let predecessors =
            Adjacency::new(graph.nodes, graph.edges.iter().map(|&(from, to)| (to, from)));
        let tree = SearchTree::new(graph.nodes, &successors);
        let mut immediate = vec![None; graph.nodes];
        for (number, dominator) in tree.immediate_dominators(&predecessors).into_iter().enumerate()
        {
            if number > 0 {
                immediate[tree.nodes[number]] = Some(tree.nodes[dominator]);
            }
        }
        Dominators { immediate }
    }

    /// Whether there is a path from the root.
    pub(super) fn is_reachable(&self, node: usize) -> bool {
        node == 0 || self.immediate[node].is_some()
    }

    /// For each node, the nodes that it dominates immediately, in ascending order.
    pub(super) fn children(&self) -> Vec<Vec<usize>> {
        let mut children = vec![Vec::new(); self.immediate.len()];
        for (node, dominator) in self.immediate.iter().enumerate() {
            if let Some(dominator) = dominator {
                children[*dominator].push(node);
            }
        }
        children
    }
}

/// A depth-first search tree. Below, a node is named by its number in it.
struct SearchTree {
    /// From number to node, in the order of discovery.
    nodes: Vec<usize>,
    /// From node to number; `None` if the root does not reach it.
    numbers: Vec<Option<usize>>,
    /// From number to the parent's number; the root is its own.
    parents: Vec<usize>,
}

impl SearchTree {
    fn new(nodes: usize, successors: &Adjacency) -> Self {
        let mut tree =
            SearchTree { nodes: Vec::new(), numbers: vec![None; nodes], parents: Vec::new() };
        let mut stack = vec![(0, 0)];
        while let Some((node, parent)) = stack.pop() {
            if tree.numbers[node].is_some() {
                continue;
            }
            let number = tree.nodes.len();
            tree.numbers[node] = Some(number);
            tree.nodes.push(node);
            tree.parents.push(parent);
            stack.extend(successors.of(node).iter().rev().map(|&next| (next, number)));
        }
        tree
    }

    /// From number to the immediate dominator's number; the root is its own.
    fn immediate_dominators(&self, predecessors: &Adjacency) -> Vec<usize> {
        let count = self.nodes.len();
        let mut forest = Forest::new(count);
        let mut dominators = vec![0; count];
        let mut buckets: Vec<Vec<usize>> = vec![Vec::new(); count];
        for node in (1..count).rev() {
            for &predecessor in predecessors.of(self.nodes[node]) {
                if let Some(predecessor) = self.numbers[predecessor] {
                    let best = forest.evaluate(predecessor);
                    forest.semi[node] = forest.semi[node].min(forest.semi[best]);
                }
            }
            buckets[forest.semi[node]].push(node);
            let parent = self.parents[node];
            forest.ancestors[node] = Some(parent);
            for waiting in std::mem::take(&mut buckets[parent]) {
                let best = forest.evaluate(waiting);
                let is_parent = forest.semi[best] == forest.semi[waiting];
                dominators[waiting] = if is_parent { parent } else { best };
            }
        }
        for node in 1..count {
            if dominators[node] != forest.semi[node] {
                dominators[node] = dominators[dominators[node]];
            }
        }
        dominators
    }
}

/// The part of the search tree that is linked so far.
struct Forest {
    /// Each node's semidominator, as far as it is known; at first the node itself.
    semi: Vec<usize>,
    /// A node further up; `None` for the roots of the forest.
    ancestors: Vec<Option<usize>>,
    /// The node of least semidominator between here and the ancestor, without the ancestor.
    best: Vec<usize>,
    /// Nodes whose path is being compressed; empty between calls.
    path: Vec<usize>,
}

impl Forest {
    fn new(count: usize) -> Self {
        let identity: Vec<usize> = (0..count).collect();
        let (semi, best) = (identity.clone(), identity);
        Forest { semi, ancestors: vec![None; count], best, path: Vec::new() }
    }

    /// The node with the least semidominator on the path from `node` to the root of its tree, excluding
    /// that root; `node` itself if it is the root.
    fn evaluate(&mut self, node: usize) -> usize {
        let mut top = node;
        while let Some(ancestor) = self.ancestors[top] {
            self.path.push(top);
            top = ancestor;
        }
        // The node nearest to the root is compressed already: there is no node in between.
        let mut above = self.path.pop();
        let highest = above.and_then(|above| self.ancestors[above]);
        while let (Some(upper), Some(lower)) = (above, self.path.pop()) {
            if self.semi[self.best[upper]] < self.semi[self.best[lower]] {
                self.best[lower] = self.best[upper];
            }
            self.ancestors[lower] = highest;
            above = Some(lower);
        }
        self.best[node]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By the definition: a node dominates everything that becomes unreachable without it.
    fn dominates_by_definition(graph: &Graph, dominator: usize, node: usize) -> bool {
        let mut seen = vec![false; graph.nodes];
        let mut stack = if dominator == 0 { Vec::new() } else { vec![0] };
        while let Some(next) = stack.pop() {
            if next != dominator && !std::mem::replace(&mut seen[next], true) {
                let successors = graph.edges.iter().filter(|(from, _)| *from == next);
                stack.extend(successors.map(|&(_, to)| to));
            }
        }
        !seen[node]
    }

    proptest! {
        #[test]
        fn dominators_are_those_of_the_definition(
            nodes in 1_usize..12,
            edges in prop::collection::vec((0_usize..12, 0_usize..12), 0..40),
        ) {
            let edges = edges.into_iter().map(|(a, b)| (a % nodes, b % nodes)).collect();
            let graph = Graph { edges, nodes };
            let dominators = Dominators::new(&graph);
            let reached = |node| !dominates_by_definition(&graph, nodes, node);
            for node in 0..nodes {
                prop_assert_eq!(dominators.is_reachable(node), reached(node));
                if !reached(node) {
                    continue;
                }
                let chain: Vec<usize> =
                    std::iter::successors(Some(node), |&at| dominators.immediate[at]).collect();
                for other in 0..nodes {
                    let expected = dominates_by_definition(&graph, other, node);
                    prop_assert_eq!(chain.contains(&other), expected, "{} and {}", other, node);
                }
            }
        }
    }

    #[test]
    fn a_chain_of_a_million_nodes_is_quick_and_needs_no_stack() {
        let nodes = 1_000_000;
        let forward = (1..nodes).map(|node| (node - 1, node));
        let backward = (1..nodes).map(|node| (node, node / 2));
        let graph = Graph { edges: forward.chain(backward).collect(), nodes };
        assert_eq!(Dominators::new(&graph).immediate[nodes - 1], Some(nodes - 2));
    }
}
