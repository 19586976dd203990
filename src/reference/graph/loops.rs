//! Loops that a search leaves: a thread returns to an earlier point, and everything else is as it was then.

use std::sync::Arc;

use super::event::{Event, Standing};
use super::execution::Graph;
use crate::graph::EventId;
use crate::reference::{State, Subject};

/// The number of rounds for which a loop is compared. A cycle of the whole program that takes more
/// rounds of one thread than this ends at the limit on steps.
const LOOKS_MAX: usize = 8;

impl Graph {
    /// Leaves the threads of these events, the last ones of their threads, if the events close a loop
    /// and the graph settles to what it has settled to before. Returns that state.
    pub(crate) fn leave_loops(&mut self, subject: &Subject, new: &[EventId]) -> Option<State> {
        let mut left = None;
        for &id in new.iter().filter(|_| self.notes.leaves_loops) {
            let Standing::At(thread) = &self.event(id).detail.after else { continue };
            if !self.event(id).detail.closes_loop {
                continue;
            }
            let events = &self.lines[id.thread as usize].events[..id.position as usize];
            let looks = events.iter().filter_map(|event| event.detail.settled);
            if looks.clone().count() >= LOOKS_MAX {
                continue;
            }
            let state = self.settled(subject);
            let settled = state.fingerprint();
            let is_known = looks.clone().any(|look| look == settled);
            let mut event = Event::clone(self.event(id));
            event.detail.settled = Some(settled);
            if is_known {
                event.detail.after = Standing::Loops(thread.clone());
            }
            let line = Arc::make_mut(&mut self.lines[id.thread as usize]);
            line.replace_last(event);
            left = left.or(is_known.then_some(state));
        }
        left
    }
}
