//! Grows a graph step by step, without going back, as a replay or a random walk does.
//!
//! Every consistent graph can be built in this way, in any order that respects program order and
//! reads-from: each event is given the write that it reads, and each write its place in coherence order.

use super::event::Event;
use super::execution::Graph;
use super::meaning::{self, Reading};
use crate::graph::event::Way;
use crate::graph::{EventId, Source};
use crate::interp::ThreadId;
use crate::reference::shared::keeps_waiting;
use crate::reference::{Course, Ends, Impasse, Object, Operation, Subject, ThreadSet, Turn};

/// A way to carry out a thread's next operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pick {
    /// The thread that makes the step, and the course that it takes.
    pub turn: Turn,
    /// The write that it reads; `None` if it reads nothing.
    pub reads: Option<Source>,
    /// The write after which it writes, in coherence order; `None` if it writes nothing.
    pub replaces: Option<Source>,
}

/// Whether a thread can make its next event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ability {
    /// The thread can.
    Able,
    /// The thread wants a monitor that has an owner, or a line before it: it can only get in line.
    Held,
    /// A shared object, as it is now, does not let the thread go on. The thread can read an earlier state, in
    /// place of another one, or begin to wait.
    Waits,
    /// The thread waits for a notification that has not come, and may wake without one.
    Spurious,
    /// The thread has ended, or waits for an event that does not exist.
    Unable,
}

impl Graph {
    /// Whether a thread can make its next event.
    pub(crate) fn ability(&self, thread: ThreadId) -> Ability {
        let Some(before) = self.at(thread) else {
            let last = self.lines.get(thread.0 as usize).and_then(|line| line.events.last());
            let is_turn = last.is_some_and(|it| it.begins() && self.is_turn(it));
            return if is_turn { Ability::Able } else { Ability::Unable };
        };
        let operation = before.next();
        match operation {
            Operation::Trapped(_) => Ability::Unable,
            Operation::Start(_) if self.lines.len() >= ThreadSet::THREADS_MAX => Ability::Unable,
            Operation::Await { object, ends: Ends::Spuriously }
                if self.notification_of(*object, self.wait_of(thread)).is_none() =>
            {
                Ability::Spurious
            }
            Operation::Join { .. } | Operation::Await { .. } => {
                let comes = self.awaited(thread, operation).is_ok();
                if comes { Ability::Able } else { Ability::Unable }
            }
            Operation::Enter { object } | Operation::Reacquire { object, .. } => {
                if self.is_free(*object) { Ability::Able } else { Ability::Held }
            }
            Operation::Use { cell, request, is_timed: false } => {
                let waits = keeps_waiting(&self.shared_at(*cell), thread, request);
                if waits { Ability::Waits } else { Ability::Able }
            }
            _ => Ability::Able,
        }
    }

    /// Whether a thread can make a step, be it a wait that ends without a cause.
    pub(crate) fn is_runnable(&self, thread: ThreadId) -> bool {
        matches!(self.ability(thread), Ability::Able | Ability::Spurious)
    }

    /// The threads that can make a step, by number.
    pub fn runnable(&self) -> Vec<ThreadId> {
        self.threads().filter(|&thread| self.is_runnable(thread)).collect()
    }

    /// The coherent ways to carry out the next operation of a thread that can make a step. Those that
    /// read or replace later writes come first. [`apply`](Self::apply) decides which are consistent.
    pub fn picks(&mut self, subject: &Subject, thread: ThreadId) -> Vec<Pick> {
        let Some(before) = self.at(thread).cloned() else { return Vec::new() };
        let mut picks = Vec::new();
        for reading in self.readings(thread, before.next()) {
            let Some(event) = self.event_reading(subject, &before, reading, self.next_stamp())
            else {
                continue;
            };
            // To get in line is not a step: the thread would wait.
            if event.begins() && !self.is_turn(&event) {
                continue;
            }
            let turn = Turn { thread, course: event.detail.course };
            let pick = Pick { turn, reads: event.reads, replaces: None };
            if !event.writes {
                picks.push(pick);
                continue;
            }
            let location = &self.locations[event.location.expect("a write has a location")];
            let ranks = self.places(&event, self.floor_of(&event)).into_iter();
            picks.extend(ranks.map(|rank| Pick { replaces: Some(location.write(rank)), ..pick }));
        }
        picks
    }

    /// The events that a thread's next operation may come out as, in the order of its
    /// [`readings`](Self::readings). A thread in line has one, if its turn has come.
    pub(crate) fn next_events(&mut self, subject: &Subject, thread: ThreadId) -> Vec<Event> {
        let Some(before) = self.at(thread).cloned() else {
            return self.turn_event(subject, thread).into_iter().collect();
        };
        let readings = self.readings(thread, before.next());
        let stamp = self.next_stamp();
        let event = |reading| self.event_reading(subject, &before, reading, stamp);
        readings.filter_map(event).collect()
    }

    /// The ways in which a thread's next operation may come out: the writes that coherence lets it read,
    /// latest first, and the courses that it may take.
    fn readings<'a>(
        &mut self,
        thread: ThreadId,
        operation: &'a Operation,
    ) -> impl Iterator<Item = Reading> + use<'a> {
        let sources = self.sources(thread, operation).into_iter();
        sources.flat_map(|source| Reading::all_of(operation, source))
    }

    /// The writes that an operation may read; a single `None` if it reads nothing. For an allocation,
    /// `None` is fresh memory.
    fn sources(&mut self, thread: ThreadId, operation: &Operation) -> Vec<Source> {
        if let Operation::Allocate { cells, .. } = *operation {
            let freed = self.available(thread, cells).into_iter().map(Some);
            return std::iter::once(None).chain(freed).collect();
        }
        match meaning::object_of(thread, operation) {
            Some(object) => {
                let location = self.locate(object);
                if !meaning::reads(operation) {
                    return vec![None];
                }
                let location = &self.locations[location];
                let mut sources = self.readable(location, self.knowledge(thread.0)).into_vec();
                // Who knows of an object knows it as it was made, or later.
                if matches!(object, Object::Shared(_)) && !location.writes.is_empty() {
                    sources.retain(Option::is_some);
                }
                sources
            }
            None => vec![None],
        }
    }

    /// Carries out a pick, one of [`picks`](Self::picks); returns whether the graph is then consistent.
    /// If it is not, the graph is left unchanged.
    pub fn apply(&mut self, subject: &Subject, pick: Pick) -> bool {
        let Turn { thread, course } = pick.turn;
        let Some(before) = self.at(thread).cloned() else { return false };
        if let Some(object) = meaning::object_of(thread, before.next()) {
            self.locate(object);
        }
        let stamp = self.next_stamp();
        let looks = matches!(before.next(), Operation::TryEnter { .. }) && pick.replaces.is_none();
        let way = if looks || course == Course::Other { Way::Other } else { Way::First };
        let reading = Reading { source: pick.reads.flatten(), way };
        let Some(event) = self.event_reading(subject, &before, reading, stamp) else {
            return false;
        };
        let (id, location) = (event.id, event.location);
        self.add(event);
        if let (Some(replaced), Some(location)) = (pick.replaces, location) {
            let place = self.locations[location].rank(replaced);
            self.place(subject, id, place);
        }
        let is_consistent = self.is_consistent(&[id]);
        if !is_consistent {
            self.take_back(id);
        } else if let Some(completion) = self.turn_event(subject, thread) {
            self.add(completion);
        }
        is_consistent
    }

    /// The wait of a thread that waits for a notification: its last event.
    fn wait_of(&self, thread: ThreadId) -> EventId {
        self.last_id(thread.0).expect("it has begun to wait")
    }
}
