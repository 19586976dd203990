//! The approximate memory of a state, for searches that keep many.

use std::mem::size_of;

use super::state::Slot;
use super::{State, Thread};
use crate::interp::ThreadId;

/// The allocator's overhead for each piece.
const PIECE_BYTES: usize = 32;
const MONITOR_BYTES: usize = 96;
/// What a shared object adds that did not change: its place in the list.
const SHARED_BYTES: usize = 32;

impl State {
    /// The approximate number of bytes that it does not share with the state from which a step of this
    /// thread led to it.
    pub fn own_bytes(&self, thread: ThreadId) -> usize {
        let mover = match self.threads.get(thread.0 as usize) {
            Some(Slot::Live(it) | Slot::Stopped(it)) => it.bytes(),
            Some(Slot::Ended { .. }) | None => 0,
        };
        size_of::<State>()
            + self.threads.len() * size_of::<Slot>()
            + self.memory.bytes()
            + self.monitors.len() * MONITOR_BYTES
            + self.shared.len() * SHARED_BYTES
            + mover
            + 3 * PIECE_BYTES
    }
}

impl Thread {
    /// The approximate number of bytes that it takes.
    pub fn bytes(&self) -> usize {
        size_of::<Thread>() + self.own_bytes() + 4 * PIECE_BYTES
    }
}
