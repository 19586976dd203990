//! The graphs that a graph grows into: with its next event, for every write that the event may read and every
//! place that it may take, and with every earlier read that a new write may serve (Kokologiannakis, Marmanis,
//! Gladstein and Vafeiadis, "Truly stateless, optimal dynamic partial order reduction", POPL 2022).
//!
//! A new write may serve an earlier read that it does not depend on. Everything that was added after the
//! read and is not in the prefix of the write is then removed, because it may come out differently. The
//! same graph could be reached in many ways, one for each way to add what is removed. So a read is
//! revisited in only one of them: in the one where the removed events, and the read, were added in the
//! *maximal* way, each reading and writing last in coherence order as far as that existed already.
//!
//! A read-modify-write is one event here, and two in the paper. If it reads a write that another
//! read-modify-write has read, the graph with both cannot be completed, but its write may serve the
//! other one. When it is revisited, it is a new write, which may in turn serve other reads.

use std::sync::Arc;

use smallvec::{SmallVec, smallvec};

use super::clock::EventId;
use super::event::{Event, Way};
use super::execution::{Graph, Line, Program};

/// A graph that another has grown into.
#[derive(Debug)]
pub(crate) struct Grown<P: Program> {
    pub(crate) graph: Graph<P>,
    /// The events in which it differs: the last event of each of their threads.
    pub(crate) new: SmallVec<[EventId; 2]>,
}

/// All consistent graphs that a graph grows into by the next event of a thread, which comes out in one of
/// these ways. If the event can come out in the first way, that graph is the first.
pub(crate) fn grow<P: Program>(
    context: &P::Context,
    graph: Graph<P>,
    events: impl IntoIterator<Item = impl Into<Arc<Event<P::Detail>>>>,
) -> Vec<Grown<P>> {
    let mut growth = Growth { context, grown: Vec::new() };
    for_each_with_copy(graph, events, |graph, event| growth.add(graph, &event.into()));
    growth.grown
}

/// Gives each of these a copy of a graph, and gives the last one the graph itself.
fn for_each_with_copy<P: Program, T>(
    graph: Graph<P>,
    items: impl IntoIterator<Item = T>,
    mut visit: impl FnMut(Graph<P>, T),
) {
    let mut items = items.into_iter();
    let Some(mut item) = items.next() else { return };
    for next in items {
        visit(graph.clone(), std::mem::replace(&mut item, next));
    }
    visit(graph, item);
}

struct Growth<'a, P: Program> {
    context: &'a P::Context,
    grown: Vec<Grown<P>>,
}

impl<P: Program> Growth<'_, P> {
    fn add(&mut self, mut graph: Graph<P>, event: &Arc<Event<P::Detail>>) {
        let (id, writes, reads) = (event.id, event.writes, event.reads.is_some());
        graph.add(Arc::clone(event));
        if reads && !graph.is_consistent(&[id]) {
            return;
        }
        if !writes {
            self.grown.push(Grown { graph, new: smallvec![id] });
            return;
        }
        let mut served = Growth { context: self.context, grown: Vec::new() };
        served.serve(&graph, id);
        let places = graph.places(event, graph.floor_of(event));
        for_each_with_copy(graph, places, |mut graph, place| {
            graph.place(self.context, id, place);
            if graph.is_consistent(&[id]) {
                self.grown.push(Grown { graph, new: smallvec![id] });
            }
        });
        self.grown.append(&mut served.grown);
    }

    /// Offers a new write, which has no place yet, to earlier reads.
    fn serve(&mut self, graph: &Graph<P>, write: EventId) {
        let location = graph.event(write).location.expect("a write has a location");
        let prefix = &graph.event(write).past.sees;
        for read in graph.locations[location].reads_beyond(prefix) {
            let keep = graph.kept(read, write);
            if !graph.is_revisited(&keep, write) {
                continue;
            }
            let rest = graph.restricted(&keep);
            let read = graph.event(read);
            // Nearly always there is one: it gets the graph itself, and no list is made.
            let mut last = None;
            P::reread(self.context, &rest, read, write, |event| {
                if let Some(earlier) = last.replace(event) {
                    self.settle(rest.clone(), earlier, write);
                }
            });
            if let Some(event) = last {
                self.settle(rest, event, write);
            }
        }
    }

    /// Places a write and the read that it serves.
    fn settle(&mut self, mut graph: Graph<P>, read: Arc<Event<P::Detail>>, write: EventId) {
        let id = read.id;
        let is_write = read.writes;
        let location = &graph.locations[read.location.expect("it reads it")];
        let floor = graph.floor(location, graph.knowledge(id.thread));
        let event = Arc::clone(graph.event(write));
        let places = graph.places(&event, floor.max(graph.floor_of(&event)));
        if places.is_empty() {
            return;
        }
        graph.add(read);
        for_each_with_copy(graph, places, |mut graph, place| {
            graph.place(self.context, write, place);
            if !graph.is_consistent(&[write, id]) {
                return;
            }
            if !is_write {
                self.grown.push(Grown { graph, new: smallvec![write, id] });
                return;
            }
            self.serve(&graph, id);
            // Right after the write that it now reads.
            let event = Arc::clone(graph.event(id));
            if let Some(&place) = graph.places(&event, 0).first() {
                graph.place(self.context, id, place);
                if graph.is_consistent(&[id]) {
                    self.grown.push(Grown { graph, new: smallvec![write, id] });
                }
            }
        });
    }
}

impl<P: Program> Graph<P> {
    /// How many events of each thread stay when a write serves a read: those in the prefix of the write,
    /// and those from before the read. The read itself is removed and made again.
    fn kept(&self, read: EventId, write: EventId) -> Vec<u32> {
        let stamp = self.event(read).stamp;
        let sees = &self.event(write).past.sees;
        let count = |(thread, line): (u32, &Arc<Line<P>>)| {
            let earlier = line.events.partition_point(|it| it.stamp < stamp) as u32;
            earlier.max(sees.count(thread))
        };
        (0..).zip(&self.lines).map(count).collect()
    }

    /// Whether a read is revisited by a write on this way to the graph in which so many events stay.
    fn is_revisited(&self, keep: &[u32], write: EventId) -> bool {
        let mut taken = keep
            .iter()
            .zip(&self.lines)
            .flat_map(|(&kept, line)| line.events.iter().skip(kept as usize));
        taken.all(|event| self.is_maximal(event, write))
    }

    /// Whether an event was added in the maximal way, given the prefix of a write.
    fn is_maximal(&self, event: &Event<P::Detail>, write: EventId) -> bool {
        let sees = &self.event(write).past.sees;
        let was_there = |id: EventId| self.event(id).stamp <= event.stamp || sees.has(id);
        if !P::is_first(self, event, was_there) {
            return false;
        }
        let Some(location) = event.location.map(|it| &self.locations[it]) else { return true };
        if let Some(Some(source)) = event.reads
            && !was_there(source)
        {
            return false;
        }
        if event.way == Way::Only {
            return true;
        }
        if event.writes {
            // The reads of a thread that see the write are its latest ones.
            let mut threads = location.reads_back();
            let is_read = threads.any(|reads| {
                let mut seeing = reads.take_while(|&it| self.event(it).past.sees.has(event.id));
                seeing.any(|it| self.event(it).reads == Some(Some(event.id)) && was_there(it))
            });
            if is_read {
                return false;
            }
        }
        let source = event.reads.unwrap_or(Some(event.id));
        let later = location.writes[location.rank(source)..].iter();
        !later.copied().any(|it| it != event.id && was_there(it))
    }
}
