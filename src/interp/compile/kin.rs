//! Finds interchangeable threads.
//!
//! Some starts in a block make threads that do the same, and whose handles are used only to wait for all
//! of them together. What such *kin* have done may then be exchanged between them, and no later part of
//! the program can tell. A search over states may treat states that differ only in that as one.
//!
//! Starts are kin if they are in one block, call `Thread.Start` with the same function and the same
//! literal argument, and each result is used once, by a `Thread.Join`; and if these joins are in the
//! same block, follow each other with nothing in between, and come after the starts. Nothing between the
//! first start and the joins may be able to start the block again before all the threads have been
//! joined, which would mix the threads of two rounds. This excludes calls of the program's own
//! functions, which may come back here, and everything that may trap, since a handler may come back as
//! well. So only starts and joins of this kind may be there.

use std::collections::{BTreeMap, HashMap};

use super::super::builtin::Builtin;
use super::super::code::ExternInfo;
use crate::il::resolved::{Block, Callee, Function, Instruction, Op, Operand, Source, ValueId};

/// For each start that has kin: its block, its position there, and the number of its kin.
pub(super) fn kin(function: &Function, externs: &[ExternInfo]) -> BTreeMap<(usize, usize), u32> {
    let mut uses: HashMap<ValueId, usize> = HashMap::new();
    for instruction in function.blocks.iter().flat_map(|block| &block.instructions) {
        let mut count = |operand: &Operand| {
            if let Source::Value(value) = operand.source {
                *uses.entry(value).or_default() += 1;
            }
        };
        instruction.op.targets().for_each(|target| target.args.iter().for_each(&mut count));
        instruction.op.for_each_operand(count);
    }
    let mut found = BTreeMap::new();
    let mut count = 0;
    for (at, block) in function.blocks.iter().enumerate() {
        for starts in kin_of_block(block, externs, &uses) {
            found.extend(starts.into_iter().map(|nth| ((at, nth), count)));
            count += 1;
        }
    }
    found
}

/// Calls with equal arguments: the position of each, and that of the join of the thread that it starts.
struct Alike {
    args: Vec<Operand>,
    members: Vec<(usize, usize)>,
}

fn kin_of_block(
    block: &Block,
    externs: &[ExternInfo],
    uses: &HashMap<ValueId, usize>,
) -> Vec<Vec<usize>> {
    let calls = |instruction: &Instruction, builtin| match &instruction.op {
        Op::Call { callee: Callee::Extern(callee), args, .. } => {
            (externs[callee.index()].builtin == Some(builtin)).then(|| args.clone())
        }
        _ => None,
    };
    let join_of = |value: ValueId| {
        block.instructions.iter().position(|instruction| {
            calls(instruction, Builtin::Join)
                .is_some_and(|args| args[0].source == Source::Value(value))
        })
    };
    let is_literal = |args: &[Operand]| {
        matches!(args[0].source, Source::Function(_)) && !matches!(args[1].source, Source::Value(_))
    };
    let is_started_here = |source: Source| {
        block.instructions.iter().any(|it| {
            calls(it, Builtin::Start).is_some()
                && it.result.is_some_and(|handle| source == Source::Value(handle))
        })
    };
    let is_harmless = |instruction: &Instruction| {
        calls(instruction, Builtin::Start).is_some_and(|args| is_literal(&args))
            || calls(instruction, Builtin::Join).is_some_and(|args| is_started_here(args[0].source))
    };
    let mut all: Vec<Alike> = Vec::new();
    for (nth, instruction) in block.instructions.iter().enumerate() {
        let Some(args) = calls(instruction, Builtin::Start) else { continue };
        let Some(handle) = instruction.result else { continue };
        let join = join_of(handle).filter(|_| uses.get(&handle) == Some(&1));
        let (true, Some(join)) = (is_literal(&args), join) else { continue };
        match all.iter_mut().find(|alike| alike.args == args) {
            Some(alike) => alike.members.push((nth, join)),
            None => all.push(Alike { args, members: vec![(nth, join)] }),
        }
    }
    let is_whole = |Alike { members, .. }: &Alike| {
        let first = members.iter().map(|it| it.1).min().unwrap_or(0);
        let last = members.iter().map(|it| it.1).max().unwrap_or(0);
        members.len() > 1
            && last - first + 1 == members.len()
            && members.iter().all(|&(start, _)| start < first)
            && block.instructions[members[0].0..first].iter().all(is_harmless)
    };
    let whole = all.into_iter().filter(is_whole);
    whole.map(|alike| alike.members.into_iter().map(|it| it.0).collect()).collect()
}
