//! Turns a graph into a sequence of steps, to be read and to be replayed.
//!
//! The sequence respects program order and reads-from. If some sequence has every read see the latest
//! write, such a sequence is chosen; the schedule then only names the thread of each step.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::MemoryModel;
use crate::graph::precedence::Precedence;
use crate::graph::{Clock, EventId, Source};
use crate::guest::step::set_clocks;
use crate::guest::{After, Choice, Choices, Done, GuestCounterexample, ReadsFrom, Schedule, Step};
use crate::interp::ThreadId;
use crate::reference::graph::event::Event;
use crate::reference::graph::spin;
use crate::reference::graph::wrong::Wrong;
use crate::reference::graph::{Graph, Line};
use crate::reference::{
    Course, Impasse, Operation, Subject, Thread, Turn, Violation, ViolationKind,
};

/// What a step accesses.
struct Access {
    location: Option<usize>,
    reads: Option<Source>,
    writes: bool,
}

impl Graph {
    /// The counterexample that shows a violation of this graph.
    pub(super) fn counterexample(
        &self,
        subject: &Arc<Subject>,
        wrong: Wrong,
    ) -> GuestCounterexample {
        let mut order = self.linearised(&wrong.prefix);
        order.extend(wrong.last);
        let circle = match wrong.violation.kind {
            ViolationKind::Livelock => self.put_rounds_last(&mut order),
            _ => None,
        };
        self.narrate(subject, wrong.violation, &order, circle)
    }

    /// Moves the rounds of the spinning threads to the end; returns where they begin then. `None` if
    /// another thread has seen one of them.
    fn put_rounds_last(&self, order: &mut [EventId]) -> Option<usize> {
        let last = self.lines.iter().filter_map(|line| line.events.last());
        let rounds: HashSet<EventId> =
            last.flat_map(|last| spin::round(self, last)).map(|event| event.id).collect();
        let sees_a_round = |id: &EventId| {
            let sees = &self.event(*id).past.sees;
            rounds.iter().any(|&event| sees.has(event))
        };
        let is_seen = order.iter().any(|id| !rounds.contains(id) && sees_a_round(id));
        if rounds.is_empty() || is_seen {
            return None;
        }
        // A stable sort keeps the order of the other events.
        order.sort_by_key(|id| rounds.contains(id));
        Some(order.len() - rounds.len())
    }

    /// The counterexample that shows a violation by these events, in this order. From the event at
    /// `circle` on they repeat themselves forever.
    pub(super) fn narrate(
        &self,
        subject: &Arc<Subject>,
        violation: Violation,
        order: &[EventId],
        circle: Option<usize>,
    ) -> GuestCounterexample {
        let mut prefix = Clock::default();
        for &id in order {
            prefix.insert(id);
        }
        let mut trace = Vec::new();
        let mut choices = Vec::new();
        let mut latest: Vec<Source> = vec![None; self.locations.len()];
        let mut shown: HashMap<EventId, usize> = HashMap::new();
        let mut circle_from = None;
        for (at, &id) in order.iter().enumerate() {
            if circle == Some(at) {
                circle_from = Some(trace.len());
            }
            let event = self.event(id);
            if event.begins() {
                continue;
            }
            let Access { location, reads, writes } = self.access(event);
            let departs = self.departure(event, &latest);
            let before = location.map(|location| latest[location]);
            if let (Some(location), true) = (location, writes)
                && departs.is_none_or(|_| reads.is_some())
            {
                latest[location] = Some(id);
            }
            if event.is_silent() {
                continue;
            }
            let thread = ThreadId(id.thread);
            let after = departs.or(before).map(|write| After {
                step: write.and_then(|write| shown.get(&write).copied()),
                thread: write.map(|write| ThreadId(write.thread)),
                is_read: reads.is_some(),
                is_latest: before == Some(write),
            });
            let mut woken: Vec<ThreadId> =
                event.detail.woken.iter().map(|wait| ThreadId(wait.thread)).collect();
            woken.sort_unstable();
            let done =
                Done { after, woken, ..Done::of(event.operation().clone(), event.detail.answer) };
            shown.insert(id, trace.len());
            let mut step = Step::done(thread, done, event.detail.before.place());
            if self.model != MemoryModel::Sc {
                step.clock = self.clock_of(event);
            }
            trace.push(step);
            let turn = Turn { thread, course: self.course_in_schedule(event) };
            choices.push(Choice { turn, reads: departs.map(|write| self.named(write)) });
        }
        for standing in self.pending(&violation, &prefix) {
            trace.push(Step::pending(standing, self.waits_for(standing.id())));
        }
        if self.model == MemoryModel::Sc {
            set_clocks(&mut trace);
        }
        let schedule = Schedule {
            program: subject.fingerprint,
            model: self.model,
            choices: Choices::Reference(choices),
        };
        GuestCounterexample::of_reference(subject, violation, trace, circle_from, schedule)
    }

    /// The number of steps of each thread that happen before an event, including the event itself.
    /// Silent events are not steps.
    fn clock_of(&self, event: &Event) -> Vec<u32> {
        let steps = |(thread, line): (u32, &Line)| {
            let known = event.past.knows.count(thread) as usize;
            line.events.iter().take(known).filter(|it| !it.is_silent()).count() as u32
        };
        (0..).zip(self.lines.iter().map(|line| &**line)).map(steps).collect()
    }

    /// The course that a schedule names. Only under sequential consistency can it say that memory is
    /// fresh; here memory always is.
    fn course_in_schedule(&self, event: &Event) -> Course {
        match event.operation() {
            Operation::Allocate { .. } if self.model == MemoryModel::Sc => Course::Other,
            _ => event.detail.course,
        }
    }

    /// What a step accesses. Those who get a monitor write to it, and read what gave it back; those who find it
    /// held read the step of its owner; and to give it back is to write.
    fn access(&self, event: &Event) -> Access {
        let ticket = event.detail.gives_back.map(|ticket| self.event(ticket));
        match (self.first_of(event), ticket) {
            (Some(first), _) => Access {
                location: first.location,
                reads: Some(event.awaits.first().copied()),
                writes: first.writes,
            },
            (None, Some(ticket)) => Access { location: ticket.location, reads: None, writes: true },
            (None, None) => {
                Access { location: event.location, reads: event.reads, writes: event.writes }
            }
        }
    }

    /// The write that an event reads or replaces, if it is not the latest one.
    fn departure(&self, event: &Event, latest: &[Source]) -> Option<Source> {
        let Access { location, reads, .. } = self.access(event);
        let location = location?;
        let write = match reads {
            // The choice of an allocation must always be named.
            Some(source) if matches!(event.operation(), Operation::Allocate { .. }) => {
                return Some(source);
            }
            Some(source) => source,
            // Those who give a monitor back come one after the other.
            None if event.detail.gives_back.is_some() => return None,
            None => self.placed_before(event, latest[location])?,
        };
        (write != latest[location]).then_some(write)
    }

    /// The write after which an event writes, among the writes up to the latest; `None` if the event
    /// comes after the latest one.
    fn placed_before(&self, event: &Event, latest: Source) -> Option<Source> {
        let location = &self.locations[event.location?];
        let rank = location.rank(Some(event.id));
        if rank > location.rank(latest) {
            return None;
        }
        Some(location.write(rank - 1))
    }

    /// The name of a write in a schedule. Silent events are not steps.
    pub(super) fn named(&self, write: Source) -> ReadsFrom {
        let Some(write) = write else { return ReadsFrom::Initial };
        let events = &self.lines[write.thread as usize].events[..write.position as usize];
        let position = events.iter().filter(|event| !event.is_silent()).count() as u32;
        ReadsFrom::Step { thread: ThreadId(write.thread), position }
    }

    /// The write that has this name in a schedule; `None` if there is no such event.
    pub(super) fn by_name(&self, name: ReadsFrom) -> Option<Source> {
        let ReadsFrom::Step { thread, position } = name else { return Some(None) };
        let events = &self.lines.get(thread.0 as usize)?.events;
        let mut steps = events.iter().filter(|event| !event.is_silent());
        steps.nth(position as usize).map(|event| Some(event.id))
    }

    /// The threads of a violation whose next operation is about to happen.
    fn pending(&self, violation: &Violation, prefix: &Clock) -> Vec<&Thread> {
        let mut pending = Vec::new();
        for (thread, place) in &violation.places {
            let Some(line) = self.lines.get(thread.0 as usize) else { continue };
            let made = prefix.count(thread.0) as usize;
            let goes_on = line.events.iter().skip(made).any(|event| !event.begins());
            if goes_on {
                continue;
            }
            let last = made.checked_sub(1).and_then(|index| line.events.get(index));
            let standing = match last {
                None => &line.thread().first,
                Some(last) => match last.detail.after.thread() {
                    Some(standing) => standing,
                    None => continue,
                },
            };
            // An access that races has already been made.
            if standing.place() == *place {
                pending.push(&**standing);
            }
        }
        pending
    }

    /// The events of a prefix in an order that the model allows, with few switches.
    pub(super) fn linearised(&self, prefix: &Clock) -> Vec<EventId> {
        let precedence = Precedence::of(self);
        let mut order = precedence.order(|_, _| true).unwrap_or_else(|| {
            debug_assert_ne!(self.model, MemoryModel::Sc, "a consistent graph has an order");
            let weak = precedence.order(|event, id| event.past.sees.has(id));
            weak.expect("what an event sees was there before it")
        });
        order.retain(|&id| prefix.has(id));
        order
    }
}
