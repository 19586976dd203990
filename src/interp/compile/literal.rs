//! Operations that contain a literal.

use super::super::table::Op;
use super::shape::Shape;
use super::test::{LiteralForm, Test};
use crate::il::BinaryOp;
use crate::il::resolved::{Operand, Source};

/// The literal, if the operand is one that fits.
pub(super) fn literal(operand: &Operand) -> Option<i32> {
    match operand.source {
        Source::Word(word) => i32::try_from(word as i64).ok(),
        _ => None,
    }
}

/// The operation with its literal, if there is such an instruction.
pub(super) fn with_literal(op: BinaryOp, left: &Operand, right: &Operand) -> Option<Shape> {
    let with = |form: LiteralForm, a: &Operand, k: Option<i32>| {
        Some(Shape::Literal { form, a: *a, k: k? })
    };
    let on_the_right = |form| with(form, left, literal(right));
    let on_either = |form| with(form, left, literal(right)).or(with(form, right, literal(left)));
    let negative = literal(right).and_then(i32::checked_neg);
    let divides = |k: &i32| !matches!(k, 0 | -1);
    match op {
        BinaryOp::IAddOvf => on_either(|d, a, k| Op::AddK { d, a, k }),
        BinaryOp::ISubOvf => with(|d, a, k| Op::AddK { d, a, k }, left, negative),
        BinaryOp::IMulOvf => on_either(|d, a, k| Op::MulK { d, a, k }),
        BinaryOp::SDivChk0 => {
            with(|d, a, k| Op::DivK { d, a, k }, left, literal(right).filter(divides))
        }
        BinaryOp::SRemChk0 => {
            with(|d, a, k| Op::RemK { d, a, k }, left, literal(right).filter(divides))
        }
        BinaryOp::Add => on_either(|d, a, k| Op::WAddK { d, a, k }),
        BinaryOp::Sub => with(|d, a, k| Op::WAddK { d, a, k }, left, negative),
        BinaryOp::Mul => on_either(|d, a, k| Op::WMulK { d, a, k }),
        BinaryOp::And => on_either(|d, a, k| Op::AndK { d, a, k }),
        BinaryOp::Or => on_either(|d, a, k| Op::OrK { d, a, k }),
        BinaryOp::Xor => on_either(|d, a, k| Op::XorK { d, a, k }),
        BinaryOp::Shl => on_the_right(|d, a, k| Op::ShlK { d, a, k: k as u8 & 63 }),
        BinaryOp::LShr => on_the_right(|d, a, k| Op::LShrK { d, a, k: k as u8 & 63 }),
        BinaryOp::AShr => on_the_right(|d, a, k| Op::AShrK { d, a, k: k as u8 & 63 }),
        _ => {
            let (form, a, k) = Test::of(op, *left, *right)?.into_register()?;
            Some(Shape::Literal { form, a, k })
        }
    }
}
