//! The names of events, and sets of events as vector clocks.

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
#[derive(Clone, Debug)]
pub(crate) enum Clock {
    /// Few threads with few events, as nearly always: copied and joined in one step.
    Small([u16; SMALL]),
    Large(Vec<u32>),
}

/// How many threads fit into a small clock.
const SMALL: usize = 8;

impl Default for Clock {
    fn default() -> Self {
        Clock::nothing()
    }
}

impl PartialEq for Clock {
    fn eq(&self, other: &Self) -> bool {
        let threads = self.counts().count().max(other.counts().count()) as u32;
        (0..threads).all(|thread| self.count(thread) == other.count(thread))
    }
}

impl Eq for Clock {}

impl Clock {
    /// The empty set.
    pub(crate) const fn nothing() -> Self {
        Clock::Small([0; SMALL])
    }

    /// The number of a thread's events in it.
    pub(crate) fn count(&self, thread: u32) -> u32 {
        let index = thread as usize;
        match self {
            Clock::Small(counts) => counts.get(index).copied().map_or(0, u32::from),
            Clock::Large(counts) => counts.get(index).copied().unwrap_or(0),
        }
    }

    /// The number of each thread's events in it, as far as there is a thread with any.
    pub(crate) fn counts(&self) -> impl Iterator<Item = u32> {
        let (small, large) = match self {
            Clock::Small(counts) => (&counts[..], &[][..]),
            Clock::Large(counts) => (&[][..], &counts[..]),
        };
        small.iter().copied().map(u32::from).chain(large.iter().copied())
    }

    /// Whether an event is in it.
    pub(crate) fn has(&self, event: EventId) -> bool {
        self.count(event.thread) > event.position
    }

    /// Adds an event, and the earlier ones of its thread.
    pub(crate) fn insert(&mut self, event: EventId) {
        let (index, count) = (event.thread as usize, event.position + 1);
        if let Clock::Small(counts) = self
            && let (Some(known), Ok(count)) = (counts.get_mut(index), u16::try_from(count))
        {
            *known = count.max(*known);
            return;
        }
        let counts = self.large(index + 1);
        counts[index] = counts[index].max(count);
    }

    /// Removes an event, and the later ones of its thread.
    pub(crate) fn truncate(&mut self, event: EventId) {
        let index = event.thread as usize;
        match self {
            Clock::Small(counts) => {
                if let (Some(count), Ok(kept)) =
                    (counts.get_mut(index), u16::try_from(event.position))
                {
                    *count = kept.min(*count);
                }
            }
            Clock::Large(counts) => {
                if let Some(count) = counts.get_mut(index) {
                    *count = event.position.min(*count);
                }
            }
        }
    }

    /// Adds all events of another set.
    pub(crate) fn join(&mut self, other: &Clock) {
        if let (Clock::Small(mine), Clock::Small(others)) = (&mut *self, other) {
            for (mine, &others) in mine.iter_mut().zip(others) {
                *mine = others.max(*mine);
            }
            return;
        }
        let counts = self.large(other.counts().count());
        for (mine, others) in counts.iter_mut().zip(other.counts()) {
            *mine = others.max(*mine);
        }
    }

    /// The counts of a clock that is large from now on, with room for so many threads.
    fn large(&mut self, threads: usize) -> &mut Vec<u32> {
        if let Clock::Small(counts) = self {
            *self = Clock::Large(counts.iter().copied().map(u32::from).collect());
        }
        match self {
            Clock::Large(counts) => {
                if counts.len() < threads {
                    counts.resize(threads, 0);
                }
                counts
            }
            Clock::Small(_) => unreachable!("it has just been made large"),
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

    #[test]
    fn a_clock_grows_with_the_numbers_of_threads_and_of_events() {
        let event = |thread, position| EventId { thread, position };
        let events = [event(3, 70_000), event(1, 5), event(40, 2), event(2, 65_534)];
        let mut all = Clock::default();
        for (index, &one) in events.iter().enumerate() {
            let (mut inserted, mut joined, mut alone) =
                (all.clone(), all.clone(), Clock::default());
            inserted.insert(one);
            alone.insert(one);
            joined.join(&alone);
            alone.join(&all);
            for clock in [inserted, joined, alone] {
                let has =
                    |it: &EventId| clock.has(*it) && clock.count(it.thread) == it.position + 1;
                assert!(events[..=index].iter().all(has) && !clock.has(event(0, 0)));
                all = clock;
            }
        }
    }
}
