//! Which writes a read may read, and where a new write may stand.
//!
//! RC11 asks that no event happens before what it comes after in the order of its location (reads
//! included: coherence). Events are added at the end of their threads, so that nothing happens
//! after a new one; it is coherent if and only if it stands, or reads, no earlier in coherence
//! order than any write that it knows, or that a read that it knows has read. The same holds for a
//! read that is revisited, as all that came after it is gone. Sequential consistency asks for more,
//! and so do seq-cst operations: see [`consistency`](super::consistency).

use super::Clock;
use super::event::{Event, Source};
use super::execution::Graph;
use super::location::Location;

impl Graph {
    /// The rank of the latest write that somebody with this knowledge knows of, at first or second
    /// hand. Of a thread's reads the latest counts: coherence lets none read an earlier write than
    /// one before it.
    pub(crate) fn floor(&self, location: &Location, knows: &Clock) -> usize {
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

    /// The writes that a new read may read by coherence, latest first.
    pub(crate) fn readable(&self, location: &Location, knows: &Clock) -> Vec<Source> {
        let floor = self.floor(location, knows);
        let ranks = (floor..=location.writes.len()).rev();
        ranks.map(|rank| location.write(rank)).collect()
    }

    /// The places in coherence order, from a rank on, for a write that has none yet; latest first. A
    /// read-modify-write has one at most, and none if another has read the same.
    pub(crate) fn places(&self, write: &Event, floor: usize) -> Vec<usize> {
        let location = &self.locations[write.location.expect("a write has a location")];
        let ranks = match write.reads {
            Some(source) => {
                let rank = location.rank(source);
                rank..=rank
            }
            None => floor..=location.writes.len(),
        };
        ranks.rev().filter(|&rank| rank >= floor && !self.is_taken(location, rank)).collect()
    }

    /// The rank below which a write that has no place yet cannot stand.
    pub(crate) fn floor_of(&self, write: &Event) -> usize {
        let location = &self.locations[write.location.expect("a write has a location")];
        self.floor(location, &write.past.knows)
    }

    /// Whether a write comes last in coherence order.
    pub(crate) fn is_last(&self, location: usize, write: Source) -> bool {
        self.locations[location].writes.last().copied() == write
    }
}
