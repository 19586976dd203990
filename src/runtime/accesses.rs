//! What an execution keeps of each plain data, to find races.

use crate::graph::EventId;

/// The latest accesses to some plain data: the points in their threads.
pub(super) struct Accesses {
    /// Where the data was made.
    pub(super) made: EventId,
    pub(super) written: Option<EventId>,
    pub(super) read: Vec<EventId>,
}
