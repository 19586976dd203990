//! Which writes a read may read, and where a new write may be placed.
//!
//! RC11 requires that no event happens before an event that precedes it in the order of its location
//! (including reads: coherence). Events are added at the end of their threads, so nothing happens after
//! a new one. The new event is therefore coherent if and only if its place, or the write that it reads,
//! is no earlier in coherence order than any write that it knows, or that a read that it knows has read.
//! The same holds for a read that is revisited, since everything after it has been removed. Sequential
//! consistency requires more, and so do seq-cst operations: see [`consistency`](super::consistency).

use smallvec::SmallVec;

use super::Clock;
use super::event::{Event, Source};
use super::execution::{Graph, Program};
use super::location::Location;

impl<P: Program> Graph<P> {
    /// The rank of the latest write that an event with this knowledge knows, directly or through a read.
    /// Of a thread's reads only the latest counts: coherence lets no read see an earlier write than a
    /// read before it.
    pub(crate) fn floor(&self, location: &Location<P::Object>, knows: &Clock) -> usize {
        let known = location.writes.iter().rposition(|&write| knows.has(write));
        let mut floor = known.map_or(0, |index| index + 1);
        for read in location.latest_reads(knows) {
            if let Some(Some(source)) = self.event(read).reads {
                let later = location.writes[floor..].iter().rposition(|&it| it == source);
                floor = later.map_or(floor, |index| floor + index + 1);
            }
        }
        floor
    }

    /// The writes that coherence lets a new read see, latest first.
    pub(crate) fn readable(
        &self,
        location: &Location<P::Object>,
        knows: &Clock,
    ) -> SmallVec<[Source; 4]> {
        location.writes_from(self.floor(location, knows)).collect()
    }

    /// The places in coherence order, from a rank on, for a write that has no place yet; latest first.
    pub(crate) fn places(&self, write: &Event<P::Detail>, floor: usize) -> SmallVec<[usize; 2]> {
        let location = &self.locations[write.location.expect("a write has a location")];
        self.free_places(location, write.reads, floor)
    }

    /// The same for a write that also reads this, if it reads. A read-modify-write has at most one place, and
    /// none if another one has read the same write.
    pub(crate) fn free_places(
        &self,
        location: &Location<P::Object>,
        reads: Option<Source>,
        floor: usize,
    ) -> SmallVec<[usize; 2]> {
        let ranks = match reads {
            Some(source) => {
                let rank = location.rank(source);
                rank.max(floor)..=rank
            }
            None => floor..=location.writes.len(),
        };
        let mut places = SmallVec::new();
        for rank in ranks.rev() {
            if !self.is_taken(location, rank) {
                places.push(rank);
            }
        }
        places
    }

    /// The lowest rank for a write that has no place yet.
    pub(crate) fn floor_of(&self, write: &Event<P::Detail>) -> usize {
        let location = &self.locations[write.location.expect("a write has a location")];
        self.floor(location, &write.past.knows)
    }
}
