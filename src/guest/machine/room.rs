//! How much guest memory a program gets under an explorer.
//!
//! Every cell is an object for loom and shuttle, made anew in each execution, so a search begins with
//! little memory. If an execution runs out of it, that search does not count and the next one gets more,
//! up to a bound at which the engine gives up. A guest that can catch traps would continue without the
//! engine noticing, so such a guest gets all the memory at once.

use crate::interp::{ALLOCATING, Builtin, Code, Op};

/// The largest number of cells beyond its globals that a program gets.
pub(super) const HEAP_MAX: usize = 1 << 12;
/// For programs that allocate single cells.
const HEAP_SMALL: usize = 1 << 4;
/// For programs with memory on their stacks, which threads take in segments of 64 cells.
const HEAP_OF_STACKS: usize = 1 << 9;
const GROWTH: usize = 8;

/// Cells beyond the globals for the first search.
pub(super) fn first(code: &Code) -> usize {
    let has = |predicate: fn(&Op) -> bool| code.ops.iter().any(predicate);
    let has_stack = has(|op| matches!(op, Op::Alloca { .. }));
    let catches = code.calls(&[Builtin::StartSafe]) || has(|op| matches!(op, Op::Guard { .. }));
    if !has_stack && !code.calls(ALLOCATING) {
        0
    } else if catches {
        HEAP_MAX
    } else if has_stack {
        HEAP_OF_STACKS
    } else {
        HEAP_SMALL
    }
}

/// Cells for the next search, if this many were not enough and more are allowed.
pub(super) fn after(heap_cells: usize) -> Option<usize> {
    (heap_cells < HEAP_MAX).then(|| (heap_cells * GROWTH).clamp(HEAP_SMALL, HEAP_MAX))
}
