//! An execution graph as data: the events of each thread, and the writes of each location in
//! coherence order.
//!
//! # Invariants
//! *prefix*: with an event, the graph has all that its `sees` names. *stamps*: along program order
//! stamps grow. *starts*: the thread with number n > 0 is there exactly if the n-th start is placed.
//! *pairs*: right after what a read-modify-write reads comes what it writes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::event::{Event, EventId, Past, Source, Standing};
use super::{Clock, MemoryModel};
use crate::interp::ThreadId;
use crate::reference::{Object, Operation, Subject, Thread};

/// An execution graph: what has happened, who read from whom, and in which order writes stand.
/// Copies share what they have in common.
#[derive(Clone, Debug)]
pub struct Graph {
    pub(super) model: MemoryModel,
    /// The index is the thread's number.
    pub(super) lines: Vec<Arc<Line>>,
    /// In the order of the first access; never removed.
    pub(super) locations: Vec<Arc<Location>>,
    indices: Arc<BTreeMap<Object, usize>>,
    next_stamp: u32,
}

/// One thread's part of a graph.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// The thread before its first event.
    pub(super) first: Arc<Thread>,
    /// The event that started it.
    pub(super) started_by: Option<EventId>,
    pub(super) events: Vec<Arc<Event>>,
}

/// One location's part of a graph.
#[derive(Clone, Debug)]
pub(super) struct Location {
    pub(super) object: Object,
    /// All writes but the one from the beginning, in coherence order.
    pub(super) writes: Vec<EventId>,
    /// All reads, in no particular order.
    pub(super) reads: Vec<EventId>,
}

impl Graph {
    /// The graph without events: the main thread stands before its first operation.
    pub fn initial(subject: &Subject, model: MemoryModel) -> Self {
        let first = Arc::new(Thread::main(subject));
        let main = Line { first, started_by: None, events: Vec::new() };
        Graph {
            model,
            lines: vec![Arc::new(main)],
            locations: Vec::new(),
            indices: Arc::default(),
            next_stamp: 0,
        }
    }

    /// How many events there are.
    pub fn size(&self) -> usize {
        self.lines.iter().map(|line| line.events.len()).sum()
    }

    /// All events, thread by thread.
    pub(super) fn events(&self) -> impl Iterator<Item = &Arc<Event>> {
        self.lines.iter().flat_map(|line| &line.events)
    }

    pub(super) fn event(&self, id: EventId) -> &Arc<Event> {
        &self.lines[id.thread as usize].events[id.position as usize]
    }

    /// The name that the thread's next event will have.
    pub(super) fn next_id(&self, thread: ThreadId) -> EventId {
        let position = self.lines[thread.0 as usize].events.len() as u32;
        EventId { thread: thread.0, position }
    }

    /// All threads, by number.
    pub(super) fn threads(&self) -> impl Iterator<Item = ThreadId> + use<> {
        (0..self.lines.len() as u32).map(ThreadId)
    }

    /// A thread that stands before its next operation, or has been stopped by a trap there.
    pub(super) fn at(&self, thread: ThreadId) -> Option<&Arc<Thread>> {
        let line = self.lines.get(thread.0 as usize)?;
        match line.events.last().map(|last| &last.after) {
            None => Some(&line.first),
            Some(Standing::At(thread)) => Some(thread),
            Some(Standing::Waits(_) | Standing::Spins(_) | Standing::Ended) => None,
        }
    }

    /// The event with which a thread has ended.
    pub(super) fn end_of(&self, thread: ThreadId) -> Option<&Arc<Event>> {
        let last = self.lines.get(thread.0 as usize)?.events.last()?;
        matches!(last.after, Standing::Ended).then_some(last)
    }

    /// The index of an object's location; the location is made if there is none.
    pub(super) fn locate(&mut self, object: Object) -> usize {
        if let Some(&index) = self.indices.get(&object) {
            return index;
        }
        let index = self.locations.len();
        let location = Location { object, writes: Vec::new(), reads: Vec::new() };
        self.locations.push(Arc::new(location));
        Arc::make_mut(&mut self.indices).insert(object, index);
        index
    }

    /// The index of the location of an object that has been accessed.
    pub(super) fn index_of(&self, object: Object) -> Option<usize> {
        self.indices.get(&object).copied()
    }

    /// The location of an object that has been accessed.
    pub(super) fn location_of(&self, object: Object) -> Option<&Location> {
        self.index_of(object).map(|index| &*self.locations[index])
    }

    /// The stamp of the event that is added next.
    pub(super) fn next_stamp(&self) -> u32 {
        self.next_stamp
    }

    /// Adds an event at the end of its thread; what it writes has no place in coherence order yet.
    pub(super) fn add(&mut self, event: Event) {
        let id = event.id;
        if let (Some(location), Some(_)) = (event.location, event.reads) {
            Arc::make_mut(&mut self.locations[location]).reads.push(id);
        }
        self.next_stamp = self.next_stamp.max(event.stamp + 1);
        let line = Arc::make_mut(&mut self.lines[id.thread as usize]);
        debug_assert_eq!(line.events.len(), id.position as usize, "an event comes last");
        line.events.push(Arc::new(event));
    }

    /// Gives a write its place in coherence order; a start gets its thread.
    pub(super) fn place(&mut self, subject: &Subject, id: EventId, index: usize) {
        let event = Arc::clone(self.event(id));
        let location = event.location.expect("a write has a location");
        Arc::make_mut(&mut self.locations[location]).writes.insert(index, id);
        if let Operation::Start(start) = event.operation() {
            let thread = ThreadId(self.lines.len() as u32);
            debug_assert_eq!(event.answer, Some(u64::from(thread.0)), "starts");
            let first = Arc::new(Thread::new(subject, thread, *start));
            let line = Line { first, started_by: Some(id), events: Vec::new() };
            self.lines.push(Arc::new(line));
        }
    }

    /// The graph with only so many events of each thread; they must hold all that they see.
    pub(super) fn restricted(&self, keep: &[u32]) -> Self {
        let is_kept = |id: &EventId| id.position < keep[id.thread as usize];
        let mut graph = self.clone();
        for (line, &kept) in graph.lines.iter_mut().zip(keep) {
            if line.events.len() > kept as usize {
                Arc::make_mut(line).events.truncate(kept as usize);
            }
        }
        for location in &mut graph.locations {
            if !location.writes.iter().chain(&location.reads).all(is_kept) {
                let location = Arc::make_mut(location);
                location.writes.retain(is_kept);
                location.reads.retain(is_kept);
            }
        }
        let starts = graph.location_of(Object::Threads).map_or(0, |it| it.writes.len());
        graph.lines.truncate(1 + starts);
        graph
    }

    /// The read-modify-write that stands right after a write because it reads it.
    pub(super) fn pair_of(&self, location: &Location, write: Source) -> Option<EventId> {
        let &next = location.writes.get(location.rank(write))?;
        let reads = self.event(next).reads;
        (self.event(next).is_rmw() && reads == Some(write)).then_some(next)
    }

    /// What is before a thread's next event, as far as its last one, or its start, tells.
    pub(super) fn past(&self, thread: ThreadId) -> Past {
        let line = &self.lines[thread.0 as usize];
        match (line.events.last(), line.started_by) {
            (Some(last), _) => last.past.handed_on(),
            (None, Some(start)) => {
                let start = &self.event(start).past;
                let (sees, knows) = (start.sees.clone(), start.knows.clone());
                Past { sees, knows, ..Past::default() }
            }
            (None, None) => Past::default(),
        }
    }

    /// What a thread's events so far know by happens-before.
    pub(super) fn knowledge(&self, thread: ThreadId) -> &Clock {
        static NOTHING: Clock = Clock::nothing();
        let line = &self.lines[thread.0 as usize];
        let start = || line.started_by.map(|start| self.event(start));
        line.events.last().or_else(start).map_or(&NOTHING, |event| &event.past.knows)
    }
}

impl Location {
    /// Where a write stands in coherence order, from 1; 0 is the beginning.
    pub(super) fn rank(&self, write: Source) -> usize {
        let Some(write) = write else { return 0 };
        let index = self.writes.iter().rposition(|&it| it == write);
        1 + index.expect("what is read has a place")
    }

    /// The write of a rank.
    pub(super) fn write(&self, rank: usize) -> Source {
        rank.checked_sub(1).map(|index| self.writes[index])
    }
}
