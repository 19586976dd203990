//! Which register holds which value: linear scan over live intervals.
//!
//! A function's values have one definition each; an interval covers every place, in the order of
//! the blocks, at which the value may still be needed. Two values may share a register when their
//! intervals do not meet. Arguments arrive in the first registers and stay there.
//!
//! A function with handlers shares nothing: control can come back to any instruction that
//! trapped, and then needs what was defined before it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::super::code::Register;
use crate::il::resolved::{BlockId, Function, Op, Operand, Source, Target, ValueId};

/// A register for every value of a function.
pub(super) struct Assignment {
    of_value: Vec<usize>,
    /// One past the highest register in use.
    pub count: usize,
}

impl Assignment {
    /// The register of a value. Only asked of functions whose `count` fits a frame.
    pub(super) fn of(&self, value: ValueId) -> Register {
        self.of_value[value.index()] as Register
    }
}

/// The first and the last place at which a value is needed. An instruction has two places: it
/// reads at the first and writes at the second, so that a result may reuse an operand's register.
#[derive(Clone, Copy)]
struct Interval {
    first: usize,
    last: usize,
}

/// Assigns registers.
pub(super) fn assign(function: &Function) -> Assignment {
    if function.blocks.iter().any(|block| block.is_handler) {
        return Assignment {
            of_value: (0..function.values.len()).collect(),
            count: function.values.len(),
        };
    }
    scan(&intervals(function), function.params().len())
}

fn scan(intervals: &[Interval], params: usize) -> Assignment {
    let mut order: Vec<usize> = (0..intervals.len()).collect();
    order.sort_by_key(|&value| (intervals[value].first, value));
    let mut of_value = vec![0; intervals.len()];
    let mut free = BinaryHeap::new();
    let mut active: BinaryHeap<Reverse<(usize, usize)>> = BinaryHeap::new();
    let mut count = params;
    for value in order {
        let Interval { first, last } = intervals[value];
        while let Some(&Reverse((ended, register))) = active.peek()
            && ended < first
        {
            active.pop();
            free.push(Reverse(register));
        }
        let register = if value < params {
            value
        } else if let Some(Reverse(register)) = free.pop() {
            register
        } else {
            count += 1;
            count - 1
        };
        of_value[value] = register;
        active.push(Reverse((last, register)));
    }
    Assignment { of_value, count }
}

fn intervals(function: &Function) -> Vec<Interval> {
    let blocks = &function.blocks;
    let mut block_first = Vec::with_capacity(blocks.len() + 1);
    let mut at = 0;
    for block in blocks {
        block_first.push(at);
        at += 2 * block.instructions.len() + 2;
    }
    block_first.push(at);

    let mut intervals = vec![Interval { first: usize::MAX, last: 0 }; function.values.len()];
    let mut extend = |value: ValueId, at: usize| {
        let interval = &mut intervals[value.index()];
        interval.first = interval.first.min(at);
        interval.last = interval.last.max(at);
    };
    let mut predecessors = vec![Vec::new(); blocks.len()];
    let mut home = vec![BlockId::ENTRY; function.values.len()];
    let mut uses: BTreeMap<ValueId, Vec<usize>> = BTreeMap::new();
    for (index, block) in blocks.iter().enumerate() {
        for &param in &block.params {
            home[param.index()] = BlockId(index as u32);
            extend(param, block_first[index]);
        }
        for (nth, instruction) in block.instructions.iter().enumerate() {
            let reads_at = block_first[index] + 1 + 2 * nth;
            if let Some(result) = instruction.result {
                home[result.index()] = BlockId(index as u32);
                extend(result, reads_at + 1);
            }
            for_each_operand(&instruction.op, |operand| {
                if let Source::Value(value) = operand.source {
                    extend(value, reads_at);
                    uses.entry(value).or_default().push(index);
                }
            });
            for_each_target(&instruction.op, |target| {
                predecessors[target.block.index()].push(index);
            });
        }
    }
    // A value is live from its definition to each use, through every block on the way.
    let mut seen = vec![usize::MAX; blocks.len()];
    for (value, used_in) in uses {
        let defined_in = home[value.index()].index();
        let mut pending: Vec<usize> = used_in;
        pending.retain(|&block| block != defined_in);
        while let Some(block) = pending.pop() {
            if std::mem::replace(&mut seen[block], value.index()) == value.index() {
                continue;
            }
            extend(value, block_first[block]);
            for &before in &predecessors[block] {
                extend(value, block_first[before + 1] - 1);
                if before != defined_in {
                    pending.push(before);
                }
            }
        }
    }
    intervals
}

fn for_each_target(op: &Op, mut f: impl FnMut(&Target)) {
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

/// Every operand of an operation, those of branch arguments included.
pub(super) fn for_each_operand(op: &Op, mut f: impl FnMut(&Operand)) {
    for_each_target(op, |target| target.args.iter().for_each(&mut f));
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
