//! Decides which values live in the windows of calls.
//!
//! An argument that only a call reads is computed where the call expects it, and a result stays where
//! the call leaves it for as long as its block needs it; the windows of the calls in between then begin
//! above it. Neither needs a move.

use std::collections::HashMap;

use super::fold::Plan;
use crate::il::resolved::{Function, Op, Operand, Source, ValueId};

/// The maximum distance of a window above the first one.
const HEIGHT_MAX: usize = 16;

/// The windows of a function; see the module. Places are counted from the function's first window.
#[derive(Default)]
pub(super) struct Windows {
    place_of: HashMap<ValueId, usize>,
    base_of: HashMap<(usize, usize), usize>,
}

/// A result that stays in its window, and the last instruction of its block that reads it.
struct Resident {
    value: ValueId,
    place: usize,
    last: usize,
}

impl Windows {
    /// Plans all windows of a function. A function with handlers keeps every value in a register of its own.
    pub(super) fn new(function: &Function, plan: &Plan) -> Self {
        let mut it = Windows::default();
        if function.blocks.iter().any(|block| block.is_handler) {
            return it;
        }
        let mut reads: Vec<Vec<(usize, usize)>> = vec![Vec::new(); function.values.len()];
        for (block, instructions) in function.blocks.iter().map(|it| &it.instructions).enumerate() {
            for nth in 0..instructions.len() {
                plan.for_each_operand(function, (block, nth), |operand| {
                    if let Source::Value(value) = operand.source {
                        reads[value.index()].push((block, nth));
                    }
                });
            }
        }
        for block in 0..function.blocks.len() {
            it.plan_block(function, plan, block, &reads);
        }
        it
    }

    fn plan_block(
        &mut self,
        function: &Function,
        plan: &Plan,
        block: usize,
        reads: &[Vec<(usize, usize)>],
    ) {
        let instructions = &function.blocks[block].instructions;
        let end = instructions.len() - 1;
        let mut residents: Vec<Resident> = Vec::new();
        // The values computed since the last call, and their definitions.
        let mut fresh: HashMap<ValueId, usize> = HashMap::new();
        for (nth, instruction) in instructions.iter().enumerate() {
            let Some(args) = arguments(&instruction.op) else {
                if let Some(result) = instruction.result
                    && plan.is_emitted(instruction)
                {
                    fresh.insert(result, nth);
                }
                continue;
            };
            let computed_at = |arg: &Operand| match plan.resolve(arg).source {
                Source::Value(value) if reads[value.index()] == [(block, nth)] => {
                    fresh.get(&value).map(|&at| (value, at))
                }
                _ => None,
            };
            let first = args.iter().filter_map(computed_at).map(|it| it.1).min().unwrap_or(nth);
            let in_the_way = |it: &Resident| it.last > first || it.last == nth;
            let first_arg = args.first().map(|arg| plan.resolve(arg).source);
            // A result that is the call's first argument, and has no other reader.
            let stands = |it: &Resident| {
                first_arg == Some(Source::Value(it.value))
                    && reads[it.value.index()] == [(block, nth)]
            };
            let others = residents.iter().filter(|it| in_the_way(it) && !stands(it));
            let above_others = others.map(|it| it.place + 2).max().unwrap_or(0);
            let base = match residents.iter().find(|it| stands(it)) {
                Some(it) if it.place >= above_others => it.place,
                Some(it) => above_others.max(it.place + 2),
                None => above_others,
            };
            for (argument, arg) in args.iter().enumerate() {
                if let Some((value, _)) = computed_at(arg) {
                    self.place_of.insert(value, base + argument);
                }
            }
            self.base_of.insert((block, nth), base);
            fresh.clear();
            if let Some(result) = instruction.result
                && base < HEIGHT_MAX
                && let Some(&(_, last)) = reads[result.index()].iter().max()
                // If it is passed to a block, that block's register is a better place.
                && reads[result.index()].iter().all(|&(at, nth)| at == block && nth < end)
            {
                self.place_of.insert(result, base);
                residents.push(Resident { value: result, place: base, last });
            }
        }
    }

    /// The place of the value, if it is in a window.
    pub(super) fn place_of(&self, value: ValueId) -> Option<usize> {
        self.place_of.get(&value).copied()
    }

    /// The beginning of the window of the call at this place.
    pub(super) fn base_of(&self, at: (usize, usize)) -> usize {
        self.base_of.get(&at).copied().unwrap_or(0)
    }
}

/// The arguments of a call.
pub(super) fn arguments(op: &Op) -> Option<&[Operand]> {
    match op {
        Op::Call { args, .. } | Op::CallIndirect { args, .. } => Some(args),
        _ => None,
    }
}
