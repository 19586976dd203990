//! A jump whose distance is not known yet.

use super::super::table::Op;
use crate::il::resolved::BlockId;

/// The target of a jump that is not laid out yet.
#[derive(Clone, Copy)]
pub(super) enum Destination {
    Block(BlockId),
    Stub(usize),
}

/// Sets the distance of a jump.
pub(super) fn set_target(op: &mut Op, distance: i32) {
    match op {
        Op::Jmp { to }
        | Op::JmpBack { to }
        | Op::JT { to, .. }
        | Op::JF { to, .. }
        | Op::Jeq { to, .. }
        | Op::Jne { to, .. }
        | Op::Jlt { to, .. }
        | Op::Jle { to, .. }
        | Op::Jult { to, .. }
        | Op::Jule { to, .. }
        | Op::JeqK { to, .. }
        | Op::JneK { to, .. }
        | Op::JltK { to, .. }
        | Op::JgtK { to, .. }
        | Op::JTBack { to, .. }
        | Op::JFBack { to, .. }
        | Op::JeqBack { to, .. }
        | Op::JneBack { to, .. }
        | Op::JltBack { to, .. }
        | Op::JleBack { to, .. }
        | Op::JultBack { to, .. }
        | Op::JuleBack { to, .. }
        | Op::JeqKBack { to, .. }
        | Op::JneKBack { to, .. }
        | Op::JltKBack { to, .. }
        | Op::JgtKBack { to, .. }
        | Op::IncJlt { to, .. }
        | Op::IncJle { to, .. }
        | Op::IncJltK { to, .. }
        | Op::WIncJult { to, .. }
        | Op::Guard { to, .. } => *to = distance,
        op => unreachable!("{op:?} has no target"),
    }
}
