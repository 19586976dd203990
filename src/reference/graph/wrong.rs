//! A violation in a graph, with the part of the graph that shows it.

use crate::graph::{Clock, EventId};
use crate::reference::Violation;

/// A violation, and the events that it depends on.
pub(crate) struct Wrong {
    pub(crate) violation: Violation,
    pub(crate) prefix: Clock,
    /// The event that comes after all of these, if the choice matters.
    pub(crate) last: Option<EventId>,
}

impl Wrong {
    pub(crate) fn new(violation: Violation, prefix: Clock) -> Self {
        Wrong { violation, prefix, last: None }
    }
}
