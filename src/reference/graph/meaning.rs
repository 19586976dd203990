//! Defines what an operation does to an execution graph: what it reads, what it writes, and the answer
//! of its thread. The reference's [`State`](crate::reference::State) defines what operations mean; this
//! module defines the same in terms of locations that are read and written.
//!
//! | operation | location | reads and writes |
//! |---|---|---|
//! | load, store, read-modify-write | the cell | its word |
//! | free, return from a function | the life of an allocation | a plain write |
//! | allocate | the life of what has been freed, or nothing | a plain read of the free |
//! | enter, take back, try to enter | the monitor | the number of tickets so far, and one more; see [`monitor`](super::monitor) |
//! | exit, wait | | nothing: gives a ticket back |
//! | notify, stop waiting | the waiters | a relaxed read; also a write, if it ends a wait |
//! | print | output | a relaxed read and write of the number of bytes |
//! | read a line, start | input, threads | a relaxed read and write of a number |
//! | end | the thread | a releasing write |
//! | has ended, error | the thread | an acquiring read |
//! | use | the shared object | an acquiring read of the object as it was; also a releasing write, if it changes the object |
//! | join, be notified | | nothing: the thread waits for one particular event |

use super::execution::Graph;
use crate::graph::event::{Mode, Way};
use crate::graph::{EventId, Source};
use crate::il::MemoryOrder::{self, AcqRel, Acquire, Relaxed, Release};
use crate::interp::{Cell, Reply, Request, ThreadId, refusal};
use crate::reference::shared::{Comes, Kept, use_of};
use crate::reference::{
    Answer, Ending, Ends, Object, Operation, SharedWorld, Subject, ThreadSet, fingerprint_of,
};

/// The effect of an operation, once it is known what it reads.
pub(super) struct Effect {
    pub(super) told: Told,
    pub(super) writes: Option<u64>,
    pub(super) mode: Mode,
    pub(super) woken: Vec<EventId>,
    /// The shared object after it, if it changes one.
    pub(super) shared: Kept,
}

/// The choices that decide how an operation comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The write that it reads; `None` also if it reads nothing.
    pub(crate) source: Source,
    /// The second way of `MayFail` is to fail, and that of `TryEnter` to look.
    pub(crate) way: Way,
}

impl Reading {
    /// The ways in which an operation may come out if it reads this write.
    pub(crate) fn all_of(
        operation: &Operation,
        source: Source,
    ) -> impl Iterator<Item = Reading> + use<> {
        let has_two = matches!(operation, Operation::MayFail | Operation::TryEnter { .. });
        let ways = if has_two { &[Way::First, Way::Other][..] } else { &[Way::First] };
        ways.iter().map(move |&way| Reading { source, way })
    }
}

/// What the thread learns from its operation.
pub(super) enum Told {
    Reply(Reply),
    Trap(Answer),
    /// The thread continues with this part of the operation.
    Part(Operation),
    /// The thread learns nothing yet: it waits for its turn, or for a change.
    Begun,
    /// The thread has ended and learns nothing.
    Ended,
}

impl Effect {
    fn told(word: u64) -> Self {
        Effect {
            told: Told::Reply(Reply::Word(word)),
            writes: None,
            mode: Mode::default(),
            woken: Vec::new(),
            shared: None,
        }
    }

    fn refused((kind, message): refusal::Refusal) -> Self {
        let told = Told::Trap(Answer::Trap(kind, message.into()));
        Effect { told, ..Effect::told(0) }
    }

    /// The effect of a request at a shared object.
    fn of_use(
        cell: Cell,
        request: &Request,
        (changed, comes): (Option<Kept>, Comes),
        is_timed: bool,
    ) -> Self {
        let told = match comes {
            Comes::On(Answer::Reply(reply)) => Told::Reply(reply),
            Comes::On(trap @ Answer::Trap(..)) => Told::Trap(trap),
            Comes::Part(request) => Told::Part(Operation::Use { cell, request, is_timed }),
            Comes::Waits => Told::Begun,
        };
        let effect = Effect { told, ..Effect::told(0) };
        match changed.flatten() {
            None => effect.ordered(Some(Acquire)),
            Some(object) => {
                // Half of the fingerprint is enough to tell states apart.
                let effect = effect.writes(fingerprint_of(&object) as u64);
                // `New` does not publish: a thread that gets the pointer by a relaxed load is not ordered by using it.
                let order = if matches!(request, Request::New(_)) { Relaxed } else { AcqRel };
                Effect { shared: Some(object), ..effect.ordered(Some(order)) }
            }
        }
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
        Operation::Use { cell, .. } => Object::Shared(cell),
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
        Object::Monitor(_)
        | Object::Life(_)
        | Object::Freed(_)
        | Object::Waiters(_)
        | Object::Shared(_)
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

    /// The shared object that a write has left.
    pub(crate) fn shared_by(&self, write: Source) -> Kept {
        write.and_then(|write| self.event(write).detail.shared.clone())
    }

    /// The word at the end of an object's coherence order.
    pub(crate) fn last_word(&self, subject: &Subject, object: Object) -> u64 {
        let last = self.location_of(object).and_then(|location| location.writes.last().copied());
        self.word(subject, object, last)
    }

    /// The effect of an operation if it reads this write; `None` if it cannot read it.
    pub(super) fn effect(
        &self,
        subject: &Subject,
        me: EventId,
        operation: &Operation,
        Reading { source, way }: Reading,
    ) -> Option<Effect> {
        let thread = ThreadId(me.thread);
        let object = object_of(thread, operation);
        let word = match object {
            Some(object) if reads(operation) => self.word(subject, object, source),
            _ => 0,
        };
        if let Some(refusal) = operation.cell_alive().and_then(|cell| self.refusal(subject, cell)) {
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
            Operation::MayFail => Effect::told(u64::from(way == Way::Other)),
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
            Operation::TryEnter { .. } if way == Way::Other => {
                if !self.may_be_held(thread, source?) {
                    return None;
                }
                Effect { told: Told::Begun, ..Effect::told(0) }
            }
            Operation::Enter { .. } | Operation::Reacquire { .. } | Operation::TryEnter { .. } => {
                Effect { told: Told::Begun, ..Effect::told(0).writes(word + 1) }
            }
            Operation::Exit { .. } => Effect::told(0),
            Operation::Wait { object, ends } => {
                let told = Told::Part(Operation::Await { object, ends });
                Effect { told, ..Effect::told(0) }
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
                let effect = Effect { told, ..Effect::told(0) };
                match (ends.may_stop(), notified) {
                    // It waits for the notification, which happens before it.
                    (false, _) => effect,
                    (true, true) => effect.ordered(Some(Relaxed)),
                    (true, false) => effect.ordered(Some(Relaxed)).writes(0),
                }
            }
            Operation::Notify { object, all } => {
                let mut woken = self.waits_at(object, source);
                woken.truncate(if all { usize::MAX } else { 1 });
                let effect = Effect::told(0).ordered(Some(Relaxed));
                let effect = if woken.is_empty() { effect } else { effect.writes(0) };
                Effect { woken, ..effect }
            }
            Operation::Use { cell, ref request, is_timed } => {
                let comes = use_of(&self.shared_by(source), thread, request, is_timed);
                Effect::of_use(cell, request, comes, is_timed)
            }
            Operation::End(_) => {
                Effect { told: Told::Ended, ..Effect::told(0).writes(1).ordered(Some(Release)) }
            }
            Operation::Trapped(_) => return None,
        })
    }
}
