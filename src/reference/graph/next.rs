//! The event that a thread's next operation comes out as, given what it reads.

use std::sync::{Arc, OnceLock};

use smallvec::SmallVec;

use super::event::{Deed, Event, Standing};
use super::execution::Graph;
use super::meaning::{Reading, Told, object_of, reads};
use super::monitor::Turn;
use super::spin::{self, Comes};
use crate::graph::EventId;
use crate::graph::Source;
use crate::graph::event::{Mode, Way};
use crate::interp::{Reply, ThreadId};
use crate::reference::{Answer, Course, Ends, Object, Operation, Subject, Thread};

impl Graph {
    /// The event that a thread must wait for before its next one, if it must wait for one.
    ///
    /// # Errors
    /// That event has not happened yet.
    pub(crate) fn awaited(&self, thread: ThreadId, operation: &Operation) -> Result<Source, ()> {
        match *operation {
            Operation::Join { thread } if (thread.0 as usize) < self.lines.len() => {
                self.end_of(thread).map(|end| Some(end.id)).ok_or(())
            }
            Operation::Await { object, ends: Ends::Notified } => {
                let me = self.next_id(thread.0);
                let wait = EventId { position: me.position - 1, ..me };
                self.notification_of(object, wait).map(Some).ok_or(())
            }
            _ => Ok(None),
        }
    }

    /// The events that a read becomes if it reads this write instead.
    pub(super) fn events_reading(
        &self,
        subject: &Subject,
        read: &Event,
        write: EventId,
    ) -> impl Iterator<Item = Event> {
        let before = &read.detail.before;
        let readings = Reading::all_of(before.next(), Some(write));
        readings.filter_map(|reading| self.event_reading(subject, before, reading, read.stamp))
    }

    /// The event for a thread's next operation if it reads this write; `None` if it cannot read it. The
    /// location must exist.
    pub(crate) fn event_reading(
        &self,
        subject: &Subject,
        before: &Arc<Thread>,
        reading: Reading,
        stamp: u32,
    ) -> Option<Event> {
        let Reading { source, way } = reading;
        let thread = before.id();
        let operation = before.next();
        let effect = self.effect(subject, self.next_id(thread.0), operation, reading)?;
        // A thread number without a thread is not an object; the output is one, even when it is full, and what
        // refuses a request may not refuse it later.
        let is_refused = matches!(effect.told, Told::Trap(_))
            && !operation.is_print()
            && !matches!(operation, Operation::Use { .. });
        if self.waits_in_vain(operation, &effect.told, source) {
            return None;
        }
        let has_location = !is_refused && !operation.gives_monitor_back();
        let object = object_of(thread, operation).filter(|_| has_location);
        // An allocation that gets freed memory reads the free.
        let freed = match (operation, source) {
            (Operation::Allocate { cells, .. }, Some(free)) => {
                if !self.available(thread, *cells).contains(&free) {
                    return None;
                }
                self.event(free).location
            }
            _ => None,
        };
        let is_read = freed.is_some() || object.is_some() && reads(operation);
        let mut event = self.blank_event(before, stamp);
        event.location = object.and_then(|object| self.index_of(object)).or(freed);
        event.reads = is_read.then_some(source);
        event.writes = effect.writes.is_some();
        event.awaits.extend(self.awaited(thread, operation).ok()?);
        event.mode = effect.mode;
        event.detail.written = effect.writes;
        event.detail.woken = effect.woken;
        event.detail.shared = effect.shared;
        if operation.gives_monitor_back() {
            let monitor = operation.monitor().expect("it gives one back");
            event.detail.gives_back = Some(self.ticket_of(thread, monitor));
        }
        // A search takes fresh memory first, and the usual course.
        if freed.is_some() || way == Way::Other {
            event.way = Way::Other;
        } else if matches!(operation, Operation::Await { .. }) && !event.writes {
            event.way = Way::Only;
        }
        if way == Way::Other && *operation == Operation::MayFail {
            event.detail.course = Course::Other;
        }
        event.detail.is_idle = spin::is_idle(self, subject, &event);
        Some(self.finished_event(subject, event, effect.told))
    }

    /// Whether a thread would wait at an earlier state of a shared object: such a graph is no execution, and grows
    /// into none, since only the read of a latest write is revisited.
    fn waits_in_vain(&self, operation: &Operation, told: &Told, source: Source) -> bool {
        let Operation::Use { cell, .. } = *operation else { return false };
        let Some(location) = self.location_of(Object::Shared(cell)) else { return false };
        let is_placed = source.is_none_or(|write| location.writes.contains(&write));
        matches!(told, Told::Begun) && is_placed && location.writes.last().copied() != source
    }

    /// The event that completes what a thread in line has begun; `None` if its turn has not come.
    pub(crate) fn turn_event(&self, subject: &Subject, thread: ThreadId) -> Option<Event> {
        let before = self.in_line(thread)?;
        let first = self.event(self.last_id(thread.0)?);
        let Turn { awaits, mode, answer } = self.turn(first)?;
        let mut event = self.blank_event(before, self.next_stamp());
        event.awaits.extend(awaits);
        event.mode = mode;
        event.detail.is_idle = true;
        Some(self.finished_event(subject, event, Told::Reply(Reply::Word(answer))))
    }

    /// An event for the next operation of a thread, without what makes it different from others.
    fn blank_event(&self, before: &Arc<Thread>, stamp: u32) -> Event {
        let thread = before.id();
        Event {
            id: self.next_id(thread.0),
            stamp,
            location: None,
            reads: None,
            writes: false,
            awaits: SmallVec::new(),
            mode: Mode::default(),
            way: Way::First,
            past: self.past(thread.0),
            detail: Deed {
                before: Arc::clone(before),
                course: Course::Usual,
                after: Standing::Ended,
                written: None,
                shared: None,
                answer: None,
                woken: Vec::new(),
                gives_back: None,
                is_idle: false,
                closes_loop: false,
                settled: None,
                stood: OnceLock::new(),
            },
        }
    }

    /// An event with its order, and with the state in which it leaves its thread.
    fn finished_event(&self, subject: &Subject, mut event: Event, told: Told) -> Event {
        self.order(&mut event);
        let before = &event.detail.before;
        event.detail.after = match told {
            Told::Ended => Standing::Ended,
            Told::Begun => Standing::InLine(Arc::clone(before)),
            Told::Part(part) => Standing::At(changed(before, |it| it.goes_on_with(part))),
            Told::Trap(answer) => Standing::At(changed(before, |it| it.answer(subject, answer))),
            Told::Reply(reply) => {
                event.detail.answer = reply.word();
                let thread = changed(before, |it| it.answer(subject, Answer::Reply(reply)));
                let comes = spin::comes(&self.lines[event.id.thread as usize], &event, &thread);
                event.detail.closes_loop = comes == Comes::Back;
                match comes {
                    Comes::BackIdle => Standing::Spins(thread),
                    Comes::Back | Comes::On => Standing::At(thread),
                }
            }
        };
        event
    }
}

/// A thread after a change.
fn changed(thread: &Thread, change: impl FnOnce(&mut Thread)) -> Arc<Thread> {
    let mut thread = thread.clone();
    change(&mut thread);
    Arc::new(thread)
}
