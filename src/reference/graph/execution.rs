//! Execution graphs of guest programs: what they have besides events and coherence orders.
//!
//! # Invariants
//! *starts*: the thread with number n > 0 exists if and only if the n-th start is placed.

use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::event::{Deed, Event, Standing};
use super::rounds::Rounds;
use crate::graph::{self, EventId, MemoryModel, Program};
use crate::interp::ThreadId;
use crate::reference::{Object, Operation, Subject, Thread};

/// An execution graph of a guest program.
pub type Graph = graph::Graph<Guests>;

/// One thread's part of a graph.
pub(crate) type Line = graph::execution::Line<Guests>;

/// One location's part of a graph.
pub(crate) type Location = graph::location::Location<Object>;

/// Guest programs: the sort of program whose executions these graphs are.
#[derive(Clone, Debug)]
pub struct Guests;

/// What a graph keeps of a guest's thread.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    /// The thread before its first event.
    pub(crate) first: Arc<Thread>,
    pub(crate) rounds: Rounds,
    /// The number of events that only begin an operation.
    beginnings: usize,
}

impl Track {
    fn new(first: Thread) -> Self {
        Track { first: Arc::new(first), rounds: Rounds::default(), beginnings: 0 }
    }
}

/// What else a graph of a guest program carries.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes {
    /// The locations of the objects that have been accessed.
    indices: Arc<BTreeMap<Object, usize>>,
    /// Whether threads are left where they have closed a loop. Set in a search, which would otherwise
    /// not end.
    pub(crate) leaves_loops: bool,
}

impl Program for Guests {
    type Detail = Deed;
    type Thread = Track;
    type Object = Object;
    type Notes = Notes;
    type Context = Subject;

    fn reread(
        subject: &Subject,
        graph: &Graph,
        read: &Event,
        write: EventId,
        visit: impl FnMut(Arc<Event>),
    ) {
        graph.events_reading(subject, read, write).map(Arc::new).for_each(visit);
    }

    /// A monitor is held until its owner gives its ticket back.
    fn ends(_: &Graph, event: &Event) -> SmallVec<[EventId; 2]> {
        event.detail.gives_back.into_iter().collect()
    }

    fn is_queue(_: &Graph, location: &Location) -> bool {
        matches!(location.object, Object::Monitor(_))
    }

    /// A look at a monitor has found what it has read when its turn comes.
    fn found_by(graph: &Graph, look: EventId) -> EventId {
        graph.completion_of(look).unwrap_or(look)
    }

    /// A start creates its thread.
    fn placed(subject: &Subject, graph: &mut Graph, id: EventId) {
        let event = graph.event(id);
        if let Operation::Start(start) = event.operation() {
            let thread = ThreadId(graph.lines.len() as u32);
            debug_assert_eq!(event.detail.answer, Some(u64::from(thread.0)), "starts");
            let track = Track::new(Thread::new(subject, thread, *start));
            graph.start(thread.0, track, id);
        }
    }

    fn pushed(track: &mut Track, events: &[Arc<Event>]) {
        track.rounds.add(events);
        track.beginnings += events.last().map_or(0, |it| usize::from(it.begins()));
    }

    fn truncated(track: &mut Track, events: &[Arc<Event>]) {
        track.rounds = Rounds::of(events);
        track.beginnings = events.iter().filter(|it| it.begins()).count();
    }
}

impl Graph {
    /// The graph without events: the main thread is before its first operation.
    pub fn initial(subject: &Subject, model: MemoryModel) -> Self {
        Graph::new(model, Track::new(Thread::main(subject)))
    }

    /// All threads, by number.
    pub(crate) fn threads(&self) -> impl Iterator<Item = ThreadId> + use<> {
        (0..self.lines.len() as u32).map(ThreadId)
    }

    /// A thread that is before its next operation, or was stopped there by a trap.
    pub(crate) fn at(&self, thread: ThreadId) -> Option<&Arc<Thread>> {
        let line = self.lines.get(thread.0 as usize)?;
        match line.events.last().map(|last| &last.detail.after) {
            None => Some(&line.thread().first),
            Some(Standing::At(thread)) => Some(thread),
            Some(
                Standing::InLine(_) | Standing::Spins(_) | Standing::Loops(_) | Standing::Ended,
            ) => None,
        }
    }

    /// The number of operations.
    pub(crate) fn operations(&self) -> usize {
        let track = |line: &Arc<Line>| line.events.last().map_or(0, |_| line.thread().beginnings);
        self.size() - self.lines.iter().map(track).sum::<usize>()
    }

    /// The event with which a thread has ended.
    pub(crate) fn end_of(&self, thread: ThreadId) -> Option<&Arc<Event>> {
        let last = self.lines.get(thread.0 as usize)?.events.last()?;
        matches!(last.detail.after, Standing::Ended).then_some(last)
    }

    /// The index of an object's location; the location is made if there is none.
    pub(crate) fn locate(&mut self, object: Object) -> usize {
        if let Some(&index) = self.notes.indices.get(&object) {
            return index;
        }
        let index = self.locations.len();
        self.locations.push(Arc::new(Location::new(object)));
        Arc::make_mut(&mut self.notes.indices).insert(object, index);
        index
    }

    /// The index of the location of an object that has been accessed.
    pub(crate) fn index_of(&self, object: Object) -> Option<usize> {
        self.notes.indices.get(&object).copied()
    }

    /// The location of an object that has been accessed.
    pub(crate) fn location_of(&self, object: Object) -> Option<&Location> {
        self.index_of(object).map(|index| &*self.locations[index])
    }

    /// Resumes a thread that a loop has stopped.
    pub(crate) fn resume(&mut self, thread: ThreadId) {
        let line = Arc::make_mut(&mut self.lines[thread.0 as usize]);
        if let Some(last) = line.events.last()
            && let Standing::Spins(stands) | Standing::Loops(stands) = &last.detail.after
        {
            let mut event = Event::clone(last);
            event.detail.after = Standing::At(Arc::clone(stands));
            line.replace_last(event);
        }
    }
}
