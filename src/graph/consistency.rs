//! Decides whether a coherent graph is consistent, by the conditions on whole cycles.
//!
//! Both conditions assume that the graph without the `new` events is consistent, and that each new event
//! is the last of its thread. If every new write is last in coherence order and every new read reads
//! such a write, then only reads-from edges leave a new event, so no cycle can go through one. There is
//! nothing to check then, and [`Graph::is_consistent`] checks nothing. An event that has not come out in
//! the first way may have found a state that has ended (see [`Program::ends`]), so it is checked under
//! sequential consistency, too.

use std::sync::Arc;

use super::MemoryModel;
use super::clock::EventId;
use super::event::{Event, Way};
use super::execution::{Graph, Program};
use super::location::Location;
use super::precedence::Precedence;
use super::relation::{Set, is_acyclic};

impl<P: Program> Graph<P> {
    /// Whether the graph with these new events is consistent, given that it is coherent. A write of a
    /// new event counts if it has a place in coherence order.
    pub(crate) fn is_consistent(&self, new: &[EventId]) -> bool {
        if new.iter().all(|&id| self.is_up_to_date(id)) {
            return true;
        }
        match self.model {
            MemoryModel::Sc => {
                let precedence = Precedence::of(self);
                new.iter().all(|&id| !precedence.is_on_cycle(id))
            }
            MemoryModel::Rc11 | MemoryModel::C20 => self.is_seq_cst_order_acyclic(),
        }
    }

    /// Whether an event, the last of its thread, reads the latest write (other than its own) and writes
    /// the latest one.
    fn is_up_to_date(&self, id: EventId) -> bool {
        let event = self.event(id);
        let Some(location) = event.location.map(|it| &self.locations[it]) else { return true };
        if event.way == Way::Other && self.model == MemoryModel::Sc {
            return false;
        }
        let last = location.writes.last().copied();
        if last == Some(id) {
            return true;
        }
        let is_placed = event.writes && location.has_placed(id);
        !is_placed && event.reads.is_none_or(|source| source == last)
    }

    /// RC11's condition on seq-cst operations: `psc` is acyclic (Lahav et al., PLDI 2017, section 3.3).
    /// A read-modify-write is one event here: whatever leads to its read also leads to its write, and
    /// whatever its read leads to, its write leads to as well, so the cycles are the same.
    fn is_seq_cst_order_acyclic(&self) -> bool {
        let ordered: Vec<&Event<P::Detail>> =
            self.events().map(|it| &**it).filter(|it| it.mode.is_seq_cst()).collect();
        ordered.len() < 2 || is_acyclic(Orders::new(self).seq_cst(&ordered))
    }
}

/// The orders of a graph as relations: for each event, the set of events before it.
struct Orders<'a, P: Program> {
    graph: &'a Graph<P>,
    /// The number of each thread's first event, followed by the number of all events.
    firsts: Vec<usize>,
    /// Happens-before.
    happens: Vec<Set>,
    /// Program order, between events that do not access the same location.
    elsewhere: Vec<Set>,
    /// Happens-before, between accesses to the same location.
    here: Vec<Set>,
    /// Coherence and from-read.
    replaced: Vec<Set>,
    /// Coherence, from-read and reads-from, transitively closed.
    communicates: Vec<Set>,
}

impl<'a, P: Program> Orders<'a, P> {
    fn new(graph: &'a Graph<P>) -> Self {
        let mut firsts = vec![0];
        for line in &graph.lines {
            firsts.push(firsts[firsts.len() - 1] + line.events.len());
        }
        let bound = firsts[firsts.len() - 1];
        let mut orders = Orders {
            graph,
            firsts,
            happens: Vec::with_capacity(bound),
            elsewhere: Vec::with_capacity(bound),
            here: Vec::with_capacity(bound),
            replaced: vec![Set::empty(bound); bound],
            communicates: vec![Set::empty(bound); bound],
        };
        let locations: Vec<Option<usize>> = graph.events().map(|it| it.location).collect();
        for event in graph.events() {
            let me = orders.number(event.id);
            let mut happens = Set::empty(bound);
            for (count, pair) in event.past.knows.counts().zip(orders.firsts.windows(2)) {
                happens.insert_range(pair[0], (pair[0] + count as usize).min(pair[1]));
            }
            let (mut elsewhere, mut here) = (Set::empty(bound), Set::empty(bound));
            for other in happens.iter().filter(|&other| other != me) {
                if event.location.is_some() && locations[other] == event.location {
                    here.insert(other);
                } else if (orders.firsts[event.id.thread as usize]..me).contains(&other) {
                    elsewhere.insert(other);
                }
            }
            happens = without(happens, me);
            orders.happens.push(happens);
            orders.elsewhere.push(elsewhere);
            orders.here.push(here);
        }
        orders.follow_locations();
        orders
    }

    fn number(&self, id: EventId) -> usize {
        self.firsts[id.thread as usize] + id.position as usize
    }

    /// Adds the relations that follow from coherence order.
    fn follow_locations(&mut self) {
        let bound = self.firsts[self.firsts.len() - 1];
        let graph = self.graph;
        let precedence = Precedence::of(graph);
        let ordered = |location: &&Arc<Location<P::Object>>| !P::is_queue(graph, location);
        for (index, location) in graph.locations.iter().enumerate().filter(|it| ordered(&it.1)) {
            // All accesses before the next write.
            let mut before = Set::empty(bound);
            for &reader in precedence.readers(index, None) {
                before.insert(self.number(reader));
            }
            for &write in &location.writes {
                let me = self.number(write);
                let replaced = without(before.clone(), me);
                for &reader in precedence.readers(index, Some(write)) {
                    let reader = self.number(reader);
                    self.communicates[reader].join(&replaced);
                    self.communicates[reader].insert(me);
                    before.insert(reader);
                }
                before.insert(me);
                self.communicates[me].join(&replaced);
                self.replaced[me] = replaced;
            }
        }
    }

    /// `psc` between these events, which are all seq-cst; indexed by their positions.
    fn seq_cst(&self, ordered: &[&Event<P::Detail>]) -> Vec<Set> {
        let bound = self.firsts[self.firsts.len() - 1];
        let row = |event: &&Event<P::Detail>| {
            let me = self.number(event.id);
            let mut ends = Set::empty(bound);
            ends.insert(me);
            if event.is_seq_cst_fence() {
                ends.join(&self.happens[me]);
            }
            let mut begins = Set::empty(bound);
            // What happens before the beginnings of the threads of these ends.
            let mut before_threads = Set::empty(bound);
            for end in ends.iter() {
                before_threads.join(&self.before_thread(end));
                begins.join(&self.elsewhere[end].image(&self.happens).image(&self.elsewhere));
                begins.join(&self.here[end]);
                begins.join(&self.replaced[end]);
                begins.join(&self.program_order(end));
            }
            begins.join(&before_threads.image(&self.elsewhere));
            let mut fences = begins.image(&self.happens);
            fences.join(&begins);
            fences.join(&before_threads);
            if event.is_seq_cst_fence() {
                let happens = &self.happens[me];
                fences.join(happens);
                fences.join(&happens.image(&self.communicates).image(&self.happens));
            }
            let mut before = Set::empty(ordered.len());
            for (index, other) in ordered.iter().enumerate() {
                let number = self.number(other.id);
                let is_before = if other.is_seq_cst_fence() { &fences } else { &begins };
                if is_before.has(number) {
                    before.insert(index);
                }
            }
            before
        };
        ordered.iter().map(row).collect()
    }

    /// What happens before the beginning of an event's thread. That is a point in program order, which
    /// comes before all of the thread's events, though it is not an event.
    fn before_thread(&self, number: usize) -> Set {
        let mut before = Set::empty(self.firsts[self.firsts.len() - 1]);
        let thread = self.firsts.partition_point(|&first| first <= number) - 1;
        if let Some(start) = self.graph.lines[thread].started_by {
            let start = self.number(start);
            before.join(&self.happens[start]);
            before.insert(start);
        }
        before
    }

    /// The earlier events of an event's thread.
    fn program_order(&self, number: usize) -> Set {
        let mut earlier = Set::empty(self.firsts[self.firsts.len() - 1]);
        let thread = self.firsts.partition_point(|&first| first <= number) - 1;
        earlier.insert_range(self.firsts[thread], number);
        earlier
    }
}

fn without(mut set: Set, member: usize) -> Set {
    set.remove(member);
    set
}
