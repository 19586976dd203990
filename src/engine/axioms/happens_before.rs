//! Happens-before of an execution in which some reads already have a source.

use super::execution::Execution;
use super::relation::Relation;

/// The decisions so far: for each node, the write that it reads from.
pub(super) type Sources = Vec<Option<usize>>;

/// Happens-before, from each node to all later ones, excluding itself. `None` if a read would come
/// before its source. Adding sources never removes an edge.
pub(super) fn happens_before(execution: &Execution, sources: &Sources) -> Option<Relation> {
    let order = order(execution, sources)?;
    let count = execution.nodes.len();
    // For each node, all that happens before it.
    let mut earlier = Relation::empty(count);
    let mut releases: Vec<Vec<usize>> = vec![Vec::new(); count];
    for &node in &order {
        for &before in &execution.before[node] {
            earlier.insert(node, before);
            earlier.join(node, before);
        }
        for read in reads_that_acquire_at(execution, node) {
            let Some(write) = sources[read] else { continue };
            for &release in &releases[write] {
                earlier.insert(node, release);
                earlier.join(node, release);
            }
        }
        releases[node] = releases_of(execution, sources, node, &releases);
    }
    let mut later = Relation::empty(count);
    for node in 0..count {
        earlier.of(node).for_each(|before| later.insert(before, node));
    }
    Some(later)
}

/// The nodes in an order in which each comes after its predecessors and after its source.
fn order(execution: &Execution, sources: &Sources) -> Option<Vec<usize>> {
    let count = execution.nodes.len();
    let mut waits_for = vec![0; count];
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); count];
    for node in 0..count {
        for &before in execution.before[node].iter().chain(&sources[node]) {
            after[before].push(node);
            waits_for[node] += 1;
        }
    }
    let mut order: Vec<usize> = (0..count).filter(|&node| waits_for[node] == 0).collect();
    let mut at = 0;
    while let Some(&node) = order.get(at) {
        for &next in &after[node] {
            waits_for[next] -= 1;
            if waits_for[next] == 0 {
                order.push(next);
            }
        }
        at += 1;
    }
    (order.len() == count).then_some(order)
}

/// The reads that synchronise at this node: the node itself, or reads before an acquire fence in its thread.
fn reads_that_acquire_at(
    execution: &Execution,
    node: usize,
) -> impl Iterator<Item = usize> + use<'_> {
    let it = &execution.nodes[node];
    let begin = if it.is_fence { 0 } else { node };
    let end = if it.is_acquire() { node + 1 } else { begin };
    (begin..end).filter(move |&read| {
        execution.nodes[read].thread == it.thread && execution.nodes[read].read.is_some()
    })
}

/// The nodes that synchronise with a read of this write: the write itself or the release fence before
/// it, and those of the write that a read-modify-write has read. This is the release sequence of C++20
/// and of Rust; in RC11, later writes of the same thread also continue it.
fn releases_of(
    execution: &Execution,
    sources: &Sources,
    node: usize,
    releases: &[Vec<usize>],
) -> Vec<usize> {
    let it = &execution.nodes[node];
    if it.written.is_none() {
        return Vec::new();
    }
    let is_fence_before = |&before: &usize| {
        let other = &execution.nodes[before];
        other.thread == it.thread && other.is_fence && other.is_release()
    };
    let mut all: Vec<usize> = (0..node).rev().find(is_fence_before).into_iter().collect();
    if it.is_release() {
        all.push(node);
    }
    if let Some(source) = sources[node] {
        all.extend(&releases[source]);
    }
    all
}
