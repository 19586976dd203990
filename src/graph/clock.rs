//! The names of events, and sets of events as vector clocks.

use smallvec::SmallVec;

/// The name of an event: the thread's number, and the position in the thread, from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId {
    /// The thread.
    pub thread: u32,
    /// The number of events of that thread before it.
    pub position: u32,
}

/// A set of events that contains, with an event, all earlier ones of its thread. It holds the number of
/// events of each thread; the index is the thread's number, and threads beyond the end have none in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Clock(SmallVec<[u32; 4]>);

/// As it would be derived, but `SmallVec` would copy one number after the other.
impl Clone for Clock {
    fn clone(&self) -> Self {
        Clock(SmallVec::from_slice(&self.0))
    }
}

impl Clock {
    /// The empty set.
    pub(crate) const fn nothing() -> Self {
        Clock(SmallVec::new_const())
    }

    /// The number of a thread's events in it.
    pub(crate) fn count(&self, thread: u32) -> u32 {
        self.0.get(thread as usize).copied().unwrap_or(0)
    }

    /// The number of each thread's events in it, as far as there is a thread with any.
    pub(crate) fn counts(&self) -> &[u32] {
        &self.0
    }

    /// Whether an event is in it.
    pub(crate) fn has(&self, event: EventId) -> bool {
        self.count(event.thread) > event.position
    }

    /// Adds an event, and the earlier ones of its thread.
    pub(crate) fn insert(&mut self, event: EventId) {
        let index = event.thread as usize;
        if self.0.len() <= index {
            self.0.resize(index + 1, 0);
        }
        self.0[index] = self.0[index].max(event.position + 1);
    }

    /// Adds all events of another set.
    pub(crate) fn join(&mut self, other: &Clock) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (mine, &others) in self.0.iter_mut().zip(&other.0) {
            *mine = (*mine).max(others);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_comes_with_the_earlier_ones_of_its_thread() {
        let event = |thread, position| EventId { thread, position };
        let mut clock = Clock::default();
        clock.insert(event(2, 3));
        assert!(clock.has(event(2, 3)) && clock.has(event(2, 0)));
        assert!(!clock.has(event(2, 4)) && !clock.has(event(0, 0)) && !clock.has(event(7, 0)));
        let mut other = Clock::default();
        other.insert(event(0, 0));
        other.join(&clock);
        assert!(other.has(event(0, 0)) && other.has(event(2, 3)) && !other.has(event(1, 0)));
    }
}
