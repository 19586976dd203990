//! The operands and targets of an instruction.

use super::Naming;
use super::table::{AnyOp, Rule, instructions};

/// Calls `$f` with each operand of a plain instruction, in addition to the arms for the others.
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

    /// Every block that the instruction names, including the handler of `eh.push`.
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
