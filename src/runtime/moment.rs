//! Moments of threads, and what is known in them by happens-before.

use crate::graph::{Clock, EventId};

use super::with_execution;

/// A moment of a thread: the point that it has reached, and what it knows there.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    here: EventId,
    knows: Clock,
}

/// The present moment of the running thread; `None` if no execution goes on.
pub(crate) fn now() -> Option<Moment> {
    with_execution(|it| Moment { here: it.here(), knows: it.knowledge().clone() })
}

impl Moment {
    /// Whether everything that another thread did from one moment to another happens before this moment. If
    /// it did nothing that is an event, then its next event must happen before this moment: nothing else
    /// would show that it has come so far.
    pub(crate) fn knows_all_between(&self, begin: &Moment, end: &Moment) -> bool {
        let did_something = end.here.position > begin.here.position;
        let position = end.here.position - u32::from(did_something);
        self.knows.has(EventId { position, ..end.here })
    }
}
