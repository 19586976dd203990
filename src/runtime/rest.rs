//! Whether a loop that finds nothing new will ever end.
//!
//! A thread that goes round and round finds the same, and nobody else can go on. If what the thread itself keeps has come
//! again, too, it is where it was before, and the loop never ends. If not, the loop may count its rounds, and goes on for
//! as long as the limit on operations lets it.
//!
//! What a thread keeps is its stack and its registers, at each yield. Does not see what it keeps elsewhere: on the heap, or
//! in a static of `std`. So the same state counts only after many rounds.

use super::local_state::local_state;
use super::with_execution;

/// After how many rounds of a loop, in which nobody else can go on, its yields are looked at.
pub(super) const ROUNDS_ALONE: u32 = 100;

/// How many yields there are at least before a state that comes again counts: a power of two.
const YIELDS_MIN: u32 = 512;

/// What is known of a thread's own state at the yields of a loop in which it is alone.
#[derive(Default)]
pub(super) struct Rest {
    /// How many there have been.
    yields: u32,
    /// The state at the latest yield whose number is a power of two (Brent's way to find a cycle).
    mark: Option<u64>,
    comes_again: bool,
}

impl Rest {
    fn note(&mut self, state: Option<u64>) {
        self.yields += 1;
        if self.yields.is_power_of_two() {
            (self.mark, self.comes_again) = (state, false);
        } else {
            self.comes_again |= state.is_some() && state == self.mark;
        }
    }

    /// Whether there is anything to forget when the loop ends.
    pub(super) fn has_begun(&self) -> bool {
        self.yields > 0
    }

    /// Whether the loop never ends.
    pub(super) fn is_for_good(&self) -> bool {
        self.comes_again && self.yields > YIELDS_MIN
    }
}

/// The running thread is about to yield.
pub(crate) fn note_yield() {
    if with_execution(|it| it.lone == Some(it.running)) == Some(true) {
        let state = local_state();
        with_execution(|it| it.thread().rest.note(state));
    }
}
