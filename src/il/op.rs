//! What stands in an instruction beside its operands, and what an instruction uses.

use std::fmt;

use super::table::{AnyOp, Rule, instructions};
use super::words::words;
use super::{Operand, Signature, Target};

words! {
    /// How an atomic operation is ordered. The names are C11's.
    MemoryOrder;
    /// `relaxed`
    Relaxed "relaxed";
    /// `acquire`
    Acquire "acquire";
    /// `release`
    Release "release";
    /// `acq_rel`
    AcqRel "acq_rel";
    /// `seq_cst`
    SeqCst "seq_cst";
}

words! {
    /// What an atomic read-modify-write does with the old value and its operand.
    RmwOp;
    /// Wrapping addition.
    Add "add";
    /// Wrapping subtraction.
    Sub "sub";
    /// Bitwise and.
    And "and";
    /// Bitwise or.
    Or "or";
    /// Bitwise exclusive or.
    Xor "xor";
    /// The operand replaces the old value.
    Exchange "xchg";
    /// The smaller, signed.
    Min "min";
    /// The larger, signed.
    Max "max";
}

impl RmwOp {
    /// The new value.
    pub fn apply(self, old: u64, operand: u64) -> u64 {
        match self {
            RmwOp::Add => old.wrapping_add(operand),
            RmwOp::Sub => old.wrapping_sub(operand),
            RmwOp::And => old & operand,
            RmwOp::Or => old | operand,
            RmwOp::Xor => old ^ operand,
            RmwOp::Exchange => operand,
            RmwOp::Min => (old as i64).min(operand as i64) as u64,
            RmwOp::Max => (old as i64).max(operand as i64) as u64,
        }
    }
}

/// What an instruction names its operands, targets and symbols by.
pub trait Naming: Clone + fmt::Debug + PartialEq {
    /// A use of a value.
    type Operand: Clone + fmt::Debug + PartialEq;
    /// A branch target with its block arguments.
    type Target: Clone + fmt::Debug + PartialEq;
    /// A global.
    type Global: Clone + fmt::Debug + PartialEq;
    /// A function of the module.
    type Function: Clone + fmt::Debug + PartialEq;
    /// What a direct call calls.
    type Callee: Clone + fmt::Debug + PartialEq;
    /// What an indirect call expects of the callee.
    type Signature: Clone + fmt::Debug + PartialEq;
}

/// As the text does: names without their sigils.
#[derive(Clone, Debug, PartialEq)]
pub enum Written {}

impl Naming for Written {
    type Operand = Operand;
    type Target = Target;
    type Global = String;
    type Function = String;
    type Callee = String;
    /// Required when the callee is a temp; optional for `@name`.
    type Signature = Option<Signature>;
}

/// Calls `$f` with each operand of a plain instruction, beside the arms for the others.
macro_rules! visit {
    (
        alike { $($_alike:tt)* }
        plain { $(
            $(#[$_doc:meta])* $op:ident $_name:literal $_form:literal
            [$($_lead:tt)*] ($($operand:ident: $_want:expr, $_role:literal);*) [$($_order:tt)*] -> $_gives:expr;
        )* }
        shaped { $($_shaped:tt)* }
        $f:ident, match $self:ident { $($arms:tt)* }
    ) => {
        match $self {
            $( AnyOp::$op { $($operand,)* .. } => { $( $f($operand); )* } )*
            $($arms)*
        }
    };
}

impl<N: Naming> AnyOp<N> {
    /// Whether control never goes on to the next instruction of the block.
    pub fn is_terminator(&self) -> bool {
        self.gives() == Rule::Never
    }

    /// Calls `f` with every operand, but not with the arguments of branches.
    pub fn for_each_operand<'op>(&'op self, mut f: impl FnMut(&'op N::Operand)) {
        instructions!(
            visit,
            f,
            match self {
                AnyOp::GlobalAddress { .. }
                | AnyOp::FunctionAddress { .. }
                | AnyOp::ConstStr { .. }
                | AnyOp::ConstF64 { .. }
                | AnyOp::Br { .. }
                | AnyOp::EhPush { .. } => {}
                AnyOp::Unary { operand, .. } => f(operand),
                AnyOp::Binary { left, right, .. } => {
                    f(left);
                    f(right);
                }
                AnyOp::Call { args, .. } => args.iter().for_each(f),
                AnyOp::CallIndirect { callee, args, .. } => {
                    f(callee);
                    args.iter().for_each(f);
                }
                AnyOp::CBr { condition, .. } => f(condition),
                AnyOp::Switch { scrutinee, .. } => f(scrutinee),
                AnyOp::Ret { value } => value.iter().for_each(f),
                AnyOp::TrapKind { error } => error.iter().for_each(f),
                AnyOp::TrapFromErr { code, .. } => f(code),
                AnyOp::ResumeLabel { token, .. } => f(token),
            }
        );
    }

    /// Every block that the instruction names, the handler of `eh.push` among them.
    pub fn targets(&self) -> impl Iterator<Item = &N::Target> {
        let (first, second, cases) = match self {
            AnyOp::Br { target }
            | AnyOp::EhPush { handler: target }
            | AnyOp::ResumeLabel { target, .. } => (Some(target), None, [].as_slice()),
            AnyOp::CBr { if_true, if_false, .. } => (Some(if_true), Some(if_false), [].as_slice()),
            AnyOp::Switch { default, cases, .. } => (Some(default), None, cases.as_slice()),
            _ => (None, None, [].as_slice()),
        };
        first.into_iter().chain(second).chain(cases.iter().map(|(_, target)| target))
    }
}
