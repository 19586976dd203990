//! The words that begin an instruction, and how each instruction is written.
//!
//! The table is the one place that ties a mnemonic to the operation it parses to. The forms in it
//! end up in help texts.

use std::collections::HashMap;

use super::{BinaryOp, Op, UnaryOp};

/// An operation without its operands: what the parser has when it has read one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mnemonic {
    Unary(UnaryOp),
    Binary(BinaryOp),
    Select,
    IdxChk,
    Alloca,
    Load,
    Store,
    Gep,
    GAddr,
    AddrOf,
    ConstStr,
    ConstNull,
    ConstF64,
    Call,
    CallIndirect,
    AtomicLoad,
    AtomicStore,
    AtomicRmw,
    AtomicCas,
    Fence,
    Br,
    CBr,
    Switch,
    Ret,
    Trap,
    TrapFromErr,
    TrapErr,
    TrapKind,
    EhPush,
    EhPop,
    EhEntry,
    ResumeSame,
    ResumeNext,
    ResumeLabel,
}

/// All mnemonics that are not in the tables of [`UnaryOp`] and [`BinaryOp`], with their forms.
const SPECIAL: &[(Mnemonic, &str, &str)] = &[
    (Mnemonic::Select, "select", "%r = select type, %condition, %a, %b"),
    (Mnemonic::IdxChk, "idx.chk", "%r = idx.chk %index, %low, %high"),
    (Mnemonic::Alloca, "alloca", "%p = alloca bytes"),
    (Mnemonic::Load, "load", "%r = load type, %pointer"),
    (Mnemonic::Store, "store", "store type, %pointer, %value"),
    (Mnemonic::Gep, "gep", "%p = gep %pointer, bytes"),
    (Mnemonic::GAddr, "gaddr", "%p = gaddr @global"),
    (Mnemonic::AddrOf, "addr_of", "%p = addr_of @function"),
    (Mnemonic::ConstStr, "const_str", "%s = const_str @global"),
    (Mnemonic::ConstNull, "const_null", "%p:type = const_null"),
    (Mnemonic::ConstF64, "const.f64", "%f = const.f64 1.5"),
    (Mnemonic::Call, "call", "%r = call @name(%a, %b)"),
    (Mnemonic::CallIndirect, "call.indirect", "%r = call.indirect [i64(ptr)] %pointer(%a)"),
    (Mnemonic::AtomicLoad, "atomic.load", "%r = atomic.load type, %pointer, acquire"),
    (Mnemonic::AtomicStore, "atomic.store", "atomic.store type, %pointer, %value, release"),
    (Mnemonic::AtomicRmw, "atomic.rmw", "%old = atomic.rmw add i64, %pointer, %value, acq_rel"),
    (
        Mnemonic::AtomicCas,
        "atomic.cas",
        "%old = atomic.cas i64, %pointer, %expected, %desired, acq_rel, acquire",
    ),
    (Mnemonic::Fence, "fence", "fence seq_cst"),
    (Mnemonic::Br, "br", "br label(%a)"),
    (Mnemonic::CBr, "cbr", "cbr %condition, label(%a), label(%b)"),
    (Mnemonic::Switch, "switch.i32", "switch.i32 %value, ^default, 1 -> ^one, 2 -> ^two"),
    (Mnemonic::Ret, "ret", "ret %value"),
    (Mnemonic::Trap, "trap", "trap"),
    (Mnemonic::TrapFromErr, "trap.from_err", "trap.from_err i32 7"),
    (Mnemonic::TrapErr, "trap.err", "%e = trap.err %kind, %message"),
    (Mnemonic::TrapKind, "trap.kind", "%k = trap.kind"),
    (Mnemonic::EhPush, "eh.push", "eh.push ^handler"),
    (Mnemonic::EhPop, "eh.pop", "eh.pop"),
    (Mnemonic::EhEntry, "eh.entry", "eh.entry"),
    (Mnemonic::ResumeSame, "resume.same", "resume.same %token"),
    (Mnemonic::ResumeNext, "resume.next", "resume.next %token"),
    (Mnemonic::ResumeLabel, "resume.label", "resume.label %token, ^label"),
];

impl Mnemonic {
    /// Every mnemonic with its spelling, in a fixed order.
    pub(super) fn all() -> impl Iterator<Item = (Mnemonic, &'static str)> {
        let binary = BinaryOp::ALL.iter().map(|&op| (Mnemonic::Binary(op), op.name()));
        let unary = UnaryOp::ALL.iter().map(|&op| (Mnemonic::Unary(op), op.name()));
        let special = SPECIAL.iter().map(|&(mnemonic, name, _)| (mnemonic, name));
        binary.chain(unary).chain(special)
    }

    /// From spelling to mnemonic.
    pub(super) fn by_name() -> HashMap<&'static str, Mnemonic> {
        Mnemonic::all().map(|(mnemonic, name)| (name, mnemonic)).collect()
    }

    /// An example of the instruction, for help texts.
    pub(super) fn form(self) -> String {
        match self {
            Mnemonic::Unary(op) => format!("%r = {} %a", op.name()),
            Mnemonic::Binary(op) => format!("%r = {} %a, %b", op.name()),
            _ => SPECIAL.iter().find(|row| row.0 == self).map_or("", |row| row.2).to_owned(),
        }
    }
}

impl Op {
    /// The word that begins the operation in the text: `iadd.ovf`, `br`.
    pub fn mnemonic(&self) -> &'static str {
        match self {
            Op::Unary(op, _) => op.name(),
            Op::Binary(op, ..) => op.name(),
            Op::Select { .. } => "select",
            Op::IdxChk { .. } => "idx.chk",
            Op::Alloca(_) => "alloca",
            Op::Load { .. } => "load",
            Op::Store { .. } => "store",
            Op::Gep(..) => "gep",
            Op::GAddr(_) => "gaddr",
            Op::AddrOf(_) => "addr_of",
            Op::ConstStr(_) => "const_str",
            Op::ConstNull => "const_null",
            Op::ConstF64(_) => "const.f64",
            Op::Call { .. } => "call",
            Op::CallIndirect { .. } => "call.indirect",
            Op::AtomicLoad { .. } => "atomic.load",
            Op::AtomicStore { .. } => "atomic.store",
            Op::AtomicRmw { .. } => "atomic.rmw",
            Op::AtomicCas { .. } => "atomic.cas",
            Op::Fence(_) => "fence",
            Op::Br(_) => "br",
            Op::CBr { .. } => "cbr",
            Op::Switch { .. } => "switch.i32",
            Op::Ret(_) => "ret",
            Op::Trap => "trap",
            Op::TrapFromErr { .. } => "trap.from_err",
            Op::TrapErr { .. } => "trap.err",
            Op::TrapKind(_) => "trap.kind",
            Op::EhPush(_) => "eh.push",
            Op::EhPop => "eh.pop",
            Op::EhEntry => "eh.entry",
            Op::ResumeSame(_) => "resume.same",
            Op::ResumeNext(_) => "resume.next",
            Op::ResumeLabel { .. } => "resume.label",
        }
    }

    /// Whether control never goes on to the next instruction of the block.
    pub fn is_terminator(&self) -> bool {
        matches!(
            self,
            Op::Br(_)
                | Op::CBr { .. }
                | Op::Switch { .. }
                | Op::Ret(_)
                | Op::Trap
                | Op::TrapFromErr { .. }
                | Op::ResumeSame(_)
                | Op::ResumeNext(_)
                | Op::ResumeLabel { .. }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_spelling_stands_twice_in_the_table() {
        assert_eq!(Mnemonic::by_name().len(), Mnemonic::all().count());
    }

    #[test]
    fn every_form_begins_with_its_mnemonic() {
        for (mnemonic, name) in Mnemonic::all() {
            let form = mnemonic.form();
            let operation = form.split_once(" = ").map_or(form.as_str(), |(_, right)| right);
            assert_eq!(operation.split(' ').next(), Some(name));
        }
    }
}
