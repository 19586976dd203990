//! What a search may use up: time and memory. Executions ask in the middle, too, since one may be long.

use std::cell::Cell;
use std::time::Instant;

use super::super::Bound;
use super::Heddle;

/// When a search must end.
#[derive(Clone, Copy)]
pub(super) struct Budget {
    /// `None` also if the clock cannot represent it.
    deadline: Option<Instant>,
    memory_bytes_max: Option<usize>,
}

/// How many looks at the clock there are to one at the memory, which takes microseconds.
const LOOKS_APART: u32 = 16;

impl Budget {
    /// From now on.
    pub(super) fn of(options: &Heddle) -> Self {
        let deadline = options.time_max.and_then(|it| Instant::now().checked_add(it));
        Budget { deadline, memory_bytes_max: options.memory_bytes_max }
    }

    /// Says, whenever it is asked, why the search must end, if it must. `None` if it has all that it wants.
    pub(super) fn watch(self) -> Option<Box<dyn Fn() -> Option<Bound>>> {
        if self.deadline.is_none() && self.memory_bytes_max.is_none() {
            return None;
        }
        let asked = Cell::new(0_u32);
        Some(Box::new(move || {
            let is_late = || self.deadline.is_some_and(|it| Instant::now() >= it);
            let nth = asked.replace(asked.get().wrapping_add(1));
            let is_large = || {
                nth.is_multiple_of(LOOKS_APART)
                    && self.memory_bytes_max.is_some_and(|it| memory_bytes_of_process() > it)
            };
            if is_late() {
                Some(Bound::Time)
            } else if is_large() {
                Some(Bound::Memory)
            } else {
                None
            }
        }))
    }
}

/// The resident bytes of the process; 0 where the system does not say.
fn memory_bytes_of_process() -> usize {
    memory_stats::memory_stats().map_or(0, |it| it.physical_mem)
}
