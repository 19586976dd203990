//! Branches: block arguments as moves, and jumps whose distance is known only when all blocks are
//! laid out.

use super::super::code::{Register, SwitchTable};
use super::super::table::Op;
use super::distance;
use super::function::{FunctionCompiler, SCRATCH};
use crate::il::resolved::{BlockId, Operand, Source, Target};

/// Where a jump goes that is not laid out yet.
#[derive(Clone, Copy)]
pub(super) enum Destination {
    Block(BlockId),
    Stub(usize),
}

impl FunctionCompiler<'_, '_> {
    /// Passes block arguments: all at once, as far as the guest can see.
    pub(super) fn moves(&mut self, target: &Target) {
        let params = &self.function.block(target.block).params;
        let mut pending: Vec<(Register, Register)> = Vec::new();
        let mut literals: Vec<(Register, u64)> = Vec::new();
        for (&param, arg) in params.iter().zip(&target.args) {
            let d = self.registers.of(param);
            match arg.source {
                Source::Value(value) => {
                    let a = self.registers.of(value);
                    if a != d {
                        pending.push((d, a));
                    }
                }
                source => literals.push((d, Self::word(source).expect("a literal"))),
            }
        }
        while !pending.is_empty() {
            let is_read =
                |d: Register, moves: &[(Register, Register)]| moves.iter().any(|m| m.1 == d);
            if let Some(at) = (0..pending.len()).find(|&i| !is_read(pending[i].0, &pending)) {
                let (d, a) = pending.swap_remove(at);
                self.emit(Op::Mov { d, a });
            } else {
                // Only circles are left: save one register, and read it from there.
                let (saved, d) = (pending[0].0, self.scratch(SCRATCH - 1));
                self.emit(Op::Mov { d, a: saved });
                pending.iter_mut().filter(|m| m.1 == saved).for_each(|m| m.1 = d);
            }
        }
        for (d, word) in literals {
            self.load_word(d, word);
        }
    }

    fn has_moves(&self, target: &Target) -> bool {
        let params = &self.function.block(target.block).params;
        params.iter().zip(&target.args).any(|(&param, arg)| match arg.source {
            Source::Value(value) => self.registers.of(value) != self.registers.of(param),
            _ => true,
        })
    }

    /// Passes the arguments and goes there; falls through where the block comes next.
    pub(super) fn branch(&mut self, target: &Target, block: usize) {
        let before = self.all.data.ops.len();
        self.moves(target);
        let falls_through = target.block.index() == block + 1;
        // A site needs an instruction even where nothing has to be done.
        if !falls_through || self.all.data.ops.len() == before {
            self.jump(target.block, block);
        }
    }

    pub(super) fn jump(&mut self, to: BlockId, block: usize) {
        let back = to.index() <= block;
        let at = self.emit(if back { Op::JmpBack { to: 0 } } else { Op::Jmp { to: 0 } });
        self.jumps.push((at, Destination::Block(to)));
    }

    /// Passes the arguments and goes there, from a place that is not the block's end.
    fn go(&mut self, target: &Target, block: usize) {
        self.moves(target);
        self.jump(target.block, block);
    }

    fn stub(&mut self) -> usize {
        self.stub_at.push(None);
        self.stub_at.len() - 1
    }

    fn begin_stub(&mut self, stub: usize) {
        self.stub_at[stub] = Some(self.all.data.ops.len());
    }

    pub(super) fn conditional(
        &mut self,
        condition: &Operand,
        if_true: &Target,
        if_false: &Target,
        block: usize,
    ) {
        let a = self.operand(condition);
        let is_back = |target: &Target| target.block.index() <= block;
        if !self.has_moves(if_true) {
            let op = if is_back(if_true) { Op::JTBack { a, to: 0 } } else { Op::JT { a, to: 0 } };
            let at = self.emit(op);
            self.jumps.push((at, Destination::Block(if_true.block)));
            self.branch(if_false, block);
        } else if !self.has_moves(if_false) && !is_back(if_false) {
            let at = self.emit(Op::JF { a, to: 0 });
            self.jumps.push((at, Destination::Block(if_false.block)));
            self.branch(if_true, block);
        } else {
            let stub = self.stub();
            let at = self.emit(Op::JF { a, to: 0 });
            self.jumps.push((at, Destination::Stub(stub)));
            self.go(if_true, block);
            self.begin_stub(stub);
            self.branch(if_false, block);
        }
    }

    pub(super) fn switch(
        &mut self,
        scrutinee: &Operand,
        default: &Target,
        cases: &[(i32, Target)],
        block: usize,
    ) {
        let a = self.operand(scrutinee);
        let table = self.all.data.switches.len();
        self.all.data.switches.push(SwitchTable::default());
        let at = self.emit(Op::Switch { a, p: table as u32 });
        // Each way goes through a stub behind the switch: that has the moves, and steps if it goes back.
        let ways = cases.iter().map(|(value, target)| (Some(i64::from(*value)), target));
        for (value, target) in ways.chain([(None, default)]) {
            let stub = self.stub();
            self.begin_stub(stub);
            self.switch_jumps.push((at, table, value, stub));
            self.go(target, block);
        }
    }

    pub(super) fn patch(&mut self) {
        let place =
            |destination: Destination, blocks: &[Option<usize>], stubs: &[Option<usize>]| {
                match destination {
                    Destination::Block(id) => blocks[id.index()],
                    Destination::Stub(stub) => stubs[stub],
                }
                .expect("every block and stub is laid out")
            };
        for (at, destination) in std::mem::take(&mut self.jumps) {
            let target = place(destination, &self.block_at, &self.stub_at);
            set_target(&mut self.all.data.ops[at], distance(at, target));
        }
        for (at, table, value, stub) in std::mem::take(&mut self.switch_jumps) {
            let target = place(Destination::Stub(stub), &self.block_at, &self.stub_at);
            let table = &mut self.all.data.switches[table];
            match value {
                Some(value) => _ = table.cases.insert(value, distance(at, target)),
                None => table.default = distance(at, target),
            }
        }
    }
}

fn set_target(op: &mut Op, distance: i32) {
    match op {
        Op::Jmp { to }
        | Op::JmpBack { to }
        | Op::JT { to, .. }
        | Op::JF { to, .. }
        | Op::JTBack { to, .. }
        | Op::Guard { to, .. } => *to = distance,
        op => unreachable!("{op:?} has no target"),
    }
}
