//! The part of a thread that no other thread can observe.

use super::Answer;
use super::allocations::Allocations;

/// What only the thread itself can observe.
#[derive(Clone, Debug, Default, Hash)]
pub(super) struct Local {
    /// The line that it has not ended yet.
    pub(super) line: String,
    pub(super) memory: Allocations,
    /// The monitors that it owns, and how often it has entered each.
    pub(super) held: Vec<(u64, u32)>,
    /// The answers so far to the instruction that it is at.
    pub(super) answers: Vec<Answer>,
    pub(super) message: Option<String>,
}
