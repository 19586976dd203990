//! What a graph grows into: its next event with every write that it may read and every place that it
//! may take, and every earlier read that a new write may serve (Kokologiannakis, Marmanis,
//! Gladstein and Vafeiadis, "Truly stateless, optimal dynamic partial order reduction", POPL 2022).
//!
//! A new write may serve a read that was there before it and that it does not depend on. What was
//! added after the read and is no prefix of the write is then taken away, for it may come out
//! differently. The same graph would be reached in many ways, as often as what is taken away could
//! be added; so a read is revisited in one of them only: where all that is taken away, and the
//! read, were added in the *maximal* way, each reading and writing last in coherence order as far
//! as it was there already.
//!
//! A read-modify-write is one event, where the paper has two. When it reads what another has read,
//! the graph with both cannot be completed, but what it writes may serve the other one. When it is
//! revisited, it is a new write, which may serve other reads in turn.

use super::event::{Event, EventId, Source, Standing};
use super::execution::Graph;
use super::meaning;
use crate::interp::ThreadId;
use crate::reference::{Operation, Subject};

/// A graph that another has grown into.
#[derive(Debug)]
pub(super) struct Grown {
    pub(super) graph: Graph,
    /// The events in which it differs: the last of their threads.
    pub(super) new: Vec<EventId>,
}

/// All consistent graphs that a graph grows into when this thread, which can go on, makes its next
/// event.
pub(super) fn grow(subject: &Subject, mut graph: Graph, thread: ThreadId) -> Vec<Grown> {
    let mut growth = Growth { subject, grown: Vec::new() };
    let Standing::At(before) = graph.standing(thread) else { return growth.grown };
    let operation = before.next();
    let sources = graph.sources(thread, operation);
    let stamp = graph.next_stamp();
    for source in sources {
        let Some(event) = graph.event_reading(subject, &before, source, stamp) else { continue };
        let mut next = graph.clone();
        growth.add(&mut next, event);
    }
    growth.grown
}

struct Growth<'a> {
    subject: &'a Subject,
    grown: Vec<Grown>,
}

impl Growth<'_> {
    fn add(&mut self, graph: &mut Graph, event: Event) {
        let (id, writes, reads) = (event.id, event.writes.is_some(), event.reads.is_some());
        graph.add(event);
        if reads && !graph.is_consistent(&[id]) {
            return;
        }
        if !writes {
            self.grown.push(Grown { graph: graph.clone(), new: vec![id] });
            return;
        }
        let floor = graph.floor_of(id);
        for place in graph.places(id, floor) {
            let mut placed = graph.clone();
            placed.place(self.subject, id, place);
            if placed.is_consistent(&[id]) {
                self.grown.push(Grown { graph: placed, new: vec![id] });
            }
        }
        self.serve(graph, id);
    }

    /// Gives a new write, which has no place yet, to earlier reads.
    fn serve(&mut self, graph: &Graph, write: EventId) {
        let location = graph.event(write).location.expect("a write has a location");
        for &read in &graph.locations[location].reads {
            let prefix = &graph.event(write).before_it.sees;
            if prefix.has(read) || !graph.is_revisited(read, write) {
                continue;
            }
            let keep = graph.kept(read, write);
            let before = std::sync::Arc::clone(&graph.event(read).before);
            let stamp = graph.event(read).stamp;
            let rest = graph.restricted(&keep);
            let Some(event) = rest.event_reading(self.subject, &before, Some(write), stamp) else {
                continue;
            };
            self.settle(&rest, event, write);
        }
    }

    /// Places a write and the read that it serves.
    fn settle(&mut self, rest: &Graph, read: Event, write: EventId) {
        let id = read.id;
        let is_write = read.writes.is_some();
        let location = read.location.expect("it reads it");
        let knows = rest.knowledge(ThreadId(id.thread));
        let floor = rest.floor_of(write).max(rest.floor(&rest.locations[location], &knows));
        let places = rest.places(write, floor);
        if places.is_empty() {
            return;
        }
        let mut served = rest.clone();
        served.add(read);
        for place in places {
            let mut graph = served.clone();
            graph.place(self.subject, write, place);
            if !graph.is_consistent(&[write, id]) {
                continue;
            }
            if !is_write {
                self.grown.push(Grown { graph, new: vec![write, id] });
                continue;
            }
            for place in graph.places(id, 0) {
                let mut placed = graph.clone();
                placed.place(self.subject, id, place);
                if placed.is_consistent(&[id]) {
                    self.grown.push(Grown { graph: placed, new: vec![write, id] });
                }
            }
            self.serve(&graph, id);
        }
    }
}

impl Graph {
    /// What a thread's next operation may read by coherence, latest first; one `None` if it reads
    /// nothing.
    pub(super) fn sources(&mut self, thread: ThreadId, operation: &Operation) -> Vec<Source> {
        match meaning::object_of(thread, operation) {
            Some(object) => {
                let location = self.locate(object);
                if !meaning::reads(operation) {
                    return vec![None];
                }
                let knows = self.knowledge(thread);
                self.readable(&self.locations[location], &knows)
            }
            None => vec![None],
        }
    }

    /// The rank below which a write that has no place yet cannot stand.
    pub(super) fn floor_of(&self, write: EventId) -> usize {
        let event = self.event(write);
        let location = &self.locations[event.location.expect("a write has a location")];
        self.floor(location, &event.before_it.knows)
    }

    /// How many events of each thread stay when a write serves a read: the prefix of the write, and
    /// what was there before the read; the read itself goes, to be made anew.
    fn kept(&self, read: EventId, write: EventId) -> Vec<u32> {
        let stamp = self.event(read).stamp;
        let sees = &self.event(write).before_it.sees;
        let count = |(thread, line): (u32, &std::sync::Arc<super::execution::Line>)| {
            let earlier = line.events.partition_point(|it| it.stamp < stamp) as u32;
            earlier.max(sees.count(thread))
        };
        (0..).zip(&self.lines).map(count).collect()
    }

    /// Whether a read is revisited by a write on this way to the graph that comes out.
    fn is_revisited(&self, read: EventId, write: EventId) -> bool {
        let keep = self.kept(read, write);
        let mut taken = keep
            .iter()
            .zip(&self.lines)
            .flat_map(|(&kept, line)| line.events.iter().skip(kept as usize));
        taken.all(|event| self.is_maximal(event, write))
    }

    /// Whether an event was added in the maximal way, given the prefix of a write.
    fn is_maximal(&self, event: &Event, write: EventId) -> bool {
        let sees = &self.event(write).before_it.sees;
        let was_there = |id: EventId| self.event(id).stamp <= event.stamp || sees.has(id);
        let Some(location) = event.location.map(|it| &self.locations[it]) else { return true };
        if let Some(Some(source)) = event.reads
            && !was_there(source)
        {
            return false;
        }
        if event.is_silent() {
            return true;
        }
        if event.writes.is_some() {
            let reads = location.reads.iter().copied();
            let mut readers = reads.filter(|&it| self.event(it).reads == Some(Some(event.id)));
            if readers.any(was_there) {
                return false;
            }
        }
        let source = event.reads.unwrap_or(Some(event.id));
        let later = location.writes[location.rank(source)..].iter();
        !later.copied().any(|it| it != event.id && was_there(it))
    }
}
