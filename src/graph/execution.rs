//! An execution graph as data: the events of each thread, and the writes of each location in
//! coherence order; and what a sort of program adds to it.
//!
//! # Invariants
//! *prefix*: with an event, the graph has all events that its `sees` names. *stamps*: stamps grow along
//! program order. *starts*: a thread other than the first has events only if the event that starts it is
//! there. *pairs*: the write of a read-modify-write comes right after the write that it reads.

use std::fmt::Debug;
use std::sync::Arc;

use smallvec::SmallVec;

use super::MemoryModel;
use super::clock::EventId;
use super::event::{Event, Source, Way};
use super::location::Location;

/// A sort of program: guest programs, Rust code. Its types are what graphs of its executions carry; its
/// functions are what the search asks. To grow a graph, the caller makes the possible next events of a
/// thread, and the search does the rest.
pub(crate) trait Program: Clone + Debug + Sized {
    /// What an event has besides its place in the graph: which operation it is, and how it came out.
    type Detail: Clone + Debug;
    /// What a graph keeps of a thread.
    type Thread: Clone + Debug;
    /// What a location stands for.
    type Object: Copy + Debug;
    /// What else a graph carries.
    type Notes: Clone + Debug + Default;
    /// What it takes to make an event: the program's code, the values in the present execution.
    type Context: ?Sized;

    /// Calls `visit` with each event that a read becomes if it reads this write instead. The graph has
    /// neither the read nor what came after it.
    fn reread(
        context: &Self::Context,
        graph: &Graph<Self>,
        read: &Event<Self::Detail>,
        write: EventId,
        visit: impl FnMut(Arc<Event<Self::Detail>>),
    );

    /// Whether an event has come out in the way that a search takes first after these events.
    fn is_first(_: &Graph<Self>, event: &Event<Self::Detail>, _: impl Fn(EventId) -> bool) -> bool {
        event.way != Way::Other
    }

    /// The writes whose state an event may end although it does not write itself: an unlock, that of tickets.
    /// Under sequential consistency, the events that have found such a state come before.
    fn ends(_: &Graph<Self>, _: &Event<Self::Detail>) -> SmallVec<[EventId; 2]> {
        SmallVec::new()
    }

    /// Whether an event that has read such a write, and not replaced it, has found what this event ends.
    fn has_found(_: &Graph<Self>, _look: &Event<Self::Detail>, _end: &Event<Self::Detail>) -> bool {
        true
    }

    /// Whether a location is the queue of a lock, whose order is none of memory: what the lock orders, its events
    /// wait for.
    fn is_queue(_: &Graph<Self>, _: &Location<Self::Object>) -> bool {
        false
    }

    /// The event with which a thread has found the state that it has read by this one.
    fn found_by(_: &Graph<Self>, read: EventId) -> EventId {
        read
    }

    /// A write has been given its place.
    fn placed(_: &Self::Context, _: &mut Graph<Self>, _: EventId) {}

    /// A thread has got the last of these events.
    fn pushed(_: &mut Self::Thread, _: &[Arc<Event<Self::Detail>>]) {}

    /// A thread has only these events left.
    fn truncated(_: &mut Self::Thread, _: &[Arc<Event<Self::Detail>>]) {}
}

/// An execution graph: the events, which read reads which write, and the order of the writes. Copies
/// share the parts that they have in common.
#[derive(Clone, Debug)]
pub struct Graph<P: Program> {
    pub(crate) model: MemoryModel,
    /// The index is the thread's number.
    pub(crate) lines: Vec<Arc<Line<P>>>,
    /// Never removed.
    pub(crate) locations: Vec<Arc<Location<P::Object>>>,
    next_stamp: u32,
    /// What the program adds.
    pub(crate) notes: P::Notes,
}

/// One thread's part of a graph.
#[derive(Debug)]
pub(crate) struct Line<P: Program> {
    /// The event that started it.
    pub(crate) started_by: Option<EventId>,
    pub(crate) events: Vec<Arc<Event<P::Detail>>>,
    /// What the program keeps of the thread; `None` until it is started.
    thread: Option<P::Thread>,
}

/// As it would be derived, but with room for more events: a line is copied to be changed.
impl<P: Program> Clone for Line<P> {
    fn clone(&self) -> Self {
        let mut events = Vec::with_capacity(self.events.len() + 4);
        events.extend_from_slice(&self.events);
        Line { started_by: self.started_by, events, thread: self.thread.clone() }
    }
}

impl<P: Program> Line<P> {
    fn new(thread: Option<P::Thread>, started_by: Option<EventId>) -> Self {
        Line { started_by, events: Vec::new(), thread }
    }

    /// What the program keeps of the thread, which has been started.
    pub(crate) fn thread(&self) -> &P::Thread {
        self.thread.as_ref().expect("starts")
    }

    fn push(&mut self, event: Arc<Event<P::Detail>>) {
        self.events.push(event);
        P::pushed(self.thread.as_mut().expect("starts"), &self.events);
    }

    /// Replaces the last event by another one with the same name.
    pub(crate) fn replace_last(&mut self, event: Event<P::Detail>) {
        *self.events.last_mut().expect("there is a last one") = Arc::new(event);
    }

    fn truncate(&mut self, count: usize) {
        self.events.truncate(count);
        P::truncated(self.thread.as_mut().expect("starts"), &self.events);
    }
}

impl<P: Program> Graph<P> {
    /// The graph without events: the main thread is before its first operation.
    pub(crate) fn new(model: MemoryModel, main: P::Thread) -> Self {
        let lines = vec![Arc::new(Line::new(Some(main), None))];
        Graph { lines, ..Graph::empty(model) }
    }

    /// A graph without even a main thread, to stand in for one that is elsewhere.
    pub(crate) fn empty(model: MemoryModel) -> Self {
        let notes = P::Notes::default();
        Graph { model, lines: Vec::new(), locations: Vec::new(), next_stamp: 0, notes }
    }

    /// Gives up the events of the threads that it shares with no other graph. It must not be used any more.
    pub(crate) fn give_up(&mut self, mut keep: impl FnMut(Arc<Event<P::Detail>>)) {
        for line in &mut self.lines {
            if let Some(line) = Arc::get_mut(line) {
                line.events.drain(..).for_each(&mut keep);
            }
        }
    }

    /// The graph without events again, in the memory that it has. The events that it had are given to `keep`.
    pub(crate) fn clear(&mut self, main: P::Thread, keep: impl FnMut(Arc<Event<P::Detail>>)) {
        self.give_up(keep);
        self.lines.truncate(1);
        let begun = Line { started_by: None, events: Vec::new(), thread: Some(main) };
        match self.lines.first_mut().and_then(Arc::get_mut) {
            Some(line) => *line = Line { events: std::mem::take(&mut line.events), ..begun },
            None => self.lines = vec![Arc::new(begun)],
        }
        for location in &mut self.locations {
            match Arc::get_mut(location) {
                Some(location) => location.clear(),
                None => *location = Arc::new(Location::new(location.object)),
            }
        }
        self.next_stamp = 0;
        self.notes = P::Notes::default();
    }

    /// The number of events.
    pub fn size(&self) -> usize {
        self.lines.iter().map(|line| line.events.len()).sum()
    }

    /// All events, thread by thread.
    pub(crate) fn events(&self) -> impl Iterator<Item = &Arc<Event<P::Detail>>> {
        self.lines.iter().flat_map(|line| &line.events)
    }

    pub(crate) fn event(&self, id: EventId) -> &Arc<Event<P::Detail>> {
        &self.lines[id.thread as usize].events[id.position as usize]
    }

    /// Whether the graph has an event with this name.
    pub(crate) fn has(&self, id: EventId) -> bool {
        let line = self.lines.get(id.thread as usize);
        line.is_some_and(|line| line.events.len() > id.position as usize)
    }

    /// The name that a thread's next event will have.
    pub(crate) fn next_id(&self, thread: u32) -> EventId {
        let position = self.lines[thread as usize].events.len() as u32;
        EventId { thread, position }
    }

    /// The name of a thread's latest event.
    pub(crate) fn last_id(&self, thread: u32) -> Option<EventId> {
        self.lines[thread as usize].events.last().map(|last| last.id)
    }

    /// The stamp of the event that is added next.
    pub(crate) fn next_stamp(&self) -> u32 {
        self.next_stamp
    }

    /// Adds an event at the end of its thread; its write has no place in coherence order yet.
    pub(crate) fn add(&mut self, event: impl Into<Arc<Event<P::Detail>>>) {
        let event = event.into();
        let id = event.id;
        if let (Some(location), Some(_)) = (event.location, event.reads) {
            Arc::make_mut(&mut self.locations[location]).add_read(id);
        }
        self.next_stamp = self.next_stamp.max(event.stamp + 1);
        let line = Arc::make_mut(&mut self.lines[id.thread as usize]);
        debug_assert_eq!(line.events.len(), id.position as usize, "an event comes last");
        line.push(event);
    }

    /// Gives a write its place in coherence order.
    pub(crate) fn place(&mut self, context: &P::Context, id: EventId, index: usize) {
        let event = self.event(id);
        let (location, releases) =
            (event.location.expect("a write has a location"), event.mode.releases());
        Arc::make_mut(&mut self.locations[location]).place(id, index, releases);
        P::placed(context, self, id);
    }

    /// Lets a thread begin, by this event.
    pub(crate) fn start(&mut self, thread: u32, data: P::Thread, by: EventId) {
        let index = thread as usize;
        while self.lines.len() < index {
            self.lines.push(Arc::new(Line::new(None, None)));
        }
        let begun = Arc::new(Line::new(Some(data), Some(by)));
        match self.lines.get_mut(index) {
            Some(line) => {
                debug_assert!(line.thread.is_none(), "it has not begun");
                *line = begun;
            }
            None => self.lines.push(begun),
        }
    }

    /// Removes the threads whose start has been removed.
    fn forget_unstarted(&mut self) {
        for index in 1..self.lines.len() {
            let is_gone = |by: EventId| !self.has(by);
            if self.lines[index].started_by.is_some_and(is_gone) {
                self.lines[index] = Arc::new(Line::new(None, None));
            }
        }
        while self.lines.len() > 1 && self.lines.last().is_some_and(|it| it.thread.is_none()) {
            self.lines.pop();
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
        self.forget_unstarted();
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
        graph.forget_unstarted();
        graph
    }

    /// Whether the write right after the write with this rank is that of a read-modify-write that reads it.
    pub(crate) fn is_taken(&self, location: &Location<P::Object>, rank: usize) -> bool {
        location.writes.get(rank).is_some_and(|&next| {
            let next = self.event(next);
            next.is_rmw() && next.reads == Some(location.write(rank))
        })
    }

    /// The latest write to a location.
    pub(crate) fn last_write(&self, location: usize) -> Source {
        self.locations[location].writes.last().copied()
    }
}
