//! Which value of a function is in which register, for people who look at a thread that stands still.
//!
//! Only values that are still needed: the register of another may have been given away. In a function with
//! handlers, does not see what only a handler needs.

use std::collections::HashSet;
use std::sync::Arc;

use super::super::Register;
use super::super::code::Variable;
use super::fold::Plan;
use super::registers::live_in;
use crate::il::resolved::{Block, Function, Op, Source, ValueId};

/// The variables of a function whose first site has this number. `place` has the register of a value.
pub(super) fn variables(
    function: &Function,
    plan: &Plan,
    first_site: u32,
    place: impl Fn(ValueId) -> Option<Register>,
) -> Vec<Variable> {
    let Ok(live_in) = live_in(function, plan) else { return Vec::new() };
    let slots = slots(function);
    let mut all = Vec::new();
    let mut site = first_site;
    for (index, block) in function.blocks.iter().enumerate() {
        // For each value, the site of its last use in the block, or the end of the block.
        let mut needed: Vec<Option<u32>> = vec![None; function.values.len()];
        let end = site + block.instructions.len() as u32;
        for target in block.instructions.iter().flat_map(|it| it.op.targets()) {
            live_in[target.block.index()].iter().for_each(|it| needed[it.index()] = Some(end));
        }
        for nth in 0..block.instructions.len() {
            plan.for_each_operand(function, (index, nth), |operand| {
                if let Source::Value(value) = operand.source {
                    let until = needed[value.index()].get_or_insert(0);
                    *until = (*until).max(site + nth as u32 + 1);
                }
            });
        }
        for (value, until) in (0..).map(ValueId).zip(needed) {
            let (Some(until), Some(register)) = (until, place(value)) else { continue };
            let info = function.value(value);
            let from = site + defined_after(block, value);
            all.push(Variable {
                name: Arc::from(&*info.name),
                ty: info.ty,
                register,
                sites: from..until,
                is_slot: slots.contains(&value),
            });
        }
        site = end;
    }
    all
}

/// The number of instructions of a block up to the one that defines a value; 0 if it is defined before.
fn defined_after(block: &Block, value: ValueId) -> u32 {
    let defines = block.instructions.iter().position(|it| it.result == Some(value));
    defines.map_or(0, |nth| nth as u32 + 1)
}

/// The values that are addresses of variables in memory.
fn slots(function: &Function) -> HashSet<ValueId> {
    let all = function.blocks.iter().flat_map(|block| &block.instructions);
    let made = all.filter(|it| matches!(it.op, Op::Alloca { .. }));
    made.filter_map(|it| it.result).collect()
}
