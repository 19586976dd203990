//! Values with owners that are never dropped.

use std::panic::Location;

use super::operation::Object;
use super::{State, with_state};

/// A value that still has owners at the end of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leak {
    /// Where it was made.
    pub(crate) made_at: &'static Location<'static>,
    pub(crate) owners: u32,
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
    /// The first value that has owners still.
    pub(super) fn leak(&mut self) -> Option<Leak> {
        let values = &mut self.execution.values;
        let mut left = self.made.iter().map(|&(object, made_at)| {
            let owners = *values.shares_mut(object);
            Leak { made_at, owners }
        });
        left.find(|it| it.owners > 0)
    }
}
