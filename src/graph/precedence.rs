//! The direct predecessors of each event under sequential consistency: program order and starts,
//! reads-from, the event that a wait waited for, coherence and from-read, and what has found the state
//! that the event ends.
//!
//! The coherence orders are walked once, so that finding the predecessors of all events takes time in
//! proportion to the number of events and edges.

use smallvec::SmallVec;

use super::clock::EventId;
use super::event::{Event, Source};
use super::execution::{Graph, Program};

/// The direct predecessors of a graph's events.
pub(crate) struct Precedence<'g, P: Program> {
    graph: &'g Graph<P>,
    /// The number of each thread's first event.
    firsts: Vec<usize>,
    /// For each event that has a place in coherence order, the write that it replaces; by number.
    replaced: Vec<Option<Source>>,
    /// The reads of each event, by number; then the reads of each location's initial value.
    readers: Vec<SmallVec<[EventId; 2]>>,
    events: usize,
}

impl<'g, P: Program> Precedence<'g, P> {
    pub(crate) fn of(graph: &'g Graph<P>) -> Self {
        let mut firsts = Vec::with_capacity(graph.lines.len());
        let mut events = 0;
        for line in &graph.lines {
            firsts.push(events);
            events += line.events.len();
        }
        let mut precedence = Precedence {
            graph,
            firsts,
            replaced: vec![None; events],
            readers: vec![SmallVec::new(); events + graph.locations.len()],
            events,
        };
        for event in graph.events() {
            if let (Some(location), Some(source)) = (event.location, event.reads) {
                let at = precedence.index(location, source);
                precedence.readers[at].push(event.id);
            }
        }
        for location in &graph.locations {
            let mut replaced = None;
            for &write in &location.writes {
                let at = precedence.number(write);
                precedence.replaced[at] = Some(replaced);
                replaced = Some(write);
            }
        }
        precedence
    }

    fn number(&self, id: EventId) -> usize {
        self.firsts[id.thread as usize] + id.position as usize
    }

    fn index(&self, location: usize, source: Source) -> usize {
        source.map_or(self.events + location, |write| self.number(write))
    }

    /// The reads of a write to a location.
    pub(crate) fn readers(&self, location: usize, write: Source) -> &[EventId] {
        &self.readers[self.index(location, write)]
    }

    /// The direct predecessors of an event.
    pub(crate) fn before<'a>(
        &'a self,
        event: &'a Event<P::Detail>,
    ) -> impl Iterator<Item = EventId> + 'a {
        let id = event.id;
        let earlier = match id.position.checked_sub(1) {
            Some(position) => Some(EventId { position, ..id }),
            None => self.graph.lines[id.thread as usize].started_by,
        };
        let replaced = self.replaced[self.number(id)];
        let readers = match (event.location, replaced) {
            (Some(location), Some(replaced)) => self.readers(location, replaced),
            _ => &[],
        };
        earlier
            .into_iter()
            .chain(event.awaits.iter().copied())
            .chain(event.reads.flatten())
            .chain(replaced.flatten())
            .chain(readers.iter().copied().filter(move |&reader| reader != id))
            .chain(self.found(event))
    }

    /// The events that have found the state that an event ends.
    fn found<'a>(&'a self, event: &'a Event<P::Detail>) -> impl Iterator<Item = EventId> + 'a {
        let graph = self.graph;
        let looks_at = |write| {
            let location = graph.event(write).location.expect("a write has a location");
            self.readers(location, Some(write)).iter().copied()
        };
        let has_found = |look: &EventId| {
            let look = graph.event(*look);
            !look.writes && P::has_found(graph, look, event)
        };
        let both = |look| [look, P::found_by(graph, look)];
        P::ends(graph, event).into_iter().flat_map(looks_at).filter(has_found).flat_map(both)
    }

    /// All events in an order in which each comes after those of its direct predecessors that `counts`
    /// accepts; a thread continues while it can. `None` if there is a cycle.
    pub(crate) fn order(
        &self,
        counts: impl Fn(&Event<P::Detail>, EventId) -> bool,
    ) -> Option<Vec<EventId>> {
        let lines = &self.graph.lines;
        let mut done = vec![0_u32; lines.len()];
        let is_done = |done: &[u32], id: EventId| done[id.thread as usize] > id.position;
        let mut order = Vec::with_capacity(self.events);
        let mut current = 0;
        while order.len() < self.events {
            let threads = (current..lines.len()).chain(0..current);
            let next = threads.into_iter().find_map(|thread| {
                let event = lines[thread].events.get(done[thread] as usize)?;
                let mut before = self.before(event).filter(|&id| counts(event, id));
                before.all(|id| is_done(&done, id)).then_some(event.id)
            })?;
            current = next.thread as usize;
            done[current] += 1;
            order.push(next);
        }
        Some(order)
    }

    /// Whether a path leads from an event, the last of its thread, back to itself.
    pub(crate) fn is_on_cycle(&self, id: EventId) -> bool {
        let mut reached: Vec<u32> = vec![0; self.graph.lines.len()];
        let mut pending: Vec<EventId> = self.before(self.graph.event(id)).collect();
        while let Some(next) = pending.pop() {
            if next == id {
                return true;
            }
            let first = reached[next.thread as usize];
            if first > next.position {
                continue;
            }
            reached[next.thread as usize] = next.position + 1;
            for position in first..=next.position {
                let event = self.graph.event(EventId { position, ..next });
                pending.extend(self.before(event));
            }
        }
        false
    }
}
