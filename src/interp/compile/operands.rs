//! What an IL operation reads, and where it may go.

use crate::il::resolved::{Op, Operand, Target};

/// Every branch target of an operation.
pub(super) fn for_each_target(op: &Op, mut f: impl FnMut(&Target)) {
    match op {
        Op::Br(target) | Op::ResumeLabel { target, .. } => f(target),
        Op::CBr { if_true, if_false, .. } => {
            f(if_true);
            f(if_false);
        }
        Op::Switch { default, cases, .. } => {
            f(default);
            for (_, target) in cases {
                f(target);
            }
        }
        _ => {}
    }
}

/// Every operand of an operation, without the arguments of its branches.
pub(super) fn for_each_operand(op: &Op, mut f: impl FnMut(&Operand)) {
    match op {
        Op::Constant { .. }
        | Op::GlobalAddress(_)
        | Op::FunctionAddress(_)
        | Op::ConstStr(_)
        | Op::Fence(_)
        | Op::Br(_)
        | Op::Trap
        | Op::EhPush(_)
        | Op::EhPop
        | Op::EhEntry => {}
        Op::Unary { operand, .. } => f(operand),
        Op::Binary { left, right, .. } => {
            f(left);
            f(right);
        }
        Op::Select { condition, if_true, if_false, .. } => {
            f(condition);
            f(if_true);
            f(if_false);
        }
        Op::IdxChk { index, low, high } => {
            f(index);
            f(low);
            f(high);
        }
        Op::Alloca { bytes } => f(bytes),
        Op::Load { pointer, .. } | Op::AtomicLoad { pointer, .. } => f(pointer),
        Op::Store { pointer, value, .. }
        | Op::AtomicStore { pointer, value, .. }
        | Op::AtomicRmw { pointer, value, .. } => {
            f(pointer);
            f(value);
        }
        Op::AtomicCas { pointer, expected, desired, .. } => {
            f(pointer);
            f(expected);
            f(desired);
        }
        Op::Gep { pointer, bytes } => {
            f(pointer);
            f(bytes);
        }
        Op::Call { args, .. } => args.iter().for_each(f),
        Op::CallIndirect { callee, args, .. } => {
            f(callee);
            args.iter().for_each(f);
        }
        Op::CBr { condition, .. } => f(condition),
        Op::Switch { scrutinee, .. } => f(scrutinee),
        Op::Ret(value) | Op::TrapKind(value) => value.iter().for_each(f),
        Op::TrapFromErr { code, .. } => f(code),
        Op::TrapErr { kind, message } => {
            f(kind);
            f(message);
        }
        Op::ResumeSame(token) | Op::ResumeNext(token) | Op::ResumeLabel { token, .. } => f(token),
    }
}
