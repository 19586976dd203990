//! Assigns registers to values.
//!
//! Two values may share a register unless one is written while the other is still needed: then they
//! *interfere*. First, values are joined that would otherwise be copied from one to the other: the
//! parameter of a block and the argument that a branch passes to it, those of inner loops first. A loop's
//! variable is then one register, written where its next value is computed. Then each group gets the lowest
//! register that no interfering group has. Arguments arrive in the first registers and stay there.
//!
//! Values in the windows of calls take no part in this.
//!
//! A function with handlers shares no registers: control can return to any instruction that trapped, and
//! then needs the values that were defined before it.

use std::collections::BTreeMap;

use super::super::Register;
use super::fold::Plan;
use super::windows::Windows;
use crate::il::resolved::{BlockId, Function, Source, ValueId};

/// A function that needs more registers at once than this is refused; the exact number does not matter.
const LIVE_MAX: usize = 256;

/// A register for every value of a function that needs one.
pub(super) struct Assignment {
    of_value: Vec<Option<usize>>,
    /// One past the highest register in use.
    pub count: usize,
}

impl Assignment {
    /// The register of a value; `None` if it was folded or is in a window. Call this only for functions
    /// whose `count` fits a frame.
    pub(super) fn of(&self, value: ValueId) -> Option<Register> {
        self.of_value[value.index()].map(|register| register as Register)
    }
}

/// Assigns registers.
pub(super) fn assign(function: &Function, plan: &Plan, windows: &Windows) -> Assignment {
    if function.blocks.iter().any(|block| block.is_handler) {
        return one_each(function, plan);
    }
    let live_in = match live_in(function, plan) {
        Ok(live_in) => live_in,
        Err(count) => return Assignment { of_value: Vec::new(), count },
    };
    let mut groups = Groups::new(function.values.len());
    let live = interferences(function, plan, windows, &live_in, &mut groups);
    if live > LIVE_MAX {
        return Assignment { of_value: Vec::new(), count: live };
    }
    join(function, plan, &mut groups);
    colour(function, plan, windows, &groups)
}

/// The values that get registers, arguments first, then in the order of their definitions.
fn in_order<'f>(function: &'f Function, plan: &'f Plan) -> impl Iterator<Item = ValueId> + 'f {
    function.blocks.iter().enumerate().flat_map(move |(index, block)| {
        let is_entry = index == BlockId::ENTRY.index();
        let is_needed = move |it: &ValueId| is_entry || block.is_handler || plan.is_read(*it);
        let params = block.params.iter().copied().filter(is_needed);
        let emitted = block.instructions.iter().filter(|it| plan.is_emitted(it));
        params.chain(emitted.filter_map(|it| it.result))
    })
}

fn one_each(function: &Function, plan: &Plan) -> Assignment {
    let mut of_value = vec![None; function.values.len()];
    let mut count = 0;
    for value in in_order(function, plan) {
        of_value[value.index()] = Some(count);
        count += 1;
    }
    Assignment { of_value, count }
}

/// Groups of values that share a register, and the values with which each group interferes.
struct Groups {
    group_of: Vec<usize>,
    members: Vec<Vec<usize>>,
    neighbours: Vec<Vec<usize>>,
}

impl Groups {
    fn new(values: usize) -> Self {
        Groups {
            group_of: (0..values).collect(),
            members: (0..values).map(|value| vec![value]).collect(),
            neighbours: vec![Vec::new(); values],
        }
    }

    fn interfere(&mut self, a: ValueId, b: ValueId) {
        self.neighbours[a.index()].push(b.index());
        self.neighbours[b.index()].push(a.index());
    }

    /// Joins two groups, unless they interfere.
    fn join(&mut self, a: ValueId, b: ValueId) {
        let (mut small, mut large) = (self.group_of[a.index()], self.group_of[b.index()]);
        if self.neighbours[small].len() > self.neighbours[large].len() {
            std::mem::swap(&mut small, &mut large);
        }
        let meets = |&other: &usize| self.group_of[other] == large;
        if small == large || self.neighbours[small].iter().any(meets) {
            return;
        }
        for member in std::mem::take(&mut self.members[small]) {
            self.group_of[member] = large;
            self.members[large].push(member);
        }
        let neighbours = std::mem::take(&mut self.neighbours[small]);
        self.neighbours[large].extend(neighbours);
    }
}

/// A set of values that is iterated and changed often.
struct Live {
    values: Vec<ValueId>,
    /// By value: its position in `values`, or none.
    at: Vec<usize>,
}

impl Live {
    const NONE: usize = usize::MAX;

    fn insert(&mut self, value: ValueId) {
        let at = &mut self.at[value.index()];
        if *at == Self::NONE {
            *at = self.values.len();
            self.values.push(value);
        }
    }

    fn remove(&mut self, value: ValueId) {
        let at = std::mem::replace(&mut self.at[value.index()], Self::NONE);
        if at != Self::NONE {
            self.values.swap_remove(at);
            if let Some(&moved) = self.values.get(at) {
                self.at[moved.index()] = at;
            }
        }
    }

    fn clear(&mut self) {
        while let Some(value) = self.values.pop() {
            self.at[value.index()] = Self::NONE;
        }
    }
}

/// Finds the interferences; returns the largest number of values that are live at once.
fn interferences(
    function: &Function,
    plan: &Plan,
    windows: &Windows,
    live_in: &[Vec<ValueId>],
    groups: &mut Groups,
) -> usize {
    let mut live = Live { values: Vec::new(), at: vec![Live::NONE; function.values.len()] };
    let mut most = 0;
    for (index, block) in function.blocks.iter().enumerate() {
        live.clear();
        for instruction in &block.instructions {
            for target in instruction.op.targets() {
                live_in[target.block.index()].iter().for_each(|&value| live.insert(value));
            }
        }
        for (nth, instruction) in block.instructions.iter().enumerate().rev() {
            if let Some(result) = instruction.result
                && plan.is_emitted(instruction)
                && windows.place_of(result).is_none()
            {
                live.remove(result);
                live.values.iter().for_each(|&other| groups.interfere(result, other));
            }
            plan.for_each_operand(function, (index, nth), |operand| {
                if let Source::Value(value) = operand.source
                    && windows.place_of(value).is_none()
                {
                    live.insert(value);
                }
            });
            most = most.max(live.values.len());
            if most > LIVE_MAX {
                return most;
            }
        }
        // Parameters are written all at once.
        block.params.iter().for_each(|&param| live.remove(param));
        for (nth, &param) in block.params.iter().enumerate() {
            let others = live.values.iter().chain(&block.params[..nth]);
            others.for_each(|&other| groups.interfere(param, other));
        }
    }
    most
}

/// For each block, the values defined before it that it or a later block reads. If there are too many,
/// returns their number instead.
pub(super) fn live_in(function: &Function, plan: &Plan) -> Result<Vec<Vec<ValueId>>, usize> {
    let blocks = &function.blocks;
    let mut predecessors = vec![Vec::new(); blocks.len()];
    let mut home = vec![BlockId::ENTRY; function.values.len()];
    let mut uses: BTreeMap<ValueId, Vec<usize>> = BTreeMap::new();
    for (index, block) in blocks.iter().enumerate() {
        for &param in &block.params {
            home[param.index()] = BlockId(index as u32);
        }
        for (nth, instruction) in block.instructions.iter().enumerate() {
            if let Some(result) = instruction.result {
                home[result.index()] = BlockId(index as u32);
            }
            plan.for_each_operand(function, (index, nth), |operand| {
                if let Source::Value(value) = operand.source {
                    uses.entry(value).or_default().push(index);
                }
            });
            for target in instruction.op.targets() {
                predecessors[target.block.index()].push(index);
            }
        }
    }
    let mut live_in = vec![Vec::new(); blocks.len()];
    let mut seen = vec![usize::MAX; blocks.len()];
    for (value, mut pending) in uses {
        let defined_in = home[value.index()].index();
        pending.retain(|&block| block != defined_in);
        while let Some(block) = pending.pop() {
            if std::mem::replace(&mut seen[block], value.index()) == value.index() {
                continue;
            }
            live_in[block].push(value);
            if live_in[block].len() > LIVE_MAX {
                return Err(live_in[block].len());
            }
            pending.extend(predecessors[block].iter().filter(|&&before| before != defined_in));
        }
    }
    Ok(live_in)
}

/// Joins parameters with their arguments, those that are passed most often first.
fn join(function: &Function, plan: &Plan, groups: &mut Groups) {
    let depth = loop_depths(function);
    let mut pairs = Vec::new();
    for (index, block) in function.blocks.iter().enumerate() {
        for instruction in &block.instructions {
            for target in instruction.op.targets() {
                let params = &function.block(target.block).params;
                for (&param, arg) in params.iter().zip(&target.args) {
                    if let Source::Value(value) = plan.resolve(arg).source
                        && plan.is_read(param)
                    {
                        pairs.push((depth[index], param, value));
                    }
                }
            }
        }
    }
    pairs.sort_by_key(|&(depth, ..)| std::cmp::Reverse(depth));
    for (_, param, value) in pairs {
        groups.join(param, value);
    }
}

/// The loop depth of each block, estimated from the backward branches: everything between the source and
/// the target of such a branch counts as one loop.
pub(super) fn loop_depths(function: &Function) -> Vec<i32> {
    let mut change = vec![0; function.blocks.len() + 1];
    for (index, block) in function.blocks.iter().enumerate() {
        for instruction in &block.instructions {
            for target in instruction.op.targets() {
                if target.block.index() <= index {
                    change[target.block.index()] += 1;
                    change[index + 1] -= 1;
                }
            }
        }
    }
    let mut depth = 0;
    let mut sum = |change: &i32| {
        depth += change;
        depth
    };
    change[..function.blocks.len()].iter().map(&mut sum).collect()
}

/// Assigns each group the lowest register that none of its neighbours has.
fn colour(function: &Function, plan: &Plan, windows: &Windows, groups: &Groups) -> Assignment {
    let params = function.params().len();
    let mut of_group: Vec<Option<usize>> = vec![None; groups.members.len()];
    for &param in function.params() {
        of_group[groups.group_of[param.index()]] = Some(param.index());
    }
    let mut of_value = vec![None; function.values.len()];
    let mut count = params;
    for value in in_order(function, plan).filter(|&it| windows.place_of(it).is_none()) {
        let group = groups.group_of[value.index()];
        let register = of_group[group].unwrap_or_else(|| {
            let mut taken: Vec<usize> = groups.neighbours[group]
                .iter()
                .filter_map(|&other| of_group[groups.group_of[other]])
                .collect();
            taken.sort_unstable();
            taken.dedup();
            // The first position at which the sorted registers have a gap.
            taken.iter().enumerate().find(|&(at, &it)| at != it).map_or(taken.len(), |(at, _)| at)
        });
        of_group[group] = Some(register);
        of_value[value.index()] = Some(register);
        count = count.max(register + 1);
    }
    Assignment { of_value, count }
}
