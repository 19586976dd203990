//! One function: its blocks and labels, and a number for every value.

use std::collections::HashMap;

use super::super::reports::Reports;
use super::super::resolved::{self, BlockId, ValueId, ValueInfo};
use super::super::{Diagnostic, Function, Op, Param, Span, Type};
use super::flow::Flow;
use super::{Symbols, check_name, check_result_type, parameter_flaw};

/// A value and the place of its definition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Definition<'m> {
    pub(super) name: &'m str,
    /// `None` if a mistake hides it; nothing is reported about its uses then.
    pub(super) ty: Option<Type>,
    pub(super) span: Span,
    /// Whether the name may be used again in a block that this block does not dominate.
    pub(super) is_block_param: bool,
    /// The block's index in the module; `None` for the function's parameters.
    pub(super) block: Option<usize>,
}

/// All definitions of one name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named {
    pub(super) first: ValueId,
    last: ValueId,
    /// Whether all definitions have the same type.
    pub(super) same_type: bool,
}

/// The verifier's state in one function.
pub(super) struct FunctionVerifier<'m, 'r> {
    pub(super) symbols: &'r Symbols<'m>,
    pub(super) function: &'m Function,
    pub(super) reports: &'r mut Reports,
    /// From label to the block's index in the module.
    pub(super) labels: HashMap<&'m str, usize>,
    /// The function's parameters.
    pub(super) arguments: Vec<ValueId>,
    /// Whether a branch leads to the first block; see [`resolved::Function::has_door`].
    has_door: bool,
    /// For each block of the module, its number among the reachable ones.
    pub(super) block_ids: Vec<Option<BlockId>>,
    /// For each block of the module, whether an `eh.push` names it.
    pub(super) is_handler: Vec<bool>,
    /// All values; those that reachable code defines come first.
    pub(super) definitions: Vec<Definition<'m>>,
    pub(super) by_name: HashMap<&'m str, Named>,
    /// For each block of the module, its parameters.
    pub(super) params: Vec<Vec<ValueId>>,
    /// For each block of the module, its instructions' results.
    pub(super) results: Vec<Vec<Option<ValueId>>>,
    /// The meanings of names at the current position of the walk.
    pub(super) scope: HashMap<&'m str, ValueId>,
    /// Whether the walk is in a block that cannot run.
    pub(super) in_unreachable: bool,
}

impl<'m, 'r> FunctionVerifier<'m, 'r> {
    pub(super) fn new(
        symbols: &'r Symbols<'m>,
        function: &'m Function,
        reports: &'r mut Reports,
    ) -> Self {
        let blocks = function.blocks.len();
        FunctionVerifier {
            symbols,
            function,
            reports,
            labels: HashMap::with_capacity(blocks),
            arguments: Vec::new(),
            has_door: false,
            block_ids: vec![None; blocks],
            is_handler: vec![false; blocks],
            definitions: Vec::new(),
            by_name: HashMap::new(),
            params: vec![Vec::new(); blocks],
            results: vec![Vec::new(); blocks],
            scope: HashMap::new(),
            in_unreachable: false,
        }
    }

    /// Checks the function; `None` if something in it is wrong.
    pub(super) fn verify(mut self) -> Option<resolved::Function> {
        let function = self.function;
        check_result_type(&function.name, function.result, function.span, self.reports);
        if function.blocks.is_empty() {
            let message = format!("function '@{}' has no blocks", function.name);
            self.report(Diagnostic::new(function.span, message));
            return None;
        }
        self.collect_labels();
        self.check_terminators();
        let flow = Flow::new(function, &self.labels);
        self.number_blocks(&flow);
        let values = self.define(&flow);
        let mut bodies = self.walk(&flow);
        self.visit_unreachable();

        let values = self.definitions[..values]
            .iter()
            .map(|value| Some(ValueInfo { name: value.name.to_owned(), ty: value.ty? }))
            .collect::<Option<Vec<_>>>()?;
        let own = (0..function.blocks.len())
            .filter(|&source| self.block_ids[source].is_some())
            .map(|source| resolved::Block {
                source,
                params: std::mem::take(&mut self.params[source]),
                instructions: std::mem::take(&mut bodies[source]),
                is_handler: self.is_handler[source],
            });
        let own: Vec<resolved::Block> = own.collect();
        let blocks = self.door(&own).into_iter().chain(own).collect();
        Some(resolved::Function { signature: function.signature(), values, blocks })
    }

    pub(super) fn report(&mut self, finding: Diagnostic) {
        self.reports.push(finding);
    }

    fn collect_labels(&mut self) {
        for (index, block) in self.function.blocks.iter().enumerate() {
            check_name('^', &block.label, block.span, self.reports);
            if let Some(&first) = self.labels.get(block.label.as_str()) {
                let message = format!("label '{}' is defined twice", block.label);
                let first = self.function.blocks[first].span;
                self.report(
                    Diagnostic::new(block.span, message).related(first, "first defined here"),
                );
            } else {
                self.labels.insert(&block.label, index);
            }
        }
    }

    /// Checks that every block ends with a terminator and has no other.
    fn check_terminators(&mut self) {
        const HELP: &str = "end it with br, cbr, switch.i32, ret, trap, trap.from_err or resume";
        for block in &self.function.blocks {
            let terminator = block.instructions.iter().position(|i| i.op.is_terminator());
            let Some(terminator) = terminator else {
                let message = format!("block '{}' does not end in a terminator", block.label);
                let span = block.instructions.last().map_or(block.span, |last| last.span);
                self.report(Diagnostic::new(span, message).help(HELP));
                continue;
            };
            if let Some(next) = block.instructions.get(terminator + 1) {
                let message = format!("instruction after the end of block '{}'", block.label);
                let end = block.instructions[terminator].span;
                self.report(
                    Diagnostic::new(next.span, message).related(end, "the block ends here"),
                );
            }
        }
    }

    fn number_blocks(&mut self, flow: &Flow) {
        self.has_door = flow.leads_to_entry();
        let mut next = u32::from(self.has_door);
        for (index, block) in self.function.blocks.iter().enumerate() {
            if flow.is_reachable(index) {
                self.block_ids[index] = Some(BlockId(next));
                next += 1;
            }
            for instruction in &block.instructions {
                if let Op::EhPush { handler } = &instruction.op
                    && let Some(&handler) = self.labels.get(handler.label.as_str())
                {
                    self.is_handler[handler] = true;
                }
            }
        }
    }

    /// Numbers all values, those of reachable blocks first, and returns the number of these.
    fn define(&mut self, flow: &Flow) -> usize {
        let (reachable, unreachable): (Vec<usize>, Vec<usize>) =
            (0..self.function.blocks.len()).partition(|&block| flow.is_reachable(block));
        self.define_arguments();
        for &block in &reachable {
            self.define_block(block);
        }
        let values = self.definitions.len();
        for &block in &unreachable {
            self.define_block(block);
        }
        values
    }

    /// Defines the function's parameters, to which the entry block may give names of its own. If
    /// branches lead to the entry block, its parameters are separate values: the function's parameters
    /// are only their first values.
    fn define_arguments(&mut self) {
        let function = self.function;
        for param in &function.params {
            let value = self.define_param(param, None);
            self.arguments.push(value);
        }
        let entry = &function.blocks[0];
        if !self.has_door {
            self.params[0].clone_from(&self.arguments);
        }
        if entry.params.is_empty() {
            return;
        }
        let types = |params: &[Param]| params.iter().map(|param| param.ty).collect::<Vec<_>>();
        if types(&entry.params) != types(&function.params) {
            let message = format!(
                "the parameters of entry block '{}' are not those of function '@{}'",
                entry.label, function.name
            );
            let help = "the entry block takes none, or the function's in number and types";
            self.report(Diagnostic::new(entry.span, message).help(help));
        }
        for (index, param) in entry.params.iter().enumerate() {
            check_name('%', &param.name, param.span, self.reports);
            let argument = self.arguments.get(index).copied();
            let value = match argument.filter(|_| !self.has_door) {
                Some(argument) => argument,
                None => self.add(param, Some(0), true),
            };
            if self.has_door {
                self.params[0].push(value);
            }
            match self.by_name.get(param.name.as_str()) {
                Some(named) if Some(named.first) != argument => {
                    let first = self.definitions[named.first.index()].span;
                    self.report_twice(&param.name, param.span, first);
                }
                _ => {
                    let named = Named { first: value, last: value, same_type: true };
                    self.by_name.insert(&param.name, named);
                }
            }
        }
    }

    /// The door, in a function that branches to the first block of its text; `own` are the blocks of the
    /// text.
    fn door(&self, own: &[resolved::Block]) -> Option<resolved::Block> {
        let entry = own.first().filter(|_| self.has_door)?;
        let pass = |(&value, _): (&ValueId, &ValueId)| {
            let ty = self.definitions[value.index()].ty?;
            Some(resolved::Operand { source: resolved::Source::Value(value), ty })
        };
        let args = self.arguments.iter().zip(&entry.params).filter_map(pass).collect();
        let op = resolved::Op::Br { target: resolved::Target { block: BlockId(1), args } };
        let span = self.function.blocks[0].span;
        let branch = resolved::Instruction { result: None, op, span, loc: None };
        Some(resolved::Block {
            source: 0,
            params: self.arguments.clone(),
            instructions: vec![branch],
            is_handler: false,
        })
    }

    fn define_block(&mut self, index: usize) {
        let block = &self.function.blocks[index];
        if index > 0 {
            for param in &block.params {
                let value = self.define_param(param, Some(index));
                self.params[index].push(value);
            }
        }
        for instruction in &block.instructions {
            let value = instruction.result.as_ref().map(|binding| {
                let definition = Definition {
                    name: &binding.name,
                    ty: self.result_type(instruction),
                    span: binding.span,
                    is_block_param: false,
                    block: Some(index),
                };
                self.define_name(definition)
            });
            self.results[index].push(value);
        }
    }

    fn define_param(&mut self, param: &'m Param, block: Option<usize>) -> ValueId {
        // Unlike functions, blocks may pass a resume token on.
        let may_be_flawed = block.is_none() || param.ty == Type::Void;
        if let Some(flaw) = parameter_flaw(param.ty).filter(|_| may_be_flawed) {
            let message = format!("parameter '%{}' cannot be {flaw}", param.name);
            self.report(Diagnostic::new(param.span, message));
        }
        self.define_name(Definition {
            name: &param.name,
            ty: Some(param.ty).filter(|&ty| ty != Type::Void),
            span: param.span,
            is_block_param: block.is_some(),
            block,
        })
    }

    /// Adds a value without checking its name.
    fn add(&mut self, param: &'m Param, block: Option<usize>, is_block_param: bool) -> ValueId {
        let (name, span) = (&param.name, param.span);
        self.push(Definition { name, ty: Some(param.ty), span, is_block_param, block })
    }

    fn push(&mut self, definition: Definition<'m>) -> ValueId {
        let value = ValueId(self.definitions.len() as u32);
        self.definitions.push(definition);
        value
    }

    /// Adds a value, and reports its name if the function may not define it again. The walk decides
    /// whether two block parameters conflict.
    fn define_name(&mut self, definition: Definition<'m>) -> ValueId {
        check_name('%', definition.name, definition.span, self.reports);
        let value = self.push(definition);
        let Some(named) = self.by_name.get_mut(definition.name) else {
            let named = Named { first: value, last: value, same_type: true };
            self.by_name.insert(definition.name, named);
            return value;
        };
        let first = self.definitions[named.first.index()];
        let last = self.definitions[named.last.index()];
        named.same_type &= first.ty == definition.ty;
        named.last = value;
        let both_block_params = first.is_block_param && definition.is_block_param;
        if !both_block_params || last.block == definition.block {
            self.report_twice(definition.name, definition.span, last.span);
        }
        value
    }

    fn report_twice(&mut self, name: &str, span: Span, first: Span) {
        let message = format!("'%{name}' is defined twice");
        self.report(Diagnostic::new(span, message).related(first, "first defined here"));
    }
}
