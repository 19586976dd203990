//! Defines what an operation does to an execution graph: what it reads, what it writes, and the answer
//! of its thread. The reference's [`State`](crate::reference::State) defines what operations mean; this
//! module defines the same in terms of locations that are read and written.
//!
//! | operation | location | reads and writes |
//! |---|---|---|
//! | load, store, read-modify-write | the cell | its word |
//! | free, return from a function | the life of an allocation | a plain write |
//! | allocate | the life of what has been freed, or nothing | a plain read of the free |
//! | enter, enter again | the monitor | an acquiring read of "free" that writes "held" |
//! | try to enter | the monitor | the same, or a relaxed read of "held" |
//! | exit, wait | the monitor | a releasing write of "free" |
//! | notify, stop waiting | the waiters | a relaxed read; also a write, if it ends a wait |
//! | print | output | a relaxed read and write of the number of bytes |
//! | read a line, start | input, threads | a relaxed read and write of a number |
//! | end | the thread | a releasing write |
//! | has ended, error | the thread | an acquiring read |
//! | join, be notified | | nothing: the thread waits for one particular event |
//!
//! The threads that wait on a monitor follow from the order of the waits in the monitor's location, since
//! only the owner of the monitor sends a notification, and from which threads have stopped waiting before.

use std::sync::{Arc, OnceLock};

use super::event::{Deed, Event, Standing};
use super::execution::Graph;
use super::spin::{self, Comes};
use crate::graph::event::{Mode, Way};
use crate::graph::{EventId, Source};
use crate::il::MemoryOrder::{self, Acquire, Relaxed, Release};
use crate::interp::{ThreadId, refusal};
use crate::reference::{
    Answer, Course, Ending, Ends, Object, Operation, SharedWorld, Subject, Thread, ThreadSet,
};

/// The words of a monitor's location.
pub(crate) const FREE: u64 = 0;
const HELD: u64 = 1;

/// The effect of an operation, once it is known what it reads.
struct Effect {
    told: Told,
    writes: Option<u64>,
    mode: Mode,
    woken: Vec<EventId>,
}

/// The choices that decide how an operation comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The write that it reads; `None` also if it reads nothing.
    pub(crate) source: Source,
    pub(crate) course: Course,
}

impl From<Source> for Reading {
    fn from(source: Source) -> Self {
        Reading { source, course: Course::Usual }
    }
}

/// What the thread learns from its operation.
enum Told {
    Word(u64),
    Trap(Answer),
    /// The thread continues with this part of the operation.
    Part(Operation),
    /// The thread learns nothing: it waits.
    Waits,
    /// The thread has ended and learns nothing.
    Ended,
}

impl Effect {
    fn told(word: u64) -> Self {
        Effect { told: Told::Word(word), writes: None, mode: Mode::default(), woken: Vec::new() }
    }

    fn refused((kind, message): refusal::Refusal) -> Self {
        let told = Told::Trap(Answer::Trap(kind, message.into()));
        Effect { told, ..Effect::told(0) }
    }

    fn writes(self, word: u64) -> Self {
        Effect { writes: Some(word), ..self }
    }

    fn ordered(self, order: Option<MemoryOrder>) -> Self {
        Effect { mode: Mode(order.map(Into::into)), ..self }
    }
}

/// The object that an operation of a thread accesses.
pub(crate) fn object_of(thread: ThreadId, operation: &Operation) -> Option<Object> {
    Some(match *operation {
        Operation::Load { cell, .. }
        | Operation::Store { cell, .. }
        | Operation::Rmw { cell, .. }
        | Operation::Cas { cell, .. } => Object::Cell(cell),
        Operation::Free { allocation } => Object::Life(allocation),
        Operation::Leave { slot } => Object::Life(slot),
        Operation::Fence { .. }
        | Operation::MayFail
        | Operation::Allocate { .. }
        | Operation::Join { .. }
        | Operation::Await { ends: Ends::Notified, .. }
        | Operation::Trapped(_) => return None,
        Operation::Print { .. } => Object::Output,
        Operation::ReadLine => Object::Input,
        Operation::Start(_) => Object::Threads,
        Operation::HasEnded { thread } | Operation::ErrorOf { thread } => Object::Thread(thread),
        Operation::Enter { object }
        | Operation::TryEnter { object }
        | Operation::Exit { object }
        | Operation::Wait { object, .. }
        | Operation::Reacquire { object, .. } => Object::Monitor(object),
        Operation::Await { object, .. } | Operation::Notify { object, .. } => {
            Object::Waiters(object)
        }
        Operation::End(_) => Object::Thread(thread),
    })
}

/// Whether an operation that accesses an object reads it.
pub(crate) fn reads(operation: &Operation) -> bool {
    !matches!(
        operation,
        Operation::Store { .. }
            | Operation::Free { .. }
            | Operation::Leave { .. }
            | Operation::Exit { .. }
            | Operation::Wait { .. }
            | Operation::End(_)
    )
}

/// The initial word of an object.
fn initial_word(subject: &Subject, object: Object) -> u64 {
    match object {
        Object::Cell(cell) => {
            let global = usize::try_from(cell.0 - 1).ok();
            global.and_then(|it| subject.code.globals.get(it)).copied().unwrap_or(0)
        }
        Object::Threads => 1,
        Object::Monitor(_) => FREE,
        Object::Life(_)
        | Object::Freed(_)
        | Object::Waiters(_)
        | Object::Thread(_)
        | Object::Output
        | Object::Input => 0,
    }
}

impl Graph {
    /// The word that a write has left at an object.
    pub(crate) fn word(&self, subject: &Subject, object: Object, write: Source) -> u64 {
        match write {
            None => initial_word(subject, object),
            Some(write) => self.event(write).detail.written.expect("what is read is a write"),
        }
    }

    /// The word at the end of an object's coherence order.
    pub(crate) fn last_word(&self, subject: &Subject, object: Object) -> u64 {
        let last = self.location_of(object).and_then(|location| location.writes.last().copied());
        self.word(subject, object, last)
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
        let monitor = self.location_of(Object::Monitor(object));
        let writes = monitor.map_or(&[][..], |location| &location.writes);
        let is_wait = |id: &EventId| matches!(self.event(*id).operation(), Operation::Wait { .. });
        let mut waits: Vec<EventId> = writes.iter().copied().filter(is_wait).collect();
        for change in self.changes_up_to(change) {
            waits.retain(|&wait| {
                let stops = change.id == EventId { position: wait.position + 1, ..wait };
                !stops && !change.detail.woken.contains(&wait)
            });
        }
        waits
    }

    /// The effect of an operation if it reads this write; `None` if it cannot read it.
    fn effect(
        &self,
        subject: &Subject,
        me: EventId,
        operation: &Operation,
        Reading { source, course }: Reading,
    ) -> Option<Effect> {
        let thread = ThreadId(me.thread);
        let object = object_of(thread, operation);
        let word = match object {
            Some(object) if reads(operation) => self.word(subject, object, source),
            _ => 0,
        };
        if let Some(refusal) = operation.cell().and_then(|cell| self.refusal(subject, cell)) {
            return Some(Effect::refused(refusal));
        }
        let is_unknown = |thread: ThreadId| self.lines.len() <= thread.0 as usize;
        Some(match *operation {
            Operation::Load { order, .. } => Effect::told(word).ordered(order),
            Operation::Store { word, order, .. } => Effect::told(0).writes(word).ordered(order),
            Operation::Rmw { op, word: operand, order, .. } => {
                Effect::told(word).writes(op.apply(word, operand)).ordered(Some(order))
            }
            Operation::Cas { expected, desired, success, .. } if expected.is(word) => {
                Effect::told(word).writes(desired).ordered(Some(success))
            }
            Operation::Cas { failure, .. } => Effect::told(word).ordered(Some(failure)),
            Operation::Fence { order } => Effect::told(0).ordered(Some(order)),
            Operation::MayFail => Effect::told(u64::from(course == Course::Other)),
            Operation::Free { .. } | Operation::Leave { .. } => Effect::told(0).writes(1),
            Operation::Allocate { fresh, .. } => {
                let freed = source.map(|free| self.event(free).operation());
                match freed {
                    Some(&Operation::Free { allocation }) => {
                        Effect::told(allocation.next_life().start())
                    }
                    _ => match fresh {
                        Some(fresh) => Effect::told(fresh.start()),
                        None => Effect::refused(refusal::memory_full()),
                    },
                }
            }
            Operation::Print { ref text } => {
                let bytes = word + text.len() as u64;
                let effect = if bytes > subject.limits.output_bytes {
                    Effect::refused(refusal::output_limit())
                } else {
                    Effect::told(0).writes(bytes)
                };
                effect.ordered(Some(Relaxed))
            }
            Operation::Start(_) if word >= ThreadSet::THREADS_MAX as u64 => return None,
            Operation::ReadLine | Operation::Start(_) => {
                Effect::told(word).writes(word + 1).ordered(Some(Relaxed))
            }
            Operation::Join { thread }
            | Operation::HasEnded { thread }
            | Operation::ErrorOf { thread }
                if is_unknown(thread) =>
            {
                Effect::refused(refusal::no_such_thread(thread))
            }
            Operation::Join { .. } => Effect::told(1),
            Operation::HasEnded { .. } => Effect::told(word).ordered(Some(Acquire)),
            Operation::ErrorOf { .. } => {
                let ending = source.map(|end| self.event(end).operation());
                let handle = match ending {
                    Some(Operation::End(Ending::Captured(error))) => subject.intern(error),
                    _ => 0,
                };
                Effect::told(handle).ordered(Some(Acquire))
            }
            Operation::Enter { .. } if word == FREE => {
                Effect::told(0).writes(HELD).ordered(Some(Acquire))
            }
            Operation::Reacquire { notified, .. } if word == FREE => {
                Effect::told(u64::from(notified)).writes(HELD).ordered(Some(Acquire))
            }
            Operation::Enter { .. } | Operation::Reacquire { .. } => {
                Effect { told: Told::Waits, ..Effect::told(0).ordered(Some(Relaxed)) }
            }
            Operation::TryEnter { .. } if word == FREE => {
                Effect::told(1).writes(HELD).ordered(Some(Acquire))
            }
            Operation::TryEnter { .. } => Effect::told(0).ordered(Some(Relaxed)),
            Operation::Exit { .. } => Effect::told(0).writes(FREE).ordered(Some(Release)),
            Operation::Wait { object, ends } => {
                let told = Told::Part(Operation::Await { object, ends });
                Effect { told, ..Effect::told(0).writes(FREE).ordered(Some(Release)) }
            }
            Operation::Await { object, ends } => {
                let wait = EventId { position: me.position - 1, ..me };
                // A notified thread can only see its own notification; until that comes, it may stop waiting.
                let notified = match source {
                    _ if !ends.may_stop() => true,
                    Some(change) if self.event(change).detail.woken.contains(&wait) => true,
                    _ if self.waits_at(object, source).contains(&wait) => false,
                    _ => return None,
                };
                let told = Told::Part(Operation::Reacquire { object, notified, ends });
                let effect = Effect { told, ..Effect::told(0).ordered(Some(Relaxed)) };
                if notified { effect } else { effect.writes(0) }
            }
            Operation::Notify { object, all } => {
                let mut woken = self.waits_at(object, source);
                woken.truncate(if all { usize::MAX } else { 1 });
                let effect = Effect::told(0).ordered(Some(Relaxed));
                let effect = if woken.is_empty() { effect } else { effect.writes(0) };
                Effect { woken, ..effect }
            }
            Operation::End(_) => {
                Effect { told: Told::Ended, ..Effect::told(0).writes(1).ordered(Some(Release)) }
            }
            Operation::Trapped(_) => return None,
        })
    }

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

    /// The event for a thread's next operation if it reads this write; `None` if it cannot read it. The
    /// location must exist.
    pub(crate) fn event_reading(
        &self,
        subject: &Subject,
        before: &Arc<Thread>,
        reading: Reading,
        stamp: u32,
    ) -> Option<Event> {
        let Reading { source, course } = reading;
        let thread = before.id();
        let id = self.next_id(thread.0);
        let operation = before.next();
        let effect = self.effect(subject, id, operation, reading)?;
        // A thread number without a thread is not an object; the output is one, even when it is full.
        let is_refused = matches!(effect.told, Told::Trap(_)) && !operation.is_print();
        let object = object_of(thread, operation).filter(|_| !is_refused);
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
        let location = object.and_then(|object| self.index_of(object)).or(freed);
        let is_read = freed.is_some() || object.is_some() && reads(operation);
        let awaits = self.awaited(thread, operation).ok()?;
        let mut event = Event {
            id,
            stamp,
            location,
            reads: is_read.then_some(source),
            writes: effect.writes.is_some(),
            awaits: awaits.into_iter().collect(),
            mode: effect.mode,
            way: Way::First,
            past: self.past(thread.0),
            detail: Deed {
                before: Arc::clone(before),
                course,
                after: Standing::Ended,
                written: effect.writes,
                answer: None,
                woken: effect.woken,
                is_idle: false,
                closes_loop: false,
                settled: None,
                stood: OnceLock::new(),
            },
        };
        // A search takes fresh memory first, and the usual course.
        if freed.is_some() || course == Course::Other {
            event.way = Way::Other;
        } else if event.is_silent() {
            event.way = Way::Only;
        }
        event.detail.is_idle = spin::is_idle(self, subject, &event);
        self.order(&mut event);
        let mut thread = Thread::clone(before);
        event.detail.after = match effect.told {
            Told::Ended => Standing::Ended,
            Told::Waits => Standing::Waits(Arc::clone(before)),
            Told::Part(part) => {
                thread.goes_on_with(part);
                Standing::At(Arc::new(thread))
            }
            Told::Trap(answer) => {
                thread.answer(subject, answer);
                Standing::At(Arc::new(thread))
            }
            Told::Word(word) => {
                event.detail.answer = Some(word);
                thread.answer(subject, Answer::Word(word));
                let thread = Arc::new(thread);
                let comes = spin::comes(&self.lines[id.thread as usize], &event, &thread);
                event.detail.closes_loop = comes == Comes::Back;
                match comes {
                    Comes::BackIdle => Standing::Spins(thread),
                    Comes::Back | Comes::On => Standing::At(thread),
                }
            }
        };
        Some(event)
    }
}
