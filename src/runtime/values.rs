//! The words in the present execution. A graph has none: an address need not be the same in the next one.

use crate::graph::{EventId, Source};

use super::operation::Object;

/// The words that objects began with and that events have written, in the present execution.
#[derive(Debug, Default)]
pub(crate) struct Values {
    initial: Vec<u64>,
    /// By thread and position.
    written: Vec<Vec<u64>>,
    /// How many shares of an object there are.
    shares: Vec<u32>,
}

impl Values {
    /// The word that a write has left at an object.
    pub(crate) fn word(&self, object: Object, write: Source) -> u64 {
        match write {
            None => self.initial[object as usize],
            Some(write) => self.written[write.thread as usize][write.position as usize],
        }
    }

    pub(super) fn set_initial(&mut self, object: Object, word: u64) {
        let index = object as usize;
        if self.initial.len() <= index {
            self.initial.resize(index + 1, 0);
        }
        self.initial[index] = word;
    }

    /// How many shares of an object there are.
    pub(super) fn shares_mut(&mut self, object: Object) -> &mut u32 {
        let index = object as usize;
        if self.shares.len() <= index {
            self.shares.resize(index + 1, 0);
        }
        &mut self.shares[index]
    }

    /// Records the word that an event has written.
    pub(super) fn set(&mut self, event: EventId, word: u64) {
        let thread = event.thread as usize;
        if self.written.len() <= thread {
            self.written.resize_with(thread + 1, Vec::new);
        }
        let written = &mut self.written[thread];
        let index = event.position as usize;
        if written.len() <= index {
            written.resize(index + 1, 0);
        }
        written[index] = word;
    }
}
