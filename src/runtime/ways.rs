//! The ways in which a thread's next operation may come out in a graph, the one that a search takes first
//! being the first.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::graph::location::Location;
use crate::graph::{Graph, Source};

use super::meaning::{Awaited, Effect, Event, Reading, RustCode};
use super::operation::{Act, Done, Object, Operation};
use super::spare::Spare;
use super::values::Values;

/// A way in which an operation may come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// The write that it reads, if it reads.
    source: Source,
    /// Which of the ways in which it may come out when it reads that.
    nth: u32,
    /// The place of its write in coherence order.
    place: Option<usize>,
}

impl Graph<RustCode> {
    /// Makes room for an object.
    pub(super) fn reach(&mut self, object: Object) {
        while self.locations.len() <= object as usize {
            self.locations.push(Location::new(()).into());
        }
    }

    /// The rank of the first write of a location that a thread's next operation may read, or come right after.
    fn floor_at(&self, location: &Location<()>, thread: u32) -> usize {
        self.floor(location, self.knowledge(thread))
    }

    /// Calls `visit` with how a thread's next operation may come out: what it reads, in which of its ways, and with
    /// what effect. Its object must have a location, of which it may read the writes from this rank on.
    fn for_each_outcome(
        &self,
        values: &Values,
        thread: u32,
        operation: &Operation,
        floor: usize,
        mut visit: impl FnMut(Reading, u32, Effect),
    ) {
        let only = self.only_way(operation);
        let mut visit_all = |reading: Reading| {
            for way in 0..self.ways_reading(thread, operation, reading.source) {
                if only.is_none_or(|it| it == way)
                    && let Some(effect) = self.effect(thread, operation, reading, way)
                {
                    visit(reading, way, effect);
                }
            }
        };
        match operation.object.filter(|_| operation.act.reads()) {
            Some(object) => {
                for source in self.locations[object as usize].writes_from(floor) {
                    visit_all(Reading { source, word: values.word(object, source) });
                }
            }
            None => visit_all(Reading { source: None, word: 0 }),
        }
    }

    /// The way that an operation must take, if it has no choice: an owner without others is the last one, and is
    /// not if there is a last one.
    fn only_way(&self, operation: &Operation) -> Option<u32> {
        let object = operation.object.filter(|_| operation.act == Act::Release)?;
        let is_last = self.other_owners(object, |_| true) == 0;
        (is_last || self.has_last_owner(object)).then_some(u32::from(is_last))
    }

    /// Adds a thread's next operation, which reads nothing, and which nobody reads. The thread must be able to go on.
    pub(super) fn go_alone(&mut self, thread: u32, operation: &Operation, spare: &mut Spare) {
        let reading = Reading { source: None, word: 0 };
        let effect = Effect::reads(operation.order);
        let (awaits, stamp) = (self.awaited(operation).unwrap_or_default(), self.next_stamp());
        let event = spare.hold(|event| {
            self.fill(event, thread, stamp, operation, reading, 0, effect, awaits);
        });
        self.add(event);
    }

    /// The events that a thread's next operation may become. Empty if the thread must wait.
    pub(super) fn next_events(
        &self,
        values: &Values,
        thread: u32,
        operation: &Operation,
        spare: &mut Spare,
    ) -> SmallVec<[Arc<Event>; 4]> {
        let mut events = SmallVec::new();
        let Ok(awaits) = self.awaited(operation) else { return events };
        let stamp = self.next_stamp();
        let location = operation.object.map(|object| &self.locations[object as usize]);
        let reads = operation.act.reads();
        let floor = location.filter(|_| reads).map_or(0, |it| self.floor_at(it, thread));
        self.for_each_outcome(values, thread, operation, floor, |reading, way, effect| {
            let mut awaits: Awaited = SmallVec::from_slice(&awaits);
            awaits.extend(self.freed_for(thread, operation.act, way));
            events.push(spare.hold(|event| {
                self.fill(event, thread, stamp, operation, reading, way, effect, awaits);
            }));
        });
        events
    }

    /// The ways in which a thread's next operation may come out. Not all of them need be consistent. Empty if the
    /// thread must wait.
    pub(super) fn ways_on(
        &self,
        values: &Values,
        thread: u32,
        operation: &Operation,
    ) -> SmallVec<[Way; 4]> {
        let mut ways = SmallVec::new();
        if self.awaited(operation).is_err() {
            return ways;
        }
        let location = operation.object.map(|object| &self.locations[object as usize]);
        // What a read-modify-write learns from the write that it reads comes before that write.
        let floor = location.map_or(0, |it| self.floor_at(it, thread));
        let visit = |Reading { source, .. }, nth, effect: Effect| {
            let Some(location) = location.filter(|_| effect.writes) else {
                ways.push(Way { source, nth, place: None });
                return;
            };
            let reads = operation.act.reads().then_some(source);
            for place in self.free_places(location, reads, floor) {
                ways.push(Way { source, nth, place: Some(place) });
            }
        };
        self.for_each_outcome(values, thread, operation, floor, visit);
        ways
    }

    /// Adds a thread's next operation in this way; false, and nothing has changed, if that is not consistent.
    pub(super) fn go(
        &mut self,
        values: &Values,
        thread: u32,
        operation: &Operation,
        Way { source, nth: way, place }: Way,
        spare: &mut Spare,
    ) -> bool {
        let word = operation.object.filter(|_| operation.act.reads());
        let word = word.map_or(0, |object| values.word(object, source));
        let reading = Reading { source, word };
        let (Ok(mut awaits), Some(effect)) =
            (self.awaited(operation), self.effect(thread, operation, reading, way))
        else {
            return false;
        };
        awaits.extend(self.freed_for(thread, operation.act, way));
        let stamp = self.next_stamp();
        let event = spare.hold(|event| {
            self.fill(event, thread, stamp, operation, reading, way, effect, awaits);
        });
        let id = event.id;
        self.add(event);
        if let Some(place) = place {
            self.place(values, id, place);
        }
        let is_consistent = self.is_consistent(&[id]);
        if !is_consistent {
            self.take_back(id);
        }
        is_consistent
    }

    /// Adds the event of a whole graph to this part of it; the number of the way in which it has come out.
    pub(super) fn follow(&mut self, values: &Values, whole: &Self, event: &Event) -> Option<u32> {
        let spare = &mut Spare::default();
        let Event { id, reads, writes, .. } = *event;
        let Done { operation, way, .. } = &event.detail;
        if let Some(object) = operation.object {
            self.reach(object);
        }
        let place = event.location.filter(|_| writes).map(|location| {
            let writes = &whole.locations[location].writes;
            writes.iter().take_while(|&&it| it != id).filter(|&&it| self.has(it)).count()
        });
        let is_it = |it: &Way| *it == Way { source: reads.flatten(), nth: *way, place };
        let ways = self.ways_on(values, id.thread, operation);
        let index = ways.iter().position(is_it)?;
        let has_gone = self.go(values, id.thread, operation, ways[index], spare);
        if let Act::Spawn { thread } = operation.act {
            self.start(thread, (), id);
        }
        has_gone.then_some(index as u32)
    }
}
