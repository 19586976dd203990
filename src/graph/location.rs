//! One location's part of a graph: its writes in coherence order, and each thread's accesses to it.
//!
//! # Invariants
//! *ascending*: the positions of one thread's accesses ascend, since an event is added, and a write
//! placed, while it is the last of its thread. So the accesses that a clock contains are a prefix, found
//! by bisection, and a query for the others looks at nothing else.

use smallvec::SmallVec;

use super::Clock;
use super::clock::EventId;
use super::event::Source;

/// One location's part of a graph.
#[derive(Debug)]
pub(crate) struct Location<O> {
    /// What it stands for.
    pub(crate) object: O,
    /// All writes except the initial one, in coherence order.
    pub(crate) writes: SmallVec<[EventId; 8]>,
    /// The accesses of each thread; the index is the thread's number.
    threads: Vec<Accesses>,
}

/// The positions of one thread's accesses to one location.
#[derive(Debug, Default)]
struct Accesses {
    reads: Positions,
    /// The positions of writes that have a place in coherence order.
    writes: Positions,
    /// The positions of writes that release.
    releases: Positions,
}

/// Few, mostly: a location is copied often, and so without an allocation for each thread.
type Positions = SmallVec<[u32; 4]>;

/// As it would be derived, but the writes are copied all at once.
impl<O: Copy> Clone for Location<O> {
    fn clone(&self) -> Self {
        let writes = SmallVec::from_slice(&self.writes);
        Location { object: self.object, writes, threads: self.threads.clone() }
    }
}

/// The same.
impl Clone for Accesses {
    fn clone(&self) -> Self {
        let [reads, writes, releases] =
            [&self.reads, &self.writes, &self.releases].map(|it| Positions::from_slice(it));
        Accesses { reads, writes, releases }
    }
}

impl<O> Location<O> {
    pub(crate) fn new(object: O) -> Self {
        Location { object, writes: SmallVec::new(), threads: Vec::new() }
    }

    fn of(&mut self, thread: u32) -> &mut Accesses {
        let index = thread as usize;
        if self.threads.len() <= index {
            self.threads.resize_with(index + 1, Accesses::default);
        }
        &mut self.threads[index]
    }

    /// Adds a read, the last event of its thread.
    pub(crate) fn add_read(&mut self, read: EventId) {
        self.of(read.thread).reads.push(read.position);
    }

    /// Gives a write, the last event of its thread, a place in coherence order.
    pub(crate) fn place(&mut self, write: EventId, index: usize, releases: bool) {
        self.writes.insert(index, write);
        let accesses = self.of(write.thread);
        accesses.writes.push(write.position);
        if releases {
            accesses.releases.push(write.position);
        }
    }

    /// Undoes [`place`](Self::place) and [`add_read`](Self::add_read) of the last event of a thread.
    pub(crate) fn take_back(&mut self, event: EventId) {
        let accesses = self.of(event.thread);
        let is_it = |position: u32| position == event.position;
        pop_if(&mut accesses.reads, is_it);
        pop_if(&mut accesses.releases, is_it);
        if pop_if(&mut accesses.writes, is_it) {
            let index = self.writes.iter().rposition(|&it| it == event).expect("it has a place");
            self.writes.remove(index);
        }
    }

    /// Whether the last event of a thread has a place in coherence order.
    pub(crate) fn has_placed(&self, last: EventId) -> bool {
        let accesses = self.threads.get(last.thread as usize);
        accesses.is_some_and(|it| it.writes.last() == Some(&last.position))
    }

    /// Whether every access is among this many events of each thread.
    pub(crate) fn is_within(&self, keep: &[u32]) -> bool {
        let is_kept = |(accesses, &kept): (&Accesses, &u32)| {
            let last = |positions: &[u32]| positions.last().is_none_or(|&it| it < kept);
            last(&accesses.reads) && last(&accesses.writes)
        };
        self.threads.iter().zip(keep).all(is_kept)
    }

    /// Keeps only the accesses that are among this many events of each thread.
    pub(crate) fn restrict(&mut self, keep: &[u32]) {
        self.writes.retain(|it| it.position < keep[it.thread as usize]);
        for (accesses, &kept) in self.threads.iter_mut().zip(keep) {
            for positions in [&mut accesses.reads, &mut accesses.writes, &mut accesses.releases] {
                positions.truncate(positions.partition_point(|&it| it < kept));
            }
        }
    }

    /// The reads that a clock does not contain.
    pub(crate) fn reads_beyond(&self, clock: &Clock) -> impl Iterator<Item = EventId> {
        self.beyond(clock, |accesses| &accesses.reads)
    }

    /// The placed writes that a clock does not contain.
    pub(crate) fn writes_beyond(&self, clock: &Clock) -> impl Iterator<Item = EventId> {
        self.beyond(clock, |accesses| &accesses.writes)
    }

    fn beyond(
        &self,
        clock: &Clock,
        positions: impl Fn(&Accesses) -> &Positions,
    ) -> impl Iterator<Item = EventId> {
        (0..).zip(&self.threads).flat_map(move |(thread, accesses)| {
            let positions = positions(accesses);
            let known = clock.count(thread);
            let first = positions.partition_point(|&it| it < known);
            positions[first..].iter().map(move |&position| EventId { thread, position })
        })
    }

    /// The latest read of each thread that a clock contains.
    pub(crate) fn latest_reads(&self, clock: &Clock) -> impl Iterator<Item = EventId> {
        (0..).zip(&self.threads).filter_map(move |(thread, accesses)| {
            let known = clock.count(thread);
            let count = accesses.reads.partition_point(|&it| it < known);
            let &position = accesses.reads[..count].last()?;
            Some(EventId { thread, position })
        })
    }

    /// The reads of a thread, latest first.
    pub(crate) fn reads_back(&self) -> impl Iterator<Item = impl Iterator<Item = EventId>> {
        (0..).zip(&self.threads).map(|(thread, accesses)| {
            let positions = accesses.reads.iter().rev();
            positions.map(move |&position| EventId { thread, position })
        })
    }

    /// A thread's last releasing write before one of its events.
    pub(crate) fn release_before(&self, event: EventId) -> Option<EventId> {
        let releases = &self.threads.get(event.thread as usize)?.releases;
        let count = releases.partition_point(|&it| it < event.position);
        let &position = releases[..count].last()?;
        Some(EventId { position, ..event })
    }

    /// The position of a write in coherence order, from 1; 0 is the initial value. Searches from the end.
    pub(crate) fn rank(&self, write: Source) -> usize {
        let Some(write) = write else { return 0 };
        let index = self.writes.iter().rposition(|&it| it == write);
        1 + index.expect("what is read has a place")
    }

    /// The write of a rank.
    pub(crate) fn write(&self, rank: usize) -> Source {
        rank.checked_sub(1).map(|index| self.writes[index])
    }

    /// The writes of this rank and above, latest first.
    pub(crate) fn writes_from(&self, rank: usize) -> impl Iterator<Item = Source> {
        (rank..=self.writes.len()).rev().map(|rank| self.write(rank))
    }

    /// Forgets all accesses.
    pub(crate) fn clear(&mut self) {
        self.writes.clear();
        self.threads.clear();
    }
}

/// Removes the last position if it is the one; whether it was.
fn pop_if(positions: &mut Positions, is_it: impl Fn(u32) -> bool) -> bool {
    let is_last = positions.last().is_some_and(|&last| is_it(last));
    if is_last {
        positions.pop();
    }
    is_last
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(thread: u32, position: u32) -> EventId {
        EventId { thread, position }
    }

    #[test]
    fn a_clock_parts_what_is_known_from_what_is_not() {
        let mut location = Location::new(());
        for read in [event(0, 1), event(0, 4), event(2, 0)] {
            location.add_read(read);
        }
        location.place(event(2, 3), 0, true);
        location.place(event(0, 5), 0, false);
        let mut clock = Clock::default();
        clock.insert(event(0, 3));
        assert_eq!(location.reads_beyond(&clock).collect::<Vec<_>>(), [event(0, 4), event(2, 0)]);
        assert_eq!(location.latest_reads(&clock).collect::<Vec<_>>(), [event(0, 1)]);
        assert_eq!(location.writes_beyond(&clock).collect::<Vec<_>>(), [event(0, 5), event(2, 3)]);
        assert_eq!(location.writes[..], [event(0, 5), event(2, 3)]);
        assert_eq!(location.release_before(event(2, 9)), Some(event(2, 3)));
        assert_eq!(location.release_before(event(2, 3)), None);
        assert_eq!(location.release_before(event(0, 9)), None);
    }

    #[test]
    fn what_is_taken_back_was_never_there() {
        let mut location = Location::new(());
        location.place(event(1, 0), 0, false);
        location.add_read(event(0, 0));
        location.place(event(0, 0), 1, true);
        location.take_back(event(0, 0));
        assert_eq!(
            (&location.writes[..], location.reads_beyond(&Clock::nothing()).count()),
            (&[event(1, 0)][..], 0)
        );
        assert!(!location.has_placed(event(0, 0)) && location.has_placed(event(1, 0)));
        location.restrict(&[0, 0]);
        assert!(location.is_within(&[0, 0]) && location.writes.is_empty());
    }
}
