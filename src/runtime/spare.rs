//! The memory of events that are gone, for new ones: each execution has about as many as the one before.

use std::sync::Arc;

use super::meaning::{Event, RustCode, blank_event};
use crate::graph::Graph;

/// Events that no graph has any more.
#[derive(Default)]
pub(super) struct Spare(Vec<Arc<Event>>);

/// How many are kept.
const SPARE_MAX: usize = 1 << 10;

impl Spare {
    /// An event, in the memory of another one if there is one. `fill` must give every part of it a value.
    #[inline]
    pub(super) fn hold(&mut self, fill: impl FnOnce(&mut Event)) -> Arc<Event> {
        let mut event = self.0.pop().unwrap_or_else(blank_event);
        fill(Arc::get_mut(&mut event).expect("no graph has it"));
        event
    }

    fn keep(&mut self, event: Arc<Event>) {
        if self.0.len() < SPARE_MAX && Arc::strong_count(&event) == 1 {
            self.0.push(event);
        }
    }

    /// Keeps the events of a graph that nobody needs any more.
    pub(super) fn take(&mut self, mut graph: Graph<RustCode>) {
        graph.give_up(|event| self.keep(event));
    }

    /// Makes a graph that nobody needs any more the first one again.
    pub(super) fn clear(&mut self, graph: &mut Graph<RustCode>) {
        graph.clear((), |event| self.keep(event));
    }
}
