//! Wakeup trees: what is still to be explored from a state, as sequences that share prefixes.

use std::collections::VecDeque;

use super::event::Label;
use crate::reference::Turn;

/// Sequences of operations that are to be explored from some state, the leftmost first.
#[derive(Clone, Debug, Default)]
pub(super) struct Tree {
    children: VecDeque<(Label, Tree)>,
}

impl Tree {
    /// The first operation of the next sequences, and what follows it. The operation stays in the tree,
    /// as explored from here, until [`finish`](Tree::finish) removes it.
    pub(super) fn descend(&mut self) -> Option<(Turn, Tree)> {
        let (label, rest) = self.children.front_mut()?;
        Some((label.turn, std::mem::take(rest)))
    }

    /// Whether nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        self.children.is_empty()
    }

    /// Whether something is left in addition to the current descent.
    pub(super) fn has_more(&self) -> bool {
        self.children.len() > 1
    }

    /// Adds a single operation.
    pub(super) fn plan(&mut self, label: Label) {
        self.children.push_back((label, Tree::default()));
    }

    /// Removes the current descent.
    pub(super) fn finish(&mut self) {
        self.children.pop_front();
    }

    /// Adds a sequence, unless an existing one already leads to the same; exactly then, exploring it
    /// would repeat another branch. Returns the number of operations that this adds.
    pub(super) fn insert(&mut self, mut sequence: Vec<Label>) -> usize {
        let mut node = self;
        loop {
            let found =
                node.children.iter().position(|(label, _)| is_weak_initial(label, &sequence));
            let Some(child) = found else { break };
            let (label, rest) = &mut node.children[child];
            if let Some(first) = sequence.iter().position(|it| it.turn == label.turn) {
                sequence.remove(first);
            }
            // A leaf: everything that follows it will be explored from there. An empty sequence: it is a
            // prefix of what is planned.
            if rest.children.is_empty() || sequence.is_empty() {
                return 0;
            }
            node = rest;
        }
        let added = sequence.len();
        let branch = sequence.into_iter().rev().fold(None, |rest: Option<(Label, Tree)>, label| {
            Some((label, Tree { children: rest.into_iter().collect() }))
        });
        node.children.extend(branch);
        added
    }
}

/// Whether a sequence can begin with this operation: the operation is its thread's first one in the
/// sequence and depends on nothing before it; or the thread is not in the sequence, and the operation
/// depends on nothing in it.
pub(super) fn is_weak_initial(label: &Label, sequence: &[Label]) -> bool {
    let until = sequence.iter().position(|it| it.thread() == label.thread());
    match until {
        Some(first) if sequence[first].turn != label.turn => false,
        Some(first) => sequence[..first].iter().all(|it| !it.depends_on(&sequence[first])),
        None => sequence.iter().all(|it| !it.depends_on(label)),
    }
}
