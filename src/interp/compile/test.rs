//! The test of a conditional branch: a relation of two words.

use super::super::Register;
use super::super::table::Op;
use crate::il::BinaryOp;
use crate::il::resolved::{Operand, Source};

/// Makes the instruction that contains the literal.
pub(super) type LiteralForm = fn(Register, Register, i32) -> Op;

/// A relation between two operands. The other relations are these with the operands exchanged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Test {
    relation: Relation,
    left: Operand,
    right: Operand,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Relation {
    Eq,
    Ne,
    Lt,
    Le,
    Ult,
    Ule,
}

/// A relation to a literal. `<=` is `<` with the next literal.
#[derive(Clone, Copy, Debug)]
enum ToLiteral {
    Eq,
    Ne,
    Lt,
    Gt,
}

/// The operands that a test needs in registers: all except a literal that it contains.
pub(super) enum Operands {
    Two(Operand, Operand),
    Literal(Operand),
}

impl Test {
    /// Tests whether the operand, which is an `i1` or otherwise 0 or 1, is 1.
    pub(super) fn is_true(operand: Operand) -> Self {
        let zero = Operand { source: Source::Word(0), ty: operand.ty };
        Test { relation: Relation::Ne, left: operand, right: zero }
    }

    /// The test of an integer comparison.
    pub(super) fn of(op: BinaryOp, a: Operand, b: Operand) -> Option<Self> {
        let (relation, left, right) = match op {
            BinaryOp::ICmpEq => (Relation::Eq, a, b),
            BinaryOp::ICmpNe => (Relation::Ne, a, b),
            BinaryOp::SCmpLt => (Relation::Lt, a, b),
            BinaryOp::SCmpLe => (Relation::Le, a, b),
            BinaryOp::SCmpGt => (Relation::Lt, b, a),
            BinaryOp::SCmpGe => (Relation::Le, b, a),
            BinaryOp::UCmpLt => (Relation::Ult, a, b),
            BinaryOp::UCmpLe => (Relation::Ule, a, b),
            BinaryOp::UCmpGt => (Relation::Ult, b, a),
            BinaryOp::UCmpGe => (Relation::Ule, b, a),
            _ => return None,
        };
        Some(Test { relation, left, right })
    }

    pub(super) fn negated(self) -> Self {
        let Test { relation, left, right } = self;
        let (relation, left, right) = match relation {
            Relation::Eq => (Relation::Ne, left, right),
            Relation::Ne => (Relation::Eq, left, right),
            Relation::Lt => (Relation::Le, right, left),
            Relation::Le => (Relation::Lt, right, left),
            Relation::Ult => (Relation::Ule, right, left),
            Relation::Ule => (Relation::Ult, right, left),
        };
        Test { relation, left, right }
    }

    /// If this tests whether a word is zero: the word, and whether the test holds if the word is not zero.
    pub(super) fn of_boolean(self) -> Option<(Operand, bool)> {
        match (self.relation, self.right.source) {
            (Relation::Ne, Source::Word(0)) => Some((self.left, true)),
            (Relation::Eq, Source::Word(0)) => Some((self.left, false)),
            _ => None,
        }
    }

    fn to_literal(self) -> Option<(ToLiteral, Operand, i64)> {
        let word = |operand: Operand| match operand.source {
            Source::Word(word) => Some(word as i64),
            _ => None,
        };
        let (left, right) = (word(self.left), word(self.right));
        Some(match (self.relation, left, right) {
            (Relation::Eq, _, Some(k)) => (ToLiteral::Eq, self.left, k),
            (Relation::Eq, Some(k), _) => (ToLiteral::Eq, self.right, k),
            (Relation::Ne, _, Some(k)) => (ToLiteral::Ne, self.left, k),
            (Relation::Ne, Some(k), _) => (ToLiteral::Ne, self.right, k),
            (Relation::Lt, _, Some(k)) => (ToLiteral::Lt, self.left, k),
            (Relation::Lt, Some(k), _) => (ToLiteral::Gt, self.right, k),
            (Relation::Le, _, Some(k)) => (ToLiteral::Lt, self.left, k.checked_add(1)?),
            (Relation::Le, Some(k), _) => (ToLiteral::Gt, self.right, k.checked_sub(1)?),
            _ => return None,
        })
    }

    /// The instruction that puts the result into a register, if it can contain the literal.
    pub(super) fn into_register(self) -> Option<(LiteralForm, Operand, i32)> {
        let (relation, a, k) = self.to_literal()?;
        let form: LiteralForm = match relation {
            ToLiteral::Eq => |d, a, k| Op::EqK { d, a, k },
            ToLiteral::Ne => |d, a, k| Op::NeK { d, a, k },
            ToLiteral::Lt => |d, a, k| Op::LtK { d, a, k },
            ToLiteral::Gt => |d, a, k| Op::GtK { d, a, k },
        };
        Some((form, a, i32::try_from(k).ok()?))
    }

    pub(super) fn operands(self) -> Operands {
        match self.to_literal().map(|(_, a, k)| (a, i16::try_from(k))) {
            Some((a, Ok(_))) => Operands::Literal(a),
            _ => Operands::Two(self.left, self.right),
        }
    }

    pub(super) fn for_each_operand(self, f: &mut impl FnMut(Operand)) {
        match self.operands() {
            Operands::Literal(a) => f(a),
            Operands::Two(left, right) => {
                f(left);
                f(right);
            }
        }
    }

    /// The branch, with its operands in registers; `b` is the second of two.
    pub(super) fn branch(self, a: Register, b: Register, steps: bool) -> Op {
        let to = 0;
        if let Operands::Two(..) = self.operands() {
            return match (self.relation, steps) {
                (Relation::Eq, false) => Op::Jeq { a, b, to },
                (Relation::Ne, false) => Op::Jne { a, b, to },
                (Relation::Lt, false) => Op::Jlt { a, b, to },
                (Relation::Le, false) => Op::Jle { a, b, to },
                (Relation::Ult, false) => Op::Jult { a, b, to },
                (Relation::Ule, false) => Op::Jule { a, b, to },
                (Relation::Eq, true) => Op::JeqBack { a, b, to },
                (Relation::Ne, true) => Op::JneBack { a, b, to },
                (Relation::Lt, true) => Op::JltBack { a, b, to },
                (Relation::Le, true) => Op::JleBack { a, b, to },
                (Relation::Ult, true) => Op::JultBack { a, b, to },
                (Relation::Ule, true) => Op::JuleBack { a, b, to },
            };
        }
        let (relation, _, k) = self.to_literal().expect("it has one");
        let k = k as i16;
        match (relation, k, steps) {
            (ToLiteral::Eq, 0, false) => Op::JF { a, to },
            (ToLiteral::Ne, 0, false) => Op::JT { a, to },
            (ToLiteral::Eq, 0, true) => Op::JFBack { a, to },
            (ToLiteral::Ne, 0, true) => Op::JTBack { a, to },
            (ToLiteral::Eq, _, false) => Op::JeqK { a, k, to },
            (ToLiteral::Ne, _, false) => Op::JneK { a, k, to },
            (ToLiteral::Lt, _, false) => Op::JltK { a, k, to },
            (ToLiteral::Gt, _, false) => Op::JgtK { a, k, to },
            (ToLiteral::Eq, _, true) => Op::JeqKBack { a, k, to },
            (ToLiteral::Ne, _, true) => Op::JneKBack { a, k, to },
            (ToLiteral::Lt, _, true) => Op::JltKBack { a, k, to },
            (ToLiteral::Gt, _, true) => Op::JgtKBack { a, k, to },
        }
    }
}
