//! Whether a coherent graph is consistent: the conditions that look at whole cycles.
//!
//! Both are asked of a graph whose other events are consistent without the `new` ones, each of them
//! the last of its thread. If every new write stands last in coherence order and every new read
//! reads a write that does, no edge but reads-from leaves a new event, so that no cycle can go
//! through one: then there is nothing to ask, and [`Graph::is_consistent`] does not.

use super::MemoryModel;
use super::clock::EventId;
use super::event::Event;
use super::execution::Graph;
use super::precedence::Precedence;
use super::relation::{Set, is_acyclic};

impl Graph {
    /// Whether the graph with these new events is consistent; that they are coherent is known. What
    /// a new event writes counts if it has a place in coherence order.
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

    /// Whether an event, the last of its thread, reads the latest write, its own aside, and writes
    /// the latest.
    fn is_up_to_date(&self, id: EventId) -> bool {
        let event = self.event(id);
        let Some(location) = event.location.map(|it| &self.locations[it]) else { return true };
        let last = location.writes.last().copied();
        if last == Some(id) {
            return true;
        }
        let is_placed = event.writes.is_some() && location.has_placed(id);
        !is_placed && event.reads.is_none_or(|source| source == last)
    }

    /// RC11's condition on seq-cst operations: `psc` is acyclic (Lahav et al., PLDI 2017, section
    /// 3.3). A read-modify-write is one event here: what leads to its read leads to its write, and
    /// what its read leads to its write leads to, so that the cycles are the same.
    fn is_seq_cst_order_acyclic(&self) -> bool {
        let ordered: Vec<&Event> =
            self.events().map(|it| &**it).filter(|it| it.mode.is_seq_cst()).collect();
        ordered.len() < 2 || is_acyclic(Orders::new(self).seq_cst(&ordered))
    }
}

/// The orders of a graph as relations: for each event the set of those before it.
struct Orders<'a> {
    graph: &'a Graph,
    /// The number of each thread's first event, and in the end how many there are.
    firsts: Vec<usize>,
    /// Happens-before.
    happens: Vec<Set>,
    /// Program order, between events that do not access the same location.
    elsewhere: Vec<Set>,
    /// Happens-before, between accesses to the same location.
    here: Vec<Set>,
    /// Coherence and from-read.
    replaced: Vec<Set>,
    /// Coherence, from-read and reads-from, and what they lead to.
    communicates: Vec<Set>,
}

impl<'a> Orders<'a> {
    fn new(graph: &'a Graph) -> Self {
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
            for (thread, pair) in (0..).zip(orders.firsts.windows(2)) {
                let count = event.past.knows.count(thread) as usize;
                happens.insert_range(pair[0], (pair[0] + count).min(pair[1]));
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

    /// Fills in what follows from coherence order.
    fn follow_locations(&mut self) {
        let bound = self.firsts[self.firsts.len() - 1];
        let graph = self.graph;
        let precedence = Precedence::of(graph);
        for (index, location) in graph.locations.iter().enumerate() {
            // All accesses that come before the next write.
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

    /// `psc` between these, which are all seq-cst events; the index is theirs.
    fn seq_cst(&self, ordered: &[&Event]) -> Vec<Set> {
        let bound = self.firsts[self.firsts.len() - 1];
        let row = |event: &&Event| {
            let me = self.number(event.id);
            let mut ends = Set::empty(bound);
            ends.insert(me);
            if event.is_seq_cst_fence() {
                ends.join(&self.happens[me]);
            }
            let mut begins = Set::empty(bound);
            for end in ends.iter() {
                begins.join(&self.elsewhere[end].image(&self.happens).image(&self.elsewhere));
                begins.join(&self.here[end]);
                begins.join(&self.replaced[end]);
                begins.join(&self.program_order(end));
            }
            let mut fences = begins.image(&self.happens);
            fences.join(&begins);
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
