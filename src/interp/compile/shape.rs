//! How an instruction is emitted that is more than its own operation.

use super::test::{LiteralForm, Test};
use crate::il::resolved::Operand;

/// How an instruction is emitted if operands are folded into it, or one operand is a literal.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    /// A load from, or a store to, this address.
    Access(Address),
    /// `c + a * b`, or `c - a * b`.
    MulAdd { c: Operand, a: Operand, b: Operand, subtract: bool },
    /// An operation with a literal.
    Literal { form: LiteralForm, a: Operand, k: i32 },
    /// A conditional branch.
    Branch(Test),
}

/// The place of a cell.
#[derive(Clone, Copy, Debug)]
pub(super) enum Address {
    Global(u32),
    Offset(Operand, i32),
    Indexed(Operand, Operand),
}
