//! How long the driver of threads is willing to wait for them.
//!
//! A thread may make any number of steps of its own before its next operation, and a way that was found
//! may be as long as its search. So a request to stop must reach down to this level. It has two stages:
//!
//! | stage | a search | work in progress |
//! |---|---|---|
//! | no request | continues | continues |
//! | stopped | returns what it has | may complete, within a fixed number of steps |
//! | used up | has returned | is cut off |

use std::cell::Cell;
use std::fmt;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

/// Shared by the driver of threads and by everything that may stop it; a clone is the same patience.
#[derive(Clone, Debug)]
pub struct Patience(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// 0 while the search may continue; otherwise the reason to stop.
    stop: AtomicU8,
    /// The steps that are left once it must stop.
    left: AtomicU32,
    /// Whether the memory is used up. The driving threads ask this themselves now and then: a thread that only
    /// watches them may not be scheduled for long enough that they exceed their budget by far.
    memory_gauge: OnceLock<MemoryGauge>,
}

/// Says whether the memory for a search is used up. A look at the system, which takes microseconds.
struct MemoryGauge(Box<dyn Fn() -> bool + Send + Sync>);

impl fmt::Debug for MemoryGauge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryGauge")
    }
}

/// How often a driving thread asks whether it is to stop, between two looks at the memory.
const LOOKS_APART: u32 = 256;

thread_local! {
    static ASKED: Cell<u32> = const { Cell::new(0) };
}

/// Why a search must return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum StopReason {
    /// It was interrupted.
    Interrupted = 1,
    /// Its time is up.
    Time,
    /// Its memory is used up.
    Memory,
    /// Another search has found what both were looking for.
    Found,
}

/// The cost of the thread's own steps between two checks.
pub(super) const SLICE_COST: u32 = 32;
/// The cost of one operation.
const STEP_COST: u32 = 1;
/// Tens of thousands of operations, or millions of a thread's own steps: less than a second.
const LEFT: u32 = 1 << 16;
/// Less, because work in progress may need memory, too.
const LEFT_WITHOUT_MEMORY: u32 = LEFT / 16;

impl Default for Patience {
    fn default() -> Self {
        let shared = Shared {
            stop: AtomicU8::new(0),
            left: AtomicU32::new(LEFT),
            memory_gauge: OnceLock::new(),
        };
        Patience(Arc::new(shared))
    }
}

impl Patience {
    /// Makes the search return soon. The first reason is kept.
    pub fn stop(&self, reason: StopReason) {
        let new = reason as u8;
        // ORDER: Relaxed. A wish to stop; what a search found comes back by joining it.
        let first = self.0.stop.compare_exchange(0, new, Ordering::Relaxed, Ordering::Relaxed);
        if first.is_ok() && reason == StopReason::Memory {
            // ORDER: Relaxed. A count.
            self.0.left.store(LEFT_WITHOUT_MEMORY, Ordering::Relaxed);
        }
    }

    /// Why the search must return, if it must.
    pub fn stopped(&self) -> Option<StopReason> {
        // ORDER: Relaxed. See `stop`.
        let stop = self.0.stop.load(Ordering::Relaxed);
        [StopReason::Interrupted, StopReason::Time, StopReason::Memory, StopReason::Found]
            .into_iter()
            .find(|&it| it as u8 == stop)
    }

    /// Lets the driving threads look at the memory themselves: `is_used_up` is asked now and then. The first
    /// one counts.
    pub fn watch_memory(&self, is_used_up: impl Fn() -> bool + Send + Sync + 'static) {
        let _ = self.0.memory_gauge.set(MemoryGauge(Box::new(is_used_up)));
    }

    /// Whether the search is to come back.
    pub fn is_stopped(&self) -> bool {
        let asked = ASKED.get().wrapping_add(1);
        ASKED.set(asked);
        if asked.is_multiple_of(LOOKS_APART)
            && let Some(MemoryGauge(is_used_up)) = self.0.memory_gauge.get()
            && is_used_up()
        {
            self.stop(StopReason::Memory);
        }
        // ORDER: Relaxed. See `stop`.
        self.0.stop.load(Ordering::Relaxed) != 0
    }

    /// Uses up one operation of a way that is repeated; returns whether that was too much.
    pub fn is_over(&self) -> bool {
        self.is_over_after(STEP_COST)
    }

    pub(super) fn is_over_after(&self, cost: u32) -> bool {
        if !self.is_stopped() {
            return false;
        }
        let less = |left: u32| left.checked_sub(cost);
        // ORDER: Relaxed. A count; being cut off a little later does no harm.
        self.0.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_err()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_often_enough_looks_at_the_memory() {
        let patience = Patience::default();
        patience.watch_memory(|| true);
        assert!((0..LOOKS_APART).any(|_| patience.is_stopped()));
        assert_eq!(patience.stopped(), Some(StopReason::Memory));
    }

    #[test]
    fn what_is_under_way_may_come_to_its_end_but_not_go_on_for_ever() {
        let patience = Patience::default();
        assert!((0..=LEFT).all(|_| !patience.is_over()), "nobody wants it to stop");
        patience.stop(StopReason::Time);
        patience.stop(StopReason::Interrupted);
        assert_eq!(patience.stopped(), Some(StopReason::Time), "the first reason counts");
        assert!((0..LEFT / STEP_COST).all(|_| !patience.is_over()));
        assert!(patience.is_over());
    }
}
