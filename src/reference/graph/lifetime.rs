//! Accesses that conflict with the end of their allocation.
//!
//! A free, and a return from the function of a known stack slot, is like a plain write of the whole
//! allocation: every access must happen before it, and there is only one such end. The value that an
//! access reads does not depend on that: the access continues as if nothing had ended.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::event::Event;
use super::execution::{Graph, Location};
use super::wrong::Wrong;
use crate::graph::{Clock, EventId, MemoryModel};
use crate::interp::allocation::{Allocation, GENERATIONS, Region};
use crate::interp::{ThreadId, refusal};
use crate::reference::{
    Allocations, Object, Operation, SharedWorld, Subject, Violation, ViolationKind, address_of,
    owner_of,
};

/// A clock that knows nothing, so that everything lies beyond it.
static NOTHING: Clock = Clock::nothing();

impl SharedWorld for Graph {
    fn allocations(&self, owner: ThreadId) -> Option<&Allocations> {
        let line = self.lines.get(owner.0 as usize)?;
        let last = line.events.last();
        Some(last.map_or(&line.thread().first, |last| last.thread()).allocations())
    }
}

impl Graph {
    /// The ends that conflict with a new event, or, if the event is an end, the accesses that do not
    /// come before it; in each pair the end is last.
    pub(crate) fn met_ends<'a>(&'a self, event: &'a Arc<Event>) -> Vec<[&'a Arc<Event>; 2]> {
        let Some(location) = event.location.map(|it| &self.locations[it]) else { return vec![] };
        let mut met = Vec::new();
        match location.object {
            Object::Cell(cell) | Object::Shared(cell) if self.model != MemoryModel::Sc => {
                let allocation = address_of(cell).allocation;
                let ends = self.ends_of(allocation);
                let is_after = |end: &&Arc<Event>| {
                    !end.past.knows.has(event.id) && !self.has_come_again(allocation, end, event)
                };
                met.extend(ends.filter(is_after).map(|end| [event, end]));
            }
            Object::Life(allocation) if event.writes => {
                let others = self.ends_of(allocation).filter(|end| {
                    end.id != event.id && !self.has_come_again(allocation, end, event)
                });
                met.extend(others.map(|other| [other, event]));
                if self.model != MemoryModel::Sc {
                    let accesses = self.accesses_of(allocation);
                    let is_after = |access: &&Arc<Event>| !event.past.knows.has(access.id);
                    met.extend(accesses.filter(is_after).map(|access| [access, event]));
                }
            }
            _ => {}
        }
        met
    }

    /// Whether an end of an allocation belongs to an earlier life with the same name: after the last
    /// generation the first comes again.
    fn has_come_again(&self, allocation: Allocation, end: &Event, later: &Event) -> bool {
        self.ends_of(allocation.previous_life())
            .any(|it| it.past.knows.has(end.id) && later.past.knows.has(it.id))
    }

    /// Whether the latest ended life with this name has come again since then.
    pub(crate) fn lives_again(&self, allocation: Allocation, end: EventId) -> bool {
        self.ends_of(allocation.previous_life()).any(|it| it.past.knows.has(end))
    }

    fn ends_of(&self, allocation: Allocation) -> impl Iterator<Item = &Arc<Event>> {
        let location =
            owner_of(allocation).and_then(|_| self.location_of(Object::Life(allocation)));
        let ends = location.map_or(&[][..], |location| &location.writes);
        ends.iter().map(|&end| self.event(end))
    }

    fn accesses_of<'a>(&'a self, allocation: Allocation) -> impl Iterator<Item = &'a Arc<Event>> {
        let is_of_it = move |object: Object| match object {
            Object::Cell(cell) | Object::Shared(cell) => address_of(cell).allocation == allocation,
            _ => false,
        };
        let locations = self.locations.iter().filter(move |it| is_of_it(it.object));
        let accesses = |location: &'a Arc<Location>| {
            location.writes.iter().copied().chain(location.reads_beyond(&NOTHING))
        };
        locations.flat_map(accesses).map(|id| self.event(id))
    }

    /// The allocation that has received the memory of a free.
    pub(crate) fn taker_of(&self, free: EventId) -> Option<EventId> {
        let location = &self.locations[self.event(free).location?];
        let mut reads = location.reads_beyond(&NOTHING);
        reads.find(|&it| self.event(it).reads == Some(Some(free)))
    }

    /// The frees whose memory a thread's next allocation of this many cells may get: they happen before
    /// it, and no other allocation has got their memory. Under sequential consistency, where a schedule
    /// determines everything, there are none.
    pub(crate) fn available(&self, thread: ThreadId, cells: u64) -> Vec<EventId> {
        if self.model == MemoryModel::Sc {
            return Vec::new();
        }
        let knows = self.knowledge(thread.0);
        let is_large = |allocation: Allocation| self.cells_of(allocation) == Some(cells);
        let frees = self.locations.iter().filter_map(|location| match location.object {
            Object::Life(allocation) if allocation.region == Region::Heap => {
                is_large(allocation).then_some(&location.writes)
            }
            _ => None,
        });
        // If the same allocation is freed twice, which is wrong anyway, the first free counts.
        let first = frees.filter_map(|ends| ends.first().copied());
        first.filter(|&free| knows.has(free) && self.taker_of(free).is_none()).collect()
    }

    /// Memory that has not been freed and that no global leads to.
    pub(crate) fn lost_memory(&self, subject: &Subject) -> Vec<Allocation> {
        let cells = self.locations.iter().filter_map(|location| match location.object {
            Object::Cell(cell) => Some((cell, self.last_word(subject, location.object))),
            _ => None,
        });
        let has_ended = |it: &Allocation| self.ends_of(*it).next().is_some();
        let is_taken = |it: Allocation| self.ends_of(it).any(|end| self.taker_of(end.id).is_some());
        let life = |first: Allocation| {
            let next = |it: &Allocation| is_taken(*it).then(|| it.next_life());
            let lives = std::iter::successors(Some(first), next).take(usize::from(GENERATIONS));
            lives.last().filter(|it| !has_ended(it))
        };
        self.lost(self.lines.len() as u32, &cells.collect(), life)
    }

    /// Under sequential consistency: the accesses that need not come before the end of their allocation.
    /// For each event, `before` has all events that must precede it.
    pub(crate) fn sequential_ends(
        &self,
        subject: &Subject,
        before: &BTreeMap<EventId, Clock>,
    ) -> Vec<Wrong> {
        let mut wrongs = Vec::new();
        let lives = self.locations.iter().filter_map(|location| match location.object {
            Object::Life(allocation) => Some((allocation, &location.writes)),
            _ => None,
        });
        for (allocation, ends) in lives {
            for &end in ends {
                let late = self.accesses_of(allocation).filter(|it| {
                    let again = self.has_come_again(allocation, self.event(end), it);
                    !before[&end].has(it.id) && !again
                });
                for access in late {
                    let violation = violation(subject, [access, self.event(end)]);
                    let mut prefix = before[&access.id].clone();
                    prefix.join(&before[&end]);
                    prefix.insert(end);
                    wrongs.push(Wrong { violation, prefix, last: Some(access.id) });
                }
            }
        }
        wrongs
    }
}

/// The violation of an access or an end that conflicts with an end.
pub(crate) fn violation(subject: &Subject, [event, end]: [&Arc<Event>; 2]) -> Violation {
    let by =
        |event: &Event| format!("by thread {} at {}", event.id.thread, event.detail.before.place());
    let access = event.operation();
    let at = access.cell_alive().map(address_of);
    let (kind, (_, reason)) = match (end.operation(), at) {
        (Operation::Leave { slot }, _) => {
            (ViolationKind::DeadStackSlot, refusal::gone(&subject.allocation_name(*slot)))
        }
        (Operation::Free { .. }, Some(at)) => {
            (ViolationKind::UseAfterFree, refusal::freed(&subject.address_name(at)))
        }
        (operation, _) => {
            let Operation::Free { allocation } = operation else {
                unreachable!("{operation:?} ends nothing")
            };
            let name = subject.allocation_name(*allocation);
            (ViolationKind::DoubleFree, refusal::freed_already(&name))
        }
    };
    let message = format!("{reason} {}: {} {}", by(end), access.access_name(subject), by(event));
    let places = [event, end].map(|it| (ThreadId(it.id.thread), it.detail.before.place())).to_vec();
    Violation { kind, message, places }
}
