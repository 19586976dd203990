//! Branches: block arguments as moves, and jumps whose distance is known only when all blocks are laid out.

use super::super::Register;
use super::super::table::Op;
use super::distance;
use super::function::{FunctionCompiler, SCRATCH};
use super::jump::{Destination, set_target};
use super::shape::Shape;
use super::test::{Operands, Test};
use crate::il::resolved::{self, BlockId, Operand, Source, Target};

/// The maximum number of empty blocks that an edge skips, so that a long row of them compiles in linear time.
const PASSED_MAX: usize = 8;

/// A way from one block to another.
#[derive(Clone, Copy)]
pub(super) struct Edge<'m> {
    block: BlockId,
    args: &'m [Operand],
    /// Whether going this way ends a step. Backward ways do, according to the order of the blocks; a
    /// shortened way does if a part of it did.
    steps: bool,
}

/// The moves of an edge: from register to register, and literals.
#[derive(Default)]
struct Moves {
    registers: Vec<(Register, Register)>,
    literals: Vec<(Register, u64)>,
}

impl<'m> FunctionCompiler<'_, 'm> {
    /// The way from a block to a target of its terminator. It skips blocks that only branch on.
    pub(super) fn edge(&self, target: &'m Target, from: usize) -> Edge<'m> {
        let mut edge =
            Edge { block: target.block, args: &target.args, steps: target.block.index() <= from };
        for _ in 0..PASSED_MAX {
            let Some(next) = self.next_of_empty(edge.block) else { break };
            let steps = next.block.index() <= edge.block.index();
            // A way ends at most one step; and empty blocks may form a cycle, in which some way must end one.
            if steps && edge.steps {
                break;
            }
            edge = Edge { block: next.block, args: &next.args, steps: steps || edge.steps };
        }
        edge
    }

    /// The target of a block that has no parameters and does nothing but branch.
    fn next_of_empty(&self, id: BlockId) -> Option<&'m Target> {
        let block = self.function.block(id);
        let (last, others) = block.instructions.split_last()?;
        match &last.op {
            resolved::Op::Br { target }
                if block.params.is_empty() && !others.iter().any(|it| self.plan.is_emitted(it)) =>
            {
                Some(target)
            }
            _ => None,
        }
    }

    /// The moves that pass an edge's arguments to the parameters that are read.
    fn moves_of(&self, edge: Edge<'_>) -> Moves {
        let Moves { mut registers, mut literals } = Moves::default();
        let params = &self.function.block(edge.block).params;
        for (&param, arg) in params.iter().zip(edge.args) {
            if !self.plan.is_read(param) {
                continue;
            }
            let d = self.register(param);
            match self.plan.resolve(arg).source {
                Source::Value(value) => {
                    let a = self.register(value);
                    if a != d {
                        registers.push((d, a));
                    }
                }
                source => literals.push((d, Self::word(source).expect("a literal"))),
            }
        }
        Moves { registers, literals }
    }

    pub(super) fn has_moves(&self, edge: Edge<'_>) -> bool {
        let Moves { registers, literals } = self.moves_of(edge);
        !registers.is_empty() || !literals.is_empty()
    }

    /// Passes block arguments: all at once, as far as the guest can see.
    pub(super) fn pass(&mut self, edge: Edge<'_>) {
        let Moves { registers: mut pending, literals } = self.moves_of(edge);
        while !pending.is_empty() {
            let is_read =
                |d: Register, moves: &[(Register, Register)]| moves.iter().any(|m| m.1 == d);
            if let Some(at) = (0..pending.len()).find(|&i| !is_read(pending[i].0, &pending)) {
                let (d, a) = pending.swap_remove(at);
                self.emit(Op::Mov { d, a });
            } else {
                // Only cycles are left: save one register, and read it from there.
                let (saved, d) = (pending[0].0, self.scratch(SCRATCH - 1));
                self.emit(Op::Mov { d, a: saved });
                pending.iter_mut().filter(|m| m.1 == saved).for_each(|m| m.1 = d);
            }
        }
        for (d, word) in literals {
            self.load_word(d, word);
        }
    }

    /// Passes the arguments of a branch that its own instruction takes.
    pub(super) fn moves(&mut self, target: &'m Target) {
        self.pass(Edge { block: target.block, args: &target.args, steps: true });
    }

    /// An unconditional branch, at the end of a block.
    pub(super) fn branch(&mut self, target: &'m Target, block: usize) {
        let edge = self.edge(target, block);
        self.finish(edge, block);
    }

    /// Passes the arguments and goes to the target; falls through if the target comes next.
    fn finish(&mut self, edge: Edge<'m>, block: usize) {
        if let Some((test, yes, no)) = self.test_of_loop(edge) {
            self.pass(edge);
            self.choose(test, yes, no, block);
        } else {
            self.go(edge, block);
        }
    }

    /// If a way goes back to a block that only tests whether to go on: the test of that block, and its
    /// two ways. Testing at the loop's end saves a branch.
    fn test_of_loop(&self, edge: Edge<'_>) -> Option<(Test, Edge<'m>, Edge<'m>)> {
        let block = self.function.block(edge.block);
        let (last, others) = block.instructions.split_last()?;
        let resolved::Op::CBr { if_true, if_false, .. } = &last.op else { return None };
        if !edge.steps || others.iter().any(|it| self.plan.is_emitted(it)) {
            return None;
        }
        let index = edge.block.index();
        let (yes, no) = (self.edge(if_true, index), self.edge(if_false, index));
        let &Shape::Branch(test) = self.plan.shape(index, others.len())? else { return None };
        // The step that would end on the way to that block ends on the way from it instead.
        (!yes.steps && !no.steps).then_some((
            test,
            Edge { steps: true, ..yes },
            Edge { steps: true, ..no },
        ))
    }

    fn go(&mut self, edge: Edge<'m>, block: usize) {
        self.pass(edge);
        if !Self::comes_next(edge, block) {
            self.jump(edge);
        }
    }

    fn comes_next(edge: Edge<'_>, block: usize) -> bool {
        edge.block.index() == block + 1 && !edge.steps
    }

    pub(super) fn jump(&mut self, edge: Edge<'_>) {
        let at = self.emit(if edge.steps { Op::JmpBack { to: 0 } } else { Op::Jmp { to: 0 } });
        self.jumps.push((at, Destination::Block(edge.block)));
    }

    pub(super) fn new_stub(&mut self) -> usize {
        self.stub_at.push(usize::MAX);
        self.stub_at.len() - 1
    }

    /// A stub begins with the next instruction.
    pub(super) fn begin_stub(&mut self, stub: usize) {
        self.stub_at[stub] = self.all.data.ops.len();
    }

    /// Goes to a destination if the test holds.
    fn jump_if(&mut self, test: Test, to: Destination, steps: bool, block: usize) {
        self.scratch_used = 0;
        let (a, b) = match test.operands() {
            Operands::Literal(a) => (self.operand(&a), 0),
            Operands::Two(a, b) => (self.operand(&a), self.operand(&b)),
        };
        let branch = test.branch(a, b, steps);
        let at = match self.with_increment(branch, block) {
            Some(at) => at,
            None => self.emit(branch),
        };
        self.jumps.push((at, to));
    }

    /// Merges the addition before a branch into the branch that compares its result. The addition may
    /// trap. The merged instruction has the addition's site, so in a function with handlers it must
    /// contain nothing else.
    fn with_increment(&mut self, branch: Op, block: usize) -> Option<usize> {
        let at = self.all.data.ops.len().checked_sub(1)?;
        if self.guards || self.block_at[block].is_none_or(|first| first > at) {
            return None;
        }
        let small = |k: i32| i8::try_from(k).ok();
        let (sum, whole) = match (self.all.data.ops[at], branch) {
            (Op::AddK { d, a, k }, Op::JltBack { a: sum, b, to }) if d == a && b != d => {
                (sum == d, Op::IncJlt { a, b, k: small(k)?, to })
            }
            (Op::AddK { d, a, k }, Op::JleBack { a: sum, b, to }) if d == a && b != d => {
                (sum == d, Op::IncJle { a, b, k: small(k)?, to })
            }
            (Op::AddK { d, a, k: 1 }, Op::JltKBack { a: sum, k, to }) if d == a => {
                (sum == d, Op::IncJltK { a, k, to })
            }
            (Op::WAddK { d, a, k }, Op::JultBack { a: sum, b, to }) if d == a && b != d => {
                (sum == d, Op::WIncJult { a, b, k: small(k)?, to })
            }
            _ => return None,
        };
        sum.then(|| {
            self.all.data.ops[at] = whole;
            at
        })
    }

    /// A conditional branch, at the end of a block.
    pub(super) fn conditional(
        &mut self,
        at: (usize, usize),
        if_true: &'m Target,
        if_false: &'m Target,
    ) {
        let Some(&Shape::Branch(test)) = self.plan.shape(at.0, at.1) else {
            unreachable!("every conditional branch has a test")
        };
        let (yes, no) = (self.edge(if_true, at.0), self.edge(if_false, at.0));
        self.choose(test, yes, no, at.0);
    }

    /// Goes one way if the test holds, otherwise the other. The jump takes a way without moves:
    /// preferably a backward one, or else one that does not come next. If both ways have moves, those of
    /// the way that comes next are placed last.
    fn choose(&mut self, test: Test, yes: Edge<'m>, no: Edge<'m>, block: usize) {
        let rank = |this: &Self, edge: Edge<'_>| match (this.has_moves(edge), edge.steps) {
            (true, _) => 0,
            (false, true) if edge.block.index() <= block => 4,
            (false, true) => 3,
            (false, false) if Self::comes_next(edge, block) => 1,
            (false, false) => 2,
        };
        let (rank_of_yes, rank_of_no) = (rank(self, yes), rank(self, no));
        let swaps = match (rank_of_yes, rank_of_no) {
            (0, 0) => Self::comes_next(no, block),
            (yes, no) => no > yes,
        };
        let (test, taken, other) = if swaps { (test.negated(), no, yes) } else { (test, yes, no) };
        if rank_of_yes.max(rank_of_no) > 0 {
            self.jump_if(test, Destination::Block(taken.block), taken.steps, block);
            self.go(other, block);
        } else {
            let stub = self.new_stub();
            self.jump_if(test, Destination::Stub(stub), false, block);
            self.pass(other);
            self.jump(other);
            self.begin_stub(stub);
            self.go(taken, block);
        }
    }

    pub(super) fn patch(&mut self) {
        let place =
            |destination: Destination, blocks: &[Option<usize>], stubs: &[usize]| match destination
            {
                Destination::Block(id) => blocks[id.index()].expect("every block is laid out"),
                Destination::Stub(stub) => stubs[stub],
            };
        for (at, destination) in std::mem::take(&mut self.jumps) {
            let target = place(destination, &self.block_at, &self.stub_at);
            set_target(&mut self.all.data.ops[at], distance(at, target));
        }
    }
}
