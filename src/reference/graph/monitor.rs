//! Monitors, as lines of tickets, and the threads that wait for a notification on them.
//!
//! To enter a monitor, to try to, and to take it back after a wait, is two events each. The first one begins the
//! operation, and is silent: no step of the thread. The second one ends it.
//!
//! | operation | first event, at the monitor's location | second event, without a location |
//! |---|---|---|
//! | enter, take back | takes a *ticket*: reads the ticket before it, and writes | waits until that ticket has been given back |
//! | try to enter, and get it | the same | the same |
//! | try to enter, and fail | *looks*: reads a ticket | waits until that ticket's thread has the monitor |
//!
//! An exit, and the beginning of a wait, give a ticket back, and have no location. So two threads that want a
//! monitor differ in the order of their tickets alone, and no execution is begun in which a thread finds the
//! monitor held and must be taken back.
//!
//! # Why a line does not favour those who came first
//! The reference lets any thread that wants a free monitor have it. Take an execution of the reference, and let
//! each thread take its ticket right before it gets the monitor: this is an execution with tickets, and its line is
//! the order of the owners. The other way round, move each ticket of an execution with tickets to its second event.
//! Nothing depends on a ticket but the tickets after it in the line and the looks at it, whose second events come later
//! anyway. So the two have the same executions. A thread that waits for a monitor forever has a ticket behind those that have
//! been served, and nothing but other such tickets depends on it: the deadlock is the same in whatever order those
//! stand, and it is counted where they stand in the order of the threads ([`Graph::is_redundant_line`]).
//!
//! A thread that tries comes out in two ways for each ticket that it reads. A ticket is the first way: it is
//! always possible, as the search requires. An execution in which that thread waits forever is none; in another
//! one, it looks. A look ends when the ticket that it has read has got the monitor. Until that ticket is given back,
//! the thread finds the monitor held: under the weak models, until the thread knows that it has been given back;
//! under sequential consistency, looks come before the exit ([`Program::ends`](crate::graph::Program::ends)). A look
//! orders nothing else, as a `try_lock` of C++ that fails: neither the line nor looks at it take part in the order of
//! seq-cst operations ([`Program::is_queue`](crate::graph::Program::is_queue)).
//!
//! The threads that wait on a monitor follow from the line, since only the owner of the monitor begins a wait or
//! sends a notification, and from which threads have stopped waiting before.

use std::sync::Arc;

use super::event::{Event, Standing};
use super::execution::{Graph, Location};
use crate::graph::event::Mode;
use crate::graph::{EventId, Source};
use crate::il::MemoryOrder::Relaxed;
use crate::interp::ThreadId;
use crate::reference::{Object, Operation, Thread};

/// The second event of an operation on a monitor: what it waits for, and what its thread learns.
pub(super) struct Turn {
    pub(super) awaits: Source,
    pub(super) mode: Mode,
    pub(super) answer: u64,
}

impl Graph {
    /// A thread that has begun to enter a monitor, or to try to.
    pub(crate) fn in_line(&self, thread: ThreadId) -> Option<&Arc<Thread>> {
        let last = self.lines.get(thread.0 as usize)?.events.last()?;
        match &last.detail.after {
            Standing::InLine(thread) => Some(thread),
            _ => None,
        }
    }

    fn line_of(&self, monitor: u64) -> &[EventId] {
        let location = self.location_of(Object::Monitor(monitor));
        location.map_or(&[], |location| &location.writes)
    }

    /// The second event of an operation whose first event is this one; `None` if there is none yet.
    pub(crate) fn completion_of(&self, first: EventId) -> Option<EventId> {
        let second = EventId { position: first.position + 1, ..first };
        self.has(second).then_some(second)
    }

    /// The first event of the operation that an event completes.
    pub(crate) fn first_of(&self, event: &Event) -> Option<&Arc<Event>> {
        let position = event.id.position.checked_sub(1).filter(|_| event.completes())?;
        Some(self.event(EventId { position, ..event.id }))
    }

    /// The event that gives a ticket back.
    fn release_of(&self, ticket: EventId) -> Option<EventId> {
        let later = &self.lines[ticket.thread as usize].events[ticket.position as usize + 1..];
        later.iter().find(|it| it.detail.gives_back == Some(ticket)).map(|it| it.id)
    }

    /// The ticket that a thread gives back when it gives up a monitor.
    pub(super) fn ticket_of(&self, thread: ThreadId, monitor: u64) -> EventId {
        let events = &self.lines[thread.0 as usize].events;
        let takes = |event: &&Arc<Event>| {
            let object = event.location.map(|it| self.locations[it].object);
            event.writes && object == Some(Object::Monitor(monitor))
        };
        events.iter().rfind(takes).expect("only an owner gives a monitor up").id
    }

    /// The latest ticket of a monitor's line that has got the monitor: those before it have been given back.
    fn latest_served(&self, monitor: u64) -> Option<EventId> {
        let line = self.line_of(monitor).iter().copied();
        line.rev().find(|&ticket| self.completion_of(ticket).is_some())
    }

    /// Whether a ticket that has got the monitor, the latest one, has been given back. It has if its thread has
    /// the monitor no more: to have it again, the thread would need a later ticket.
    fn is_given_back(&self, monitor: u64, latest: EventId) -> bool {
        let line = &self.lines[latest.thread as usize];
        let last = line.events.last().expect("it has a ticket");
        !last.thread().has_monitor(monitor)
    }

    /// The owner of a monitor.
    pub(crate) fn owner(&self, monitor: u64) -> Option<ThreadId> {
        let latest = self.latest_served(monitor)?;
        (!self.is_given_back(monitor, latest)).then_some(ThreadId(latest.thread))
    }

    /// Whether a thread that takes a ticket now has the monitor at once.
    pub(super) fn is_free(&self, monitor: u64) -> bool {
        self.is_served_after(monitor, self.line_of(monitor).last().copied())
    }

    /// Whether it is the turn of a ticket after this one.
    fn is_served_after(&self, monitor: u64, ticket: Source) -> bool {
        ticket.is_none_or(|it| self.completion_of(it).is_some() && self.is_given_back(monitor, it))
    }

    /// Whether the thread that an event has left in line can go on.
    pub(super) fn is_turn(&self, first: &Event) -> bool {
        let source = first.reads.flatten();
        match first.operation().monitor() {
            None => false,
            Some(monitor) if first.writes => self.is_served_after(monitor, source),
            _ => source.is_some_and(|seen| self.completion_of(seen).is_some()),
        }
    }

    /// The second event of an operation, after its first.
    pub(super) fn turn(&self, first: &Event) -> Option<Turn> {
        if !self.is_turn(first) {
            return None;
        }
        let source = first.reads.flatten();
        if !first.writes {
            let awaits = source.and_then(|seen| self.completion_of(seen));
            let mode = Mode(Some(Relaxed.into()));
            return Some(Turn { awaits, mode, answer: 0 });
        }
        let answer = match *first.operation() {
            Operation::TryEnter { .. } => 1,
            Operation::Reacquire { notified, .. } => u64::from(notified),
            _ => 0,
        };
        let awaits = source.and_then(|before| self.release_of(before));
        Some(Turn { awaits, mode: Mode::default(), answer })
    }

    /// Whether a thread may still find a ticket not given back.
    pub(super) fn may_be_held(&self, thread: ThreadId, ticket: EventId) -> bool {
        let knows = self.knowledge(thread.0);
        !self.release_of(ticket).is_some_and(|release| knows.has(release))
    }

    /// Whether a graph in which no thread can go on is no execution because of those in line: one of them only
    /// tries, or they stand in another order than by number.
    pub(super) fn is_redundant_line(&self) -> bool {
        let tries = |it: &Arc<Thread>| matches!(it.next(), Operation::TryEnter { .. });
        let is_monitor = |it: &&Arc<Location>| matches!(it.object, Object::Monitor(_));
        let is_unsorted = |location: &Arc<Location>| {
            let waits = |it: &&EventId| self.completion_of(**it).is_none();
            let waiting = location.writes.iter().rev().take_while(waits);
            !waiting.is_sorted_by(|later, earlier| later.thread > earlier.thread)
        };
        self.threads().any(|thread| self.in_line(thread).is_some_and(tries))
            || self.locations.iter().filter(is_monitor).any(is_unsorted)
    }

    /// The graph without the operations that wait for their turn.
    pub(crate) fn without_lines(&self) -> Graph {
        let count = |thread: ThreadId| {
            let events = self.lines[thread.0 as usize].events.len() as u32;
            events - u32::from(self.in_line(thread).is_some())
        };
        self.restricted(&self.threads().map(count).collect::<Vec<u32>>())
    }

    /// The notification that has ended a wait.
    pub(crate) fn notification_of(&self, object: u64, wait: EventId) -> Option<EventId> {
        let location = self.location_of(Object::Waiters(object))?;
        location.writes.iter().copied().find(|&it| self.event(it).detail.woken.contains(&wait))
    }

    /// A change of a monitor's waiters and all earlier changes, latest first.
    fn changes_up_to(&self, change: Source) -> impl Iterator<Item = &Arc<Event>> {
        let earlier = |event: &&Arc<Event>| event.reads.flatten().map(|it| self.event(it));
        std::iter::successors(change.map(|it| self.event(it)), earlier)
    }

    /// The waits on a monitor that have not ended up to a change of its waiters, longest first.
    pub(crate) fn waits_at(&self, object: u64, change: Source) -> Vec<EventId> {
        let is_wait = |id: &EventId| matches!(self.event(*id).operation(), Operation::Wait { .. });
        let releases = self.line_of(object).iter().filter_map(|&ticket| self.release_of(ticket));
        let mut waits: Vec<EventId> = releases.filter(is_wait).collect();
        for change in self.changes_up_to(change) {
            waits.retain(|&wait| {
                let stops = change.id == EventId { position: wait.position + 1, ..wait };
                !stops && !change.detail.woken.contains(&wait)
            });
        }
        waits
    }
}
