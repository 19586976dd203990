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
use super::clock::{Clock, EventId};
use super::event::{Event, Way};
use super::execution::{Graph, Program};
use super::location::Location;
use super::precedence::Precedence;
use super::relation::{Bits, Relation, Set, empty};

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
        ordered.len() < 2 || !Orders::new(self).seq_cst(&ordered).has_cycle(ordered.len())
    }
}

/// The orders of a graph. What happens before an event is, of each thread, all events up to one of them, so the last of
/// these stands for the others.
struct Orders<'a, P: Program> {
    graph: &'a Graph<P>,
    /// The number of each thread's first event, followed by the number of all events.
    firsts: Vec<usize>,
    /// The accesses to each location.
    accesses: Relation,
    /// Coherence and from-read: for each event, those before it.
    replaced: Relation,
    /// Coherence, from-read and reads-from, transitively closed.
    communicates: Relation,
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
            accesses: Relation::empty(graph.locations.len(), bound),
            replaced: Relation::empty(bound, bound),
            communicates: Relation::empty(bound, bound),
        };
        for (number, event) in graph.events().enumerate() {
            if let Some(location) = event.location {
                orders.accesses.of_mut(location).add(number);
            }
        }
        orders.follow_locations();
        orders
    }

    fn number(&self, id: EventId) -> usize {
        self.firsts[id.thread as usize] + id.position as usize
    }

    fn nothing(&self) -> Set {
        empty(self.firsts[self.firsts.len() - 1])
    }

    /// Adds the relations that follow from coherence order.
    fn follow_locations(&mut self) {
        let graph = self.graph;
        let precedence = Precedence::of(graph);
        let ordered = |location: &&Arc<Location<P::Object>>| !P::is_queue(graph, location);
        for (index, location) in graph.locations.iter().enumerate().filter(|it| ordered(&it.1)) {
            // All accesses before the next write.
            let mut before = self.nothing();
            for &reader in precedence.readers(index, None) {
                before.add(self.number(reader));
            }
            for &write in &location.writes {
                let me = self.number(write);
                let mut replaced = Set::from_slice(&before);
                replaced.exclude(me);
                for &reader in precedence.readers(index, Some(write)) {
                    let reader = self.number(reader);
                    self.communicates.of_mut(reader).join(&replaced);
                    self.communicates.of_mut(reader).add(me);
                    before.add(reader);
                }
                before.add(me);
                self.communicates.of_mut(me).join(&replaced);
                self.replaced.of_mut(me).join(&replaced);
            }
        }
    }

    /// `psc` between these events, which are all seq-cst; by their positions.
    fn seq_cst(&self, ordered: &[&Event<P::Detail>]) -> Relation {
        let mut before = Relation::empty(ordered.len(), ordered.len());
        for (index, event) in ordered.iter().enumerate() {
            self.insert_seq_cst_before(event, ordered, before.of_mut(index));
        }
        before
    }

    /// Adds those of the events from which `psc` leads to this one.
    fn insert_seq_cst_before(
        &self,
        event: &Event<P::Detail>,
        ordered: &[&Event<P::Detail>],
        before: &mut [u64],
    ) {
        let is_fence = event.is_seq_cst_fence();
        let strictly = strictly_before(event);
        // Where `scb` begins that ends at the event, or for a fence at what happens before it.
        let mut begins = self.nothing();
        // What happens before the beginnings of the threads of these ends: points in program order that are not events.
        let mut before_threads = Clock::nothing();
        // What happens before an earlier event of an end's thread that is an access to something else.
        let mut through = Clock::nothing();
        // What communicates with what happens before a fence.
        let mut communicates = self.nothing();
        for (thread, line) in (0..).zip(&self.graph.lines) {
            let is_own = thread == event.id.thread;
            let count = match is_fence {
                true => strictly.count(thread) as usize + usize::from(is_own),
                false if is_own => event.id.position as usize + 1,
                false => 0,
            };
            let Some(last) = count.min(line.events.len()).checked_sub(1) else { continue };
            let (first, ends) = (self.firsts[thread as usize], &line.events[..=last]);
            begins.insert_range(first, first + last);
            let elsewhere = if is_fence {
                before_the_run(ends)
            } else {
                ends.iter().rposition(|it| is_elsewhere(it, event)).map_or(0, |it| it + 1)
            };
            if let Some(latest) = elsewhere.checked_sub(1) {
                through.join(&strictly_before(&ends[latest]));
            }
            if let Some(start) = line.started_by {
                before_threads.join(&self.graph.event(start).past.knows);
            }
            let earliest = if is_fence { 0 } else { last };
            let mut known = empty(self.graph.locations.len());
            for position in (earliest..=last).rev() {
                let (number, end) = (first + position, &ends[position]);
                let Some(location) = end.location else { continue };
                begins.join(self.replaced.of(number));
                if is_fence {
                    communicates.join(self.communicates.of(number));
                }
                // What happens before an earlier access happens before a later one.
                if !known.has(location) {
                    known.add(location);
                    let before = self.set(&strictly_before(end));
                    begins.join_common(&before, self.accesses.of(location));
                }
            }
        }
        self.insert_elsewhere(&mut begins, &through);
        self.insert_elsewhere(&mut begins, &before_threads);
        // What is before fences also comes from all that happens before these beginnings.
        let mut fences = before_threads;
        fences.join(&self.knowledge(&begins));
        if is_fence {
            fences.join(&strictly);
            fences.join(&self.knowledge(&communicates));
        }
        for (index, other) in ordered.iter().enumerate() {
            let is_begin = begins.has(self.number(other.id));
            if is_begin || other.is_seq_cst_fence() && fences.has(other.id) {
                before.add(index);
            }
        }
    }

    /// The set of the events in a clock.
    fn set(&self, clock: &Clock) -> Set {
        let mut set = self.nothing();
        for (pair, count) in self.firsts.windows(2).zip(clock.counts()) {
            set.insert_range(pair[0], (pair[0] + count as usize).min(pair[1]));
        }
        set
    }

    /// Adds each event that comes, in program order, before one in the clock that is an access to something else.
    fn insert_elsewhere(&self, set: &mut Set, clock: &Clock) {
        for ((line, &first), count) in self.graph.lines.iter().zip(&self.firsts).zip(clock.counts())
        {
            let events = &line.events[..line.events.len().min(count as usize)];
            set.insert_range(first, first + before_the_run(events));
        }
    }

    /// These events, and what happens before one of them.
    fn knowledge(&self, events: &Set) -> Clock {
        let mut knowledge = Clock::nothing();
        for (line, pair) in self.graph.lines.iter().zip(self.firsts.windows(2)) {
            if let Some(last) = events.last_in(pair[0], pair[1]) {
                knowledge.join(&line.events[last - pair[0]].past.knows);
            }
        }
        knowledge
    }
}

/// What happens before an event.
fn strictly_before<D>(event: &Event<D>) -> Clock {
    let mut before = event.past.knows.clone();
    before.truncate(event.id);
    before
}

/// Whether two events are no accesses to the same location.
fn is_elsewhere<D>(one: &Event<D>, other: &Event<D>) -> bool {
    one.location.is_none() || one.location != other.location
}

/// The number of events before the accesses to one location at the end of these events of a thread: each comes before one that
/// is elsewhere.
fn before_the_run<D>(events: &[Arc<Event<D>>]) -> usize {
    let Some(last) = events.last() else { return 0 };
    let run = events.iter().rev().skip(1).take_while(|it| !is_elsewhere(it, last)).count();
    events.len() - 1 - run
}
