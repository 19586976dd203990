//! Values with owners that are never dropped, and memory that is never freed.

use std::panic::Location;

use super::operation::Object;
use super::{State, with_state};

/// What is left at the end of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leak {
    /// Where it was made.
    pub(crate) made_at: &'static Location<'static>,
    /// How many owners a value still has; `None` for memory.
    pub(crate) owners: Option<u32>,
}

/// The values that have been made, and where.
pub(super) type Made = Vec<(Object, &'static Location<'static>)>;

/// Notes that the running thread makes a value with owners.
#[track_caller]
pub(super) fn note_made(object: Option<Object>) {
    let made_at = Location::caller();
    if let Some(object) = object {
        with_state(|state| state.made.push((object, made_at)));
    }
}

impl State {
    /// The first value that has owners still, or memory that has not been freed.
    pub(super) fn leak(&mut self) -> Option<Leak> {
        let values = &mut self.execution.values;
        let mut left = self.made.iter().map(|&(object, made_at)| {
            let owners = *values.shares_mut(object);
            Leak { made_at, owners: Some(owners) }
        });
        left.find(|it| it.owners > Some(0)).or_else(|| self.memory.leak())
    }
}
