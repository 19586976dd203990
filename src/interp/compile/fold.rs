//! Decides which instructions are not emitted on their own; the plan is made before registers are assigned.
//!
//! An IL instruction is *folded* if its computation is part of another instruction's operation: an address, a
//! comparison before a branch, a product before a sum. Only instructions that neither trap nor touch memory
//! are folded, so that nothing that the guest can observe moves: a trap still belongs to its load or store.
//! Constants and addresses of globals and functions are *known* words, which are written where they are used.
//!
//! A function with handlers folds less. Control can return to any instruction that trapped, through a
//! token that is older than the current values; recomputing a value there could give a different result.
//! computed before.

use std::collections::BTreeMap;

use super::super::address::function_address;
use super::super::code::CodeData;
use super::literal::{literal, with_literal};
use super::shape::{Address, Shape};
use super::test::Test;
use crate::il::resolved::{self, Function, Instruction, Operand, Source, ValueId};
use crate::il::{BinaryOp, Type, UnaryOp};

/// The plan; see the module.
pub(super) struct Plan {
    known: Vec<Option<u64>>,
    folded: Vec<bool>,
    /// How often each value is read before folding.
    uses: Vec<u32>,
    shapes: BTreeMap<(usize, usize), Shape>,
}

impl Plan {
    /// Makes the plan. `words` are the globals' addresses and the strings' handles; `code` knows which
    /// addresses those are.
    pub(super) fn new(function: &Function, words: &[u64], code: &CodeData) -> Self {
        let mut planner = Planner::new(function, words, code);
        planner.drop_unread();
        // Accesses cannot compute checked addresses.
        if !code.is_checked {
            planner.fold_addresses();
        }
        planner.shape_instructions();
        let Planner { known, folded, uses, shapes, .. } = planner;
        Plan { known, folded, uses, shapes }
    }

    /// Whether the instruction is emitted on its own.
    pub(super) fn is_emitted(&self, instruction: &Instruction) -> bool {
        instruction
            .result
            .is_none_or(|it| !self.folded[it.index()] && self.known[it.index()].is_none())
    }

    /// The operand, or the known word in its place.
    pub(super) fn resolve(&self, operand: &Operand) -> Operand {
        resolve(&self.known, operand)
    }

    pub(super) fn shape(&self, block: usize, nth: usize) -> Option<&Shape> {
        self.shapes.get(&(block, nth))
    }

    /// Whether the value is read.
    pub(super) fn is_read(&self, value: ValueId) -> bool {
        self.uses[value.index()] > 0
    }

    /// Every operand that the instruction at this place must find in a register; also arguments of
    /// branches and calls and returned values, which may be in one.
    pub(super) fn for_each_operand(
        &self,
        function: &Function,
        (block, nth): (usize, usize),
        mut f: impl FnMut(Operand),
    ) {
        let instruction = &function.blocks[block].instructions[nth];
        if !self.is_emitted(instruction) {
            return;
        }
        self.for_each_argument(function, instruction, &mut f);
        self.for_each_own_operand((block, nth), instruction, f);
    }

    /// Every literal that the instruction at this place must find in a register. Arguments and returned
    /// values are not included: they are written where they must be.
    pub(super) fn for_each_literal(
        &self,
        function: &Function,
        (block, nth): (usize, usize),
        mut f: impl FnMut(u64),
    ) {
        let instruction = &function.blocks[block].instructions[nth];
        if !self.is_emitted(instruction) {
            return;
        }
        let literal = |operand: Operand| {
            if let Source::Word(word) = operand.source {
                f(word);
            }
        };
        match &instruction.op {
            resolved::Op::Call { .. } | resolved::Op::Ret { .. } => {}
            resolved::Op::CallIndirect { callee, .. } => {
                let mut literal = literal;
                literal(self.resolve(callee));
            }
            _ => self.for_each_own_operand((block, nth), instruction, literal),
        }
    }

    /// Every operand except a branch's arguments.
    fn for_each_own_operand(
        &self,
        (block, nth): (usize, usize),
        instruction: &Instruction,
        mut f: impl FnMut(Operand),
    ) {
        match self.shape(block, nth) {
            Some(shape) => {
                shape.for_each_operand(&mut f);
                if let resolved::Op::Store { value, .. } = &instruction.op {
                    f(self.resolve(value));
                }
            }
            None => instruction.op.for_each_operand(|operand| f(self.resolve(operand))),
        }
    }

    /// The arguments that a branch passes to parameters that are read.
    fn for_each_argument(
        &self,
        function: &Function,
        instruction: &Instruction,
        f: &mut impl FnMut(Operand),
    ) {
        for target in instruction.op.targets() {
            for (&param, arg) in function.block(target.block).params.iter().zip(&target.args) {
                if self.is_read(param) {
                    f(self.resolve(arg));
                }
            }
        }
    }
}

impl Shape {
    fn for_each_operand(&self, f: &mut impl FnMut(Operand)) {
        match *self {
            Shape::Access(Address::Global(_)) => {}
            Shape::Access(Address::Offset(base, _)) => f(base),
            Shape::Access(Address::Indexed(base, index)) => {
                f(base);
                f(index);
            }
            Shape::MulAdd { c, a, b, .. } => {
                f(c);
                f(a);
                f(b);
            }
            Shape::Literal { a, .. } => f(a),
            Shape::Branch(test) => test.for_each_operand(f),
        }
    }
}

fn resolve(known: &[Option<u64>], operand: &Operand) -> Operand {
    let source = match operand.source {
        Source::Value(value) => known[value.index()].map_or(operand.source, Source::Word),
        Source::Function(id) => Source::Word(function_address(id.0)),
        source @ Source::Word(_) => source,
    };
    Operand { source, ty: operand.ty }
}

/// Whether the operation has no observable effect except its result. In checked code, an ordered
/// comparison of pointers can trap.
fn is_pure(op: &resolved::Op) -> bool {
    use resolved::Op as Il;
    match op {
        Il::Binary { op, left, .. } if left.ty == Type::Ptr => {
            matches!(op, BinaryOp::ICmpEq | BinaryOp::ICmpNe)
        }
        Il::ConstF64 { .. }
        | Il::ConstNull {}
        | Il::GlobalAddress { .. }
        | Il::FunctionAddress { .. }
        | Il::ConstStr { .. }
        | Il::Gep { .. }
        | Il::Select { .. } => true,
        Il::Binary { op, .. } => match op {
            // They may trap.
            BinaryOp::IAddOvf
            | BinaryOp::ISubOvf
            | BinaryOp::IMulOvf
            | BinaryOp::SDivChk0
            | BinaryOp::UDivChk0
            | BinaryOp::SRemChk0
            | BinaryOp::URemChk0 => false,
            BinaryOp::Add
            | BinaryOp::Sub
            | BinaryOp::Mul
            | BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::Xor
            | BinaryOp::Shl
            | BinaryOp::LShr
            | BinaryOp::AShr
            | BinaryOp::FAdd
            | BinaryOp::FSub
            | BinaryOp::FMul
            | BinaryOp::FDiv
            | BinaryOp::ICmpEq
            | BinaryOp::ICmpNe
            | BinaryOp::SCmpLt
            | BinaryOp::SCmpLe
            | BinaryOp::SCmpGt
            | BinaryOp::SCmpGe
            | BinaryOp::UCmpLt
            | BinaryOp::UCmpLe
            | BinaryOp::UCmpGt
            | BinaryOp::UCmpGe
            | BinaryOp::FCmpEq
            | BinaryOp::FCmpNe
            | BinaryOp::FCmpLt
            | BinaryOp::FCmpLe
            | BinaryOp::FCmpGt
            | BinaryOp::FCmpGe
            | BinaryOp::FCmpOrd
            | BinaryOp::FCmpUno => true,
        },
        Il::Unary { op, .. } => matches!(op, UnaryOp::Zext1 | UnaryOp::Trunc1),
        _ => false,
    }
}

struct Planner<'f> {
    function: &'f Function,
    code: &'f CodeData,
    guards: bool,
    /// By value: the position of its definition, if it is the result of an instruction.
    home: Vec<Option<(usize, usize)>>,
    known: Vec<Option<u64>>,
    uses: Vec<u32>,
    folded: Vec<bool>,
    shapes: BTreeMap<(usize, usize), Shape>,
}

impl<'f> Planner<'f> {
    fn new(function: &'f Function, words: &[u64], code: &'f CodeData) -> Self {
        let count = function.values.len();
        let mut it = Planner {
            function,
            code,
            guards: function.blocks.iter().any(|block| block.is_handler),
            home: vec![None; count],
            known: vec![None; count],
            uses: vec![0; count],
            folded: vec![false; count],
            shapes: BTreeMap::new(),
        };
        for (block, nth, instruction) in places(function) {
            if let Some(result) = instruction.result {
                it.home[result.index()] = Some((block, nth));
                it.known[result.index()] = match &instruction.op {
                    resolved::Op::ConstF64 { value } => Some(value.to_bits()),
                    resolved::Op::ConstNull {} => Some(0),
                    resolved::Op::GlobalAddress { global } | resolved::Op::ConstStr { global } => {
                        Some(words[global.index()])
                    }
                    resolved::Op::FunctionAddress { function } => {
                        Some(function_address(function.0))
                    }
                    _ => None,
                };
            }
            it.count_uses(&instruction.op, 1);
        }
        it
    }

    fn count_uses(&mut self, op: &resolved::Op, by: i32) {
        let mut count = |operand: &Operand| {
            if let Source::Value(value) = operand.source {
                let uses = &mut self.uses[value.index()];
                *uses = uses.wrapping_add_signed(by);
            }
        };
        op.targets().for_each(|target| target.args.iter().for_each(&mut count));
        op.for_each_operand(count);
    }

    fn definition(&self, operand: &Operand) -> Option<(ValueId, &'f resolved::Op)> {
        let Source::Value(value) = operand.source else { return None };
        let (block, nth) = self.home[value.index()]?;
        Some((value, &self.function.blocks[block].instructions[nth].op))
    }

    /// The definition of an operand that has no other reader and is in this block, if nothing between it
    /// and `nth` prevents carrying it out at `nth`.
    fn only_use(
        &self,
        operand: &Operand,
        (block, nth): (usize, usize),
    ) -> Option<&'f resolved::Op> {
        let (value, op) = self.definition(operand)?;
        let (home, at) = self.home[value.index()]?;
        let between = || &self.function.blocks[block].instructions[at..nth];
        (home == block
            && self.uses[value.index()] == 1
            && (!self.guards || between().iter().all(|it| is_pure(&it.op))))
        .then_some(op)
    }

    /// Drops instructions that have neither an effect nor a reader.
    fn drop_unread(&mut self) {
        let function = self.function;
        for (_, _, instruction) in places(function).collect::<Vec<_>>().into_iter().rev() {
            if let Some(result) = instruction.result
                && self.uses[result.index()] == 0
                && is_pure(&instruction.op)
            {
                self.folded[result.index()] = true;
                self.count_uses(&instruction.op, -1);
            }
        }
    }

    /// An address is folded if all its readers are loads and stores, or such addresses.
    fn fold_addresses(&mut self) {
        if self.guards {
            return;
        }
        let function = self.function;
        let mut absorbed = vec![0; function.values.len()];
        // The distance from a folded address to the farthest access of its readers.
        let mut reach = vec![0_i64; function.values.len()];
        for (_, _, instruction) in places(function) {
            if let resolved::Op::Load { pointer, .. } | resolved::Op::Store { pointer, .. } =
                &instruction.op
                && let Source::Value(value) = pointer.source
            {
                absorbed[value.index()] += 1;
            }
        }
        for (_, _, instruction) in places(function).collect::<Vec<_>>().into_iter().rev() {
            let (Some(result), resolved::Op::Gep { pointer, bytes }) =
                (instruction.result, &instruction.op)
            else {
                continue;
            };
            let result = result.index();
            if self.folded[result] || absorbed[result] != self.uses[result] {
                continue;
            }
            let below = |it: &Operand| match it.source {
                Source::Value(value) => Some(value.index()),
                _ => None,
            };
            if let Some(k) = literal(&resolve(&self.known, bytes)) {
                let far = reach[result] + i64::from(k).abs();
                if i32::try_from(far).is_err() {
                    continue;
                }
                self.folded[result] = true;
                if let Some(base) = below(pointer) {
                    absorbed[base] += 1;
                    reach[base] = reach[base].max(far);
                }
            } else if reach[result] == 0
                && let Some((scaled, _)) = self.scaled(bytes)
            {
                self.folded[result] = true;
                absorbed[scaled.index()] += 1;
                // Other readers of the scaled index still need it.
                let all = absorbed[scaled.index()] == self.uses[scaled.index()];
                self.folded[scaled.index()] |= all;
            }
        }
    }

    /// The value that is eight times an index, and the index.
    fn scaled(&self, bytes: &Operand) -> Option<(ValueId, Operand)> {
        let (value, op) = self.definition(bytes)?;
        let resolved::Op::Binary { op, left, right, .. } = op else { return None };
        let (left, right) = (resolve(&self.known, left), resolve(&self.known, right));
        match (op, literal(&left), literal(&right)) {
            (BinaryOp::Shl, _, Some(3)) | (BinaryOp::Mul, _, Some(8)) => Some((value, left)),
            (BinaryOp::Mul, Some(8), _) => Some((value, right)),
            _ => None,
        }
    }

    fn address(&self, pointer: &Operand) -> Address {
        let (mut base, mut offset) = (*pointer, 0);
        while let Some((value, resolved::Op::Gep { pointer, bytes })) = self.definition(&base)
            && self.folded[value.index()]
        {
            match literal(&resolve(&self.known, bytes)) {
                Some(k) => {
                    base = *pointer;
                    offset += k;
                }
                None if offset == 0 => {
                    let (_, index) = self.scaled(bytes).expect("it was when it was folded");
                    return Address::Indexed(resolve(&self.known, pointer), index);
                }
                None => unreachable!("nothing is added to a folded address with an index"),
            }
        }
        let base = resolve(&self.known, &base);
        let global = match base.source {
            Source::Word(word) if offset == 0 => self.code.global_at(word),
            _ => None,
        };
        global.map_or(Address::Offset(base, offset), Address::Global)
    }

    fn shape_instructions(&mut self) {
        let function = self.function;
        for (block, nth, instruction) in places(function).collect::<Vec<_>>().into_iter().rev() {
            if instruction.result.is_some_and(|it| self.folded[it.index()]) {
                continue;
            }
            if let Some(shape) = self.shape_of((block, nth), &instruction.op) {
                self.shapes.insert((block, nth), shape);
            }
        }
    }

    fn shape_of(&mut self, at: (usize, usize), op: &resolved::Op) -> Option<Shape> {
        match op {
            resolved::Op::Load { pointer, .. } | resolved::Op::Store { pointer, .. } => {
                Some(Shape::Access(self.address(pointer)))
            }
            op if self.is_checked_comparison(op) => None,
            resolved::Op::CBr { condition, .. } => Some(Shape::Branch(self.test(condition, at))),
            resolved::Op::Binary { op, left, right, .. } => {
                let (a, b) = (resolve(&self.known, left), resolve(&self.known, right));
                self.product(*op, &a, &b, at).or_else(|| with_literal(*op, &a, &b))
            }
            resolved::Op::Gep { pointer, bytes } if !self.code.is_checked => {
                let (a, b) = (resolve(&self.known, pointer), resolve(&self.known, bytes));
                with_literal(BinaryOp::Add, &a, &b)
            }
            _ => None,
        }
    }

    fn product(
        &mut self,
        op: BinaryOp,
        left: &Operand,
        right: &Operand,
        at: (usize, usize),
    ) -> Option<Shape> {
        let factors = |this: &Self, it: &Operand| match this.only_use(it, at)? {
            resolved::Op::Binary { op: BinaryOp::FMul, left, right, .. } => Some((*left, *right)),
            _ => None,
        };
        let is_sum = op == BinaryOp::FAdd;
        if !is_sum && op != BinaryOp::FSub {
            return None;
        }
        let (product, c, (a, b)) = match factors(self, right) {
            Some(found) => (right, left, found),
            None if is_sum => (left, right, factors(self, left)?),
            None => return None,
        };
        self.fold(product);
        let (a, b) = (resolve(&self.known, &a), resolve(&self.known, &b));
        Some(Shape::MulAdd { c: *c, a, b, subtract: !is_sum })
    }

    fn fold(&mut self, operand: &Operand) {
        if let Source::Value(value) = operand.source {
            self.folded[value.index()] = true;
        }
    }

    /// The comparison of a branch on this condition, after removing negations and changes of width.
    fn test(&mut self, condition: &Operand, at: (usize, usize)) -> Test {
        let mut test = Test::is_true(resolve(&self.known, condition));
        while let Some((operand, holds)) = test.of_boolean()
            && let Some(op) = self.only_use(&operand, at)
        {
            let inner = match op {
                op if self.is_checked_comparison(op) => None,
                resolved::Op::Binary { op, left, right, .. } => {
                    let (a, b) = (resolve(&self.known, left), resolve(&self.known, right));
                    let negated = *op == BinaryOp::Xor && literal(&b) == Some(1);
                    if negated && self.is_boolean(&a) {
                        Some(Test::is_true(a).negated())
                    } else {
                        Test::of(*op, a, b)
                    }
                }
                resolved::Op::Unary { op: UnaryOp::Zext1, operand, .. } => {
                    Some(Test::is_true(resolve(&self.known, operand)))
                }
                resolved::Op::Unary { op: UnaryOp::Trunc1, operand, .. }
                    if self.is_boolean(operand) =>
                {
                    Some(Test::is_true(resolve(&self.known, operand)))
                }
                _ => None,
            };
            let Some(inner) = inner else { break };
            self.fold(&operand);
            test = if holds { inner } else { inner.negated() };
        }
        test
    }

    /// Whether the operation is a pointer comparison that checked code does differently. Null is 0 there
    /// too, so a test for null is not.
    fn is_checked_comparison(&self, op: &resolved::Op) -> bool {
        let resolved::Op::Binary { op, left, right } = op else { return false };
        let is_null = |it: &Operand| resolve(&self.known, it).source == Source::Word(0);
        let is_whether_null =
            matches!(op, BinaryOp::ICmpEq | BinaryOp::ICmpNe) && (is_null(left) || is_null(right));
        self.code.is_checked && left.ty == Type::Ptr && !is_whether_null
    }

    /// Whether the operand is known to be 0 or 1.
    fn is_boolean(&self, operand: &Operand) -> bool {
        operand.ty == Type::I1
            || matches!(
                self.definition(operand),
                Some((_, resolved::Op::Unary { op: UnaryOp::Zext1, .. }))
            )
    }
}

fn places(function: &Function) -> impl Iterator<Item = (usize, usize, &Instruction)> {
    function.blocks.iter().enumerate().flat_map(|(block, it)| {
        it.instructions.iter().enumerate().map(move |(nth, it)| (block, nth, it))
    })
}
