//! A graph as a sequence of steps, to be read and to be replayed.
//!
//! The sequence keeps program order and reads-from. If there is one in which every read sees the
//! latest write, it is such a one: then the schedule says only who makes each step.

use std::collections::HashSet;

use super::{Clock, MemoryModel};
use crate::guest::counterexample::mark_minor;
use crate::guest::{Choice, Choices, Counterexample, ReadsFrom, Schedule, Step};
use crate::interp::ThreadId;
use crate::reference::graph::event::{Event, EventId, Source, Standing};
use crate::reference::graph::execution::Graph;
use crate::reference::graph::precedence::Precedence;
use crate::reference::graph::spin;
use crate::reference::graph::verdict::Wrong;
use crate::reference::{Course, Operation, Subject, Thread, Turn, Violation, ViolationKind};

impl Graph {
    /// The counterexample that shows a violation of this graph.
    pub(super) fn counterexample(&self, subject: &Subject, wrong: Wrong) -> Counterexample {
        let mut order = self.linearised(&wrong.prefix);
        order.extend(wrong.last);
        let circle = match wrong.violation.kind {
            ViolationKind::Livelock => self.put_rounds_last(&mut order),
            _ => None,
        };
        self.narrate(subject, wrong.violation, &order, circle)
    }

    /// Moves the rounds of the threads that spin to the end; where they begin then. Nothing, if
    /// somebody else has seen one of them.
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
        // A stable sort keeps the order of the others.
        order.sort_by_key(|id| rounds.contains(id));
        Some(order.len() - rounds.len())
    }

    /// The counterexample that shows a violation by these events, in this order. From the one at
    /// `circle` on they repeat themselves for ever.
    pub(super) fn narrate(
        &self,
        subject: &Subject,
        violation: Violation,
        order: &[EventId],
        circle: Option<usize>,
    ) -> Counterexample {
        let mut prefix = Clock::default();
        for &id in order {
            prefix.insert(id);
        }
        let (mut trace, mut operations) = (Vec::new(), Vec::new());
        let mut choices = Vec::new();
        let mut latest: Vec<Source> = vec![None; self.locations.len()];
        let mut circle_from = None;
        for (at, &id) in order.iter().enumerate() {
            if circle == Some(at) {
                circle_from = Some(trace.len());
            }
            let event = self.event(id);
            let reads = self.departure(event, &latest);
            if let (Some(location), Some(_)) = (event.location, event.writes)
                && reads.is_none_or(|_| event.reads.is_some())
            {
                latest[location] = Some(id);
            }
            if event.is_silent() || matches!(event.after, Standing::Waits(_)) {
                continue;
            }
            let thread = ThreadId(id.thread);
            let mut text = event.operation().describe(subject, event.answer);
            text.push_str(&remark(event, reads));
            let woken = event.woken.iter().map(|wait| ThreadId(wait.thread));
            text.push_str(&event.operation().whom_it_woke(woken));
            trace.push(Step::done(thread, text, event.before.place()));
            operations.push(event.operation().clone());
            let turn = Turn { thread, course: self.course_in_schedule(event) };
            choices.push(Choice { turn, reads: reads.map(|write| self.named(write)) });
        }
        for standing in self.pending(&violation, &prefix) {
            trace.push(Step::pending(standing, subject));
            operations.push(standing.next().clone());
        }
        mark_minor(&violation, &mut trace, &operations);
        let schedule = Some(Schedule {
            program: subject.fingerprint,
            model: self.model,
            choices: Choices::Reference(choices),
        });
        Counterexample { violation, trace, circle_from, schedule, execution: 1 }
    }

    /// The course that a schedule names. Under sequential consistency it alone says that memory is
    /// fresh, and here it always is.
    fn course_in_schedule(&self, event: &Event) -> Course {
        match event.operation() {
            Operation::Allocate { .. } if self.model == MemoryModel::Sc => Course::Other,
            _ => event.course,
        }
    }

    /// The write that an event reads or replaces, if it is not the latest one.
    fn departure(&self, event: &Event, latest: &[Source]) -> Option<Source> {
        let location = event.location?;
        let write = match event.reads {
            // What an allocation gets is never a matter of course.
            Some(source) if matches!(event.operation(), Operation::Allocate { .. }) => {
                return Some(source);
            }
            Some(source) => source,
            None => self.placed_before(event, latest[location])?,
        };
        (write != latest[location]).then_some(write)
    }

    /// The write after which an event writes, among those up to the latest; `None` if it comes
    /// after that one.
    fn placed_before(&self, event: &Event, latest: Source) -> Option<Source> {
        let location = &self.locations[event.location?];
        let rank = location.rank(Some(event.id));
        if rank > location.rank(latest) {
            return None;
        }
        Some(location.write(rank - 1))
    }

    /// The name of a write in a schedule: silent events are no steps.
    pub(super) fn named(&self, write: Source) -> ReadsFrom {
        let Some(write) = write else { return ReadsFrom::Initial };
        let events = &self.lines[write.thread as usize].events[..write.position as usize];
        let position = events.iter().filter(|event| !event.is_silent()).count() as u32;
        ReadsFrom::Step { thread: ThreadId(write.thread), position }
    }

    /// The write that a schedule names so; `None` if there is no such event.
    pub(super) fn by_name(&self, name: ReadsFrom) -> Option<Source> {
        let ReadsFrom::Step { thread, position } = name else { return Some(None) };
        let events = &self.lines.get(thread.0 as usize)?.events;
        let mut steps = events.iter().filter(|event| !event.is_silent());
        steps.nth(position as usize).map(|event| Some(event.id))
    }

    /// The threads of a violation that are about to make an operation.
    fn pending(&self, violation: &Violation, prefix: &Clock) -> Vec<&Thread> {
        let mut pending = Vec::new();
        for (thread, place) in &violation.places {
            let Some(line) = self.lines.get(thread.0 as usize) else { continue };
            let made = prefix.count(thread.0) as usize;
            if made < line.events.len() && !matches!(line.events[made].after, Standing::Waits(_)) {
                continue;
            }
            let last = made.checked_sub(1).and_then(|index| line.events.get(index));
            let standing = match last.map(|last| &last.after) {
                None => &line.first,
                Some(
                    Standing::At(it)
                    | Standing::Waits(it)
                    | Standing::Spins(it)
                    | Standing::Loops(it),
                ) => it,
                Some(Standing::Ended) => continue,
            };
            // An access that races has been made already.
            if standing.place() == *place {
                pending.push(&**standing);
            }
        }
        pending
    }

    /// The events of a prefix in an order that keeps what the model keeps, with few switches.
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

/// What a step adds to its words if it reads or replaces a write that is not the latest.
fn remark(event: &Event, departs: Option<Source>) -> String {
    match (departs, event.reads) {
        (None, _) => String::new(),
        (Some(None), Some(_)) => ", from the beginning".into(),
        (Some(Some(write)), Some(_)) => format!(", from thread {}", write.thread),
        (Some(_), None) => ", overwritten already".into(),
    }
}
