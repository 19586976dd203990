//! An execution graph as data: the events of each thread, and the writes of each location in
//! coherence order.
//!
//! # Invariants
//! *prefix*: with an event, the graph has all events that its `sees` names. *stamps*: stamps grow along
//! program order. *starts*: the thread with number n > 0 exists if and only if the n-th start is placed.
//! *pairs*: the write of a read-modify-write comes right after the write that it reads.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::clock::EventId;
use super::event::{Event, Past, Standing};
use super::location::Location;
use super::rounds::Rounds;
use super::{Clock, MemoryModel};
use crate::interp::ThreadId;
use crate::reference::{Object, Operation, Subject, Thread};

/// An execution graph: the events, which read reads which write, and the order of the writes. Copies
/// share the parts that they have in common.
#[derive(Clone, Debug)]
pub struct Graph {
    pub(crate) model: MemoryModel,
    /// The index is the thread's number.
    pub(crate) lines: Vec<Arc<Line>>,
    /// In the order of the first access; never removed.
    pub(crate) locations: Vec<Arc<Location>>,
    indices: Arc<BTreeMap<Object, usize>>,
    next_stamp: u32,
    /// Whether threads are left where they have closed a loop. Set in a search, which would otherwise
    /// not end.
    pub(crate) leaves_loops: bool,
}

/// One thread's part of a graph.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// The thread before its first event.
    pub(crate) first: Arc<Thread>,
    /// The event that started it.
    pub(crate) started_by: Option<EventId>,
    pub(crate) events: Vec<Arc<Event>>,
    pub(crate) rounds: Rounds,
}

impl Line {
    fn new(first: Arc<Thread>, started_by: Option<EventId>) -> Self {
        Line { first, started_by, events: Vec::new(), rounds: Rounds::default() }
    }

    fn push(&mut self, event: Arc<Event>) {
        self.events.push(event);
        self.rounds.add(&self.events);
    }

    /// Replaces the last event by another one with the same name.
    pub(crate) fn replace_last(&mut self, event: Event) {
        *self.events.last_mut().expect("there is a last one") = Arc::new(event);
    }

    fn truncate(&mut self, count: usize) {
        self.events.truncate(count);
        self.rounds = Rounds::of(&self.events);
    }
}

impl Graph {
    /// The graph without events: the main thread is before its first operation.
    pub fn initial(subject: &Subject, model: MemoryModel) -> Self {
        let first = Arc::new(Thread::main(subject));
        let main = Line::new(first, None);
        Graph {
            model,
            lines: vec![Arc::new(main)],
            locations: Vec::new(),
            indices: Arc::default(),
            next_stamp: 0,
            leaves_loops: false,
        }
    }

    /// The number of events.
    pub fn size(&self) -> usize {
        self.lines.iter().map(|line| line.events.len()).sum()
    }

    /// All events, thread by thread.
    pub(crate) fn events(&self) -> impl Iterator<Item = &Arc<Event>> {
        self.lines.iter().flat_map(|line| &line.events)
    }

    pub(crate) fn event(&self, id: EventId) -> &Arc<Event> {
        &self.lines[id.thread as usize].events[id.position as usize]
    }

    /// The name that the thread's next event will have.
    pub(crate) fn next_id(&self, thread: ThreadId) -> EventId {
        let position = self.lines[thread.0 as usize].events.len() as u32;
        EventId { thread: thread.0, position }
    }

    /// All threads, by number.
    pub(crate) fn threads(&self) -> impl Iterator<Item = ThreadId> + use<> {
        (0..self.lines.len() as u32).map(ThreadId)
    }

    /// A thread that is before its next operation, or was stopped there by a trap.
    pub(crate) fn at(&self, thread: ThreadId) -> Option<&Arc<Thread>> {
        let line = self.lines.get(thread.0 as usize)?;
        match line.events.last().map(|last| &last.after) {
            None => Some(&line.first),
            Some(Standing::At(thread)) => Some(thread),
            Some(
                Standing::Waits(_) | Standing::Spins(_) | Standing::Loops(_) | Standing::Ended,
            ) => None,
        }
    }

    /// The event with which a thread has ended.
    pub(crate) fn end_of(&self, thread: ThreadId) -> Option<&Arc<Event>> {
        let last = self.lines.get(thread.0 as usize)?.events.last()?;
        matches!(last.after, Standing::Ended).then_some(last)
    }

    /// The index of an object's location; the location is made if there is none.
    pub(crate) fn locate(&mut self, object: Object) -> usize {
        if let Some(&index) = self.indices.get(&object) {
            return index;
        }
        let index = self.locations.len();
        self.locations.push(Arc::new(Location::new(object)));
        Arc::make_mut(&mut self.indices).insert(object, index);
        index
    }

    /// The index of the location of an object that has been accessed.
    pub(crate) fn index_of(&self, object: Object) -> Option<usize> {
        self.indices.get(&object).copied()
    }

    /// The location of an object that has been accessed.
    pub(crate) fn location_of(&self, object: Object) -> Option<&Location> {
        self.index_of(object).map(|index| &*self.locations[index])
    }

    /// The stamp of the event that is added next.
    pub(crate) fn next_stamp(&self) -> u32 {
        self.next_stamp
    }

    /// Adds an event at the end of its thread; its write has no place in coherence order yet.
    pub(crate) fn add(&mut self, event: Event) {
        let id = event.id;
        if let (Some(location), Some(_)) = (event.location, event.reads) {
            Arc::make_mut(&mut self.locations[location]).add_read(id);
        }
        self.next_stamp = self.next_stamp.max(event.stamp + 1);
        let line = Arc::make_mut(&mut self.lines[id.thread as usize]);
        debug_assert_eq!(line.events.len(), id.position as usize, "an event comes last");
        line.push(Arc::new(event));
    }

    /// Gives a write its place in coherence order; a start creates its thread.
    pub(crate) fn place(&mut self, subject: &Subject, id: EventId, index: usize) {
        let event = Arc::clone(self.event(id));
        let location = event.location.expect("a write has a location");
        let location = Arc::make_mut(&mut self.locations[location]);
        location.place(id, index, event.mode.releases());
        if let Operation::Start(start) = event.operation() {
            let thread = ThreadId(self.lines.len() as u32);
            debug_assert_eq!(event.answer, Some(u64::from(thread.0)), "starts");
            let first = Arc::new(Thread::new(subject, thread, *start));
            self.lines.push(Arc::new(Line::new(first, Some(id))));
        }
    }

    /// Undoes [`add`](Self::add) and [`place`](Self::place) of the newest event.
    pub(crate) fn take_back(&mut self, id: EventId) {
        let line = Arc::make_mut(&mut self.lines[id.thread as usize]);
        let event = line.events.last().expect("the newest event is the last of its thread");
        debug_assert_eq!(event.id, id, "what is taken back is the newest event");
        self.next_stamp = event.stamp;
        let location = event.location;
        line.truncate(id.position as usize);
        if let Some(location) = location {
            Arc::make_mut(&mut self.locations[location]).take_back(id);
        }
        let starts = self.location_of(Object::Threads).map_or(0, |it| it.writes.len());
        self.lines.truncate(1 + starts);
    }

    /// Resumes a thread that a loop has stopped.
    pub(crate) fn resume(&mut self, thread: ThreadId) {
        let line = Arc::make_mut(&mut self.lines[thread.0 as usize]);
        if let Some(last) = line.events.last()
            && let Standing::Spins(stands) | Standing::Loops(stands) = &last.after
        {
            let after = Standing::At(Arc::clone(stands));
            line.replace_last(Event { after, ..Event::clone(last) });
        }
    }

    /// The graph with only this many events of each thread, which must include all events that they see.
    pub(crate) fn restricted(&self, keep: &[u32]) -> Self {
        let mut graph = self.clone();
        for (line, &kept) in graph.lines.iter_mut().zip(keep) {
            if line.events.len() > kept as usize {
                Arc::make_mut(line).truncate(kept as usize);
            }
        }
        for location in &mut graph.locations {
            if !location.is_within(keep) {
                Arc::make_mut(location).restrict(keep);
            }
        }
        let starts = graph.location_of(Object::Threads).map_or(0, |it| it.writes.len());
        graph.lines.truncate(1 + starts);
        graph
    }

    /// Whether the write right after the write with this rank is that of a read-modify-write that reads it.
    pub(crate) fn is_taken(&self, location: &Location, rank: usize) -> bool {
        location.writes.get(rank).is_some_and(|&next| {
            let next = self.event(next);
            next.is_rmw() && next.reads == Some(location.write(rank))
        })
    }

    /// The past of a thread's next event, as far as its last event, or its start, determines it.
    pub(crate) fn past(&self, thread: ThreadId) -> Past {
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
    pub(crate) fn knowledge(&self, thread: ThreadId) -> &Clock {
        static NOTHING: Clock = Clock::nothing();
        let line = &self.lines[thread.0 as usize];
        let start = || line.started_by.map(|start| self.event(start));
        line.events.last().or_else(start).map_or(&NOTHING, |event| &event.past.knows)
    }
}
