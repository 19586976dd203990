//! A function's control flow, fine enough for handlers.
//!
//! A handler is entered from any instruction that traps while the handler is on the handler stack, so
//! from anywhere after its `eh.push`. A value that is defined after the `eh.push` may then be missing,
//! even in the same block. So the nodes are not blocks but *segments*: a block is divided after each
//! `eh.push`, and the handler has an edge from the segment that ends there.
//!
//! Does not see: that `resume.next` continues after an instruction that produced no result. The machine
//! defines the value of such a temp.

use std::collections::HashMap;
use std::ops::Range;

use super::super::{Function, Op};
use super::dominators::{Dominators, Graph};

/// A part of a block that runs from its start to its end unless something in it traps.
#[derive(Clone, Debug)]
pub(super) struct Segment {
    /// The block's index in the module.
    pub(super) block: usize,
    /// Its instructions.
    pub(super) instructions: Range<usize>,
}

/// All segments of a function and their dominators.
#[derive(Debug)]
pub(super) struct Flow {
    /// The segments in the order of the text; the first is the start of the entry.
    pub(super) segments: Vec<Segment>,
    /// For each block, its first segment.
    first: Vec<usize>,
    dominators: Dominators,
    leads_to_entry: bool,
}

impl Flow {
    /// The flow of a function with at least one block. Labels that do not exist have no edge.
    pub(super) fn new(function: &Function, labels: &HashMap<&str, usize>) -> Self {
        let mut segments = Vec::with_capacity(function.blocks.len());
        let mut first = Vec::with_capacity(function.blocks.len());
        for (block, source) in function.blocks.iter().enumerate() {
            first.push(segments.len());
            let mut start = 0;
            for (at, instruction) in source.instructions.iter().enumerate() {
                if matches!(instruction.op, Op::EhPush { .. }) {
                    segments.push(Segment { block, instructions: start..at + 1 });
                    start = at + 1;
                }
            }
            segments.push(Segment { block, instructions: start..source.instructions.len() });
        }
        let mut graph = Graph { nodes: segments.len(), edges: Vec::new() };
        for (node, segment) in segments.iter().enumerate() {
            if segments.get(node + 1).is_some_and(|next| next.block == segment.block) {
                graph.edges.push((node, node + 1));
            }
            for instruction in
                &function.blocks[segment.block].instructions[segment.instructions.clone()]
            {
                let known =
                    instruction.op.targets().filter_map(|target| labels.get(&*target.label));
                graph.edges.extend(known.map(|&block| (node, first[block])));
            }
        }
        let dominators = Dominators::new(&graph);
        let leads_to_entry = graph.edges.iter().any(|edge| edge.1 == 0);
        Flow { segments, first, dominators, leads_to_entry }
    }

    /// Whether a branch leads to the first block.
    pub(super) fn leads_to_entry(&self) -> bool {
        self.leads_to_entry
    }

    /// Whether the block can run.
    pub(super) fn is_reachable(&self, block: usize) -> bool {
        self.dominators.is_reachable(self.first[block])
    }

    /// Whether the segment is the first one of its block.
    pub(super) fn is_first(&self, segment: usize) -> bool {
        self.first[self.segments[segment].block] == segment
    }

    /// For each segment, the segments that it dominates immediately.
    pub(super) fn dominator_tree(&self) -> Vec<Vec<usize>> {
        self.dominators.children()
    }
}
