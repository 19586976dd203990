//! The walk over a function's blocks, and the meanings of names on the way.
//!
//! It goes down the dominator tree and keeps the definitions in scope: a name means the definition that
//! is in scope, and each use is looked up once. A block parameter's scope is its block and all blocks
//! that this block dominates, except those with a parameter of the same name: Viper's programs pass `%i`
//! on from block to block.

use super::super::resolved::{self, ValueId};
use super::super::{Block, Type};
use super::flow::Flow;
use super::function::FunctionVerifier;

/// The meaning of a name at a use.
pub(super) enum Meaning {
    /// This definition.
    Value(ValueId),
    /// Something in unreachable code: at most its type is known.
    Unreachable(Option<Type>),
    /// Not defined here, but there is a definition elsewhere.
    NotYet(ValueId),
    /// Not defined anywhere.
    Nothing,
}

/// A name that came into scope, and the definition that it hides.
type Named<'m> = (&'m str, Option<ValueId>);

impl<'m> FunctionVerifier<'m, '_> {
    /// Visits the reachable segments, dominators first, and returns each block's instructions.
    pub(super) fn walk(&mut self, flow: &Flow) -> Vec<Vec<resolved::Instruction>> {
        /// The next step: visit a segment, or forget all names except the first ones.
        enum Step {
            Enter(usize),
            Leave(usize),
        }
        let children = flow.dominator_tree();
        let mut bodies = vec![Vec::new(); self.function.blocks.len()];
        let mut names: Vec<Named<'m>> = Vec::new();
        for value in self.arguments.clone() {
            self.bind(self.definitions[value.index()].name, value, &mut names);
        }
        let mut steps = vec![Step::Enter(0)];
        while let Some(step) = steps.pop() {
            let node = match step {
                Step::Leave(kept) => {
                    for (name, hidden) in names.drain(kept..).rev() {
                        match hidden {
                            Some(hidden) => self.scope.insert(name, hidden),
                            None => self.scope.remove(name),
                        };
                    }
                    continue;
                }
                Step::Enter(node) => node,
            };
            steps.push(Step::Leave(names.len()));
            let segment = &flow.segments[node];
            let block = &self.function.blocks[segment.block];
            if flow.is_first(node) {
                self.bind_params(segment.block, &mut names);
            }
            for index in segment.instructions.clone() {
                let instruction = &block.instructions[index];
                let op = self.operation(block, index, instruction);
                let result = self.results[segment.block][index];
                if let Some(op) = op {
                    let (span, loc) = (instruction.span, instruction.loc);
                    bodies[segment.block].push(resolved::Instruction { result, op, span, loc });
                }
                if let Some(value) = result {
                    self.bind(self.definitions[value.index()].name, value, &mut names);
                }
            }
            steps.extend(children[node].iter().rev().map(|&child| Step::Enter(child)));
        }
        bodies
    }

    /// Brings a block's parameters into scope; in the entry block, under both their names.
    fn bind_params(&mut self, block: usize, names: &mut Vec<Named<'m>>) {
        for (index, value) in self.params[block].clone().into_iter().enumerate() {
            let name = self.definitions[value.index()].name;
            self.bind(name, value, names);
            let param = self.function.blocks[block].params.get(index);
            if let Some(param) = param.filter(|param| param.name != name) {
                self.bind(&param.name, value, names);
            }
        }
    }

    /// Brings a definition into scope. It can hide only another block's parameter: all other pairs have
    /// been reported where they are defined.
    fn bind(&mut self, name: &'m str, value: ValueId, names: &mut Vec<Named<'m>>) {
        names.push((name, self.scope.insert(name, value)));
    }

    /// Checks unreachable blocks. Their uses need only some definition somewhere.
    pub(super) fn visit_unreachable(&mut self) {
        self.in_unreachable = true;
        for index in 0..self.function.blocks.len() {
            if self.block_ids[index].is_some() {
                continue;
            }
            let block: &'m Block = &self.function.blocks[index];
            let results = self.results[index].iter().flatten();
            let own: Vec<ValueId> = self.params[index].iter().chain(results).copied().collect();
            self.scope.clear();
            for value in own {
                self.scope.entry(self.definitions[value.index()].name).or_insert(value);
            }
            for (at, instruction) in block.instructions.iter().enumerate() {
                self.operation(block, at, instruction);
            }
        }
    }

    /// The meaning of a temp's name at the current position of the walk.
    pub(super) fn meaning(&self, name: &str) -> Meaning {
        if let Some(&value) = self.scope.get(name) {
            return Meaning::Value(value);
        }
        match self.by_name.get(name) {
            None => Meaning::Nothing,
            Some(named) if self.in_unreachable => {
                let ty = self.definitions[named.first.index()].ty;
                Meaning::Unreachable(ty.filter(|_| named.same_type))
            }
            Some(named) => Meaning::NotYet(named.first),
        }
    }

    /// Whether a temp of this name is in scope.
    pub(super) fn is_in_scope(&self, name: &str) -> bool {
        self.scope.contains_key(name)
    }

    /// The names that the function defines, in the order of their definitions.
    pub(super) fn names(&self) -> impl Iterator<Item = &'m str> {
        self.definitions.iter().map(|definition| definition.name)
    }
}
