//! The state that a graph settles to: the state under sequential consistency in which every location
//! holds the last word of its coherence order, and every thread is where it is in the graph.
//!
//! From there the threads can go on as under sequential consistency, with each read seeing the latest write
//! and each write coming last. This is consistent under every model, since no edge leaves such an event.

use super::event::Standing;
use super::execution::Graph;
use crate::graph::EventId;
use crate::interp::ThreadId;
use crate::reference::{Object, Operation, Part, Parts, SharedWorld, State, Subject, Thread};

impl Graph {
    /// The state that the graph settles to.
    pub(crate) fn settled(&self, subject: &Subject) -> State {
        let mut parts = Parts {
            threads: self.threads().map(|thread| self.part(thread)).collect(),
            prints: self.prints().cloned().collect(),
            lines_read: self.last_word(subject, Object::Input),
            ..Parts::default()
        };
        for location in &self.locations {
            match location.object {
                Object::Cell(cell) if !location.writes.is_empty() => {
                    parts.words.push((cell, self.last_word(subject, location.object)));
                }
                Object::Monitor(object) => {
                    parts.monitors.push((object, self.owner(object), self.waiters(object)));
                }
                Object::Shared(cell) => {
                    let last = location.writes.last().copied();
                    parts.shared.extend(self.shared_by(last).map(|object| (cell, object)));
                }
                Object::Life(allocation) => {
                    let Some(&end) = location.writes.last() else { continue };
                    if self.lives_again(allocation, end) {
                        continue;
                    }
                    parts.ended.push(allocation);
                    let is_free = matches!(self.event(end).operation(), Operation::Free { .. });
                    if let (true, None, Some(cells)) =
                        (is_free, self.taker_of(end), self.cells_of(allocation))
                    {
                        parts.freed.push((cells, allocation.next_life()));
                    }
                }
                _ => {}
            }
        }
        State::of_parts(subject, parts)
    }

    fn part(&self, thread: ThreadId) -> Part {
        let line = &self.lines[thread.0 as usize];
        let Some(last) = line.events.last() else { return part_of(&line.thread().first) };
        match &last.detail.after {
            Standing::InLine(thread) | Standing::Spins(thread) | Standing::Loops(thread) => {
                Part::Live(thread.clone())
            }
            Standing::At(standing) => match *standing.next() {
                Operation::Await { object, ends }
                    if self.notification_of(object, last.id).is_some() =>
                {
                    let mut notified = Thread::clone(standing);
                    let again = Operation::Reacquire { object, notified: true, ends };
                    notified.goes_on_with(again);
                    Part::Live(notified.into())
                }
                _ => part_of(standing),
            },
            Standing::Ended => match last.operation() {
                Operation::End(ending) => {
                    Part::Ended(ending.clone(), last.detail.before.allocations().clone())
                }
                other => unreachable!("a thread ends with its end, not with {other:?}"),
            },
        }
    }

    /// The threads that wait for a notification on a monitor, longest first.
    fn waiters(&self, object: u64) -> Vec<ThreadId> {
        let changes = self.location_of(Object::Waiters(object));
        let last = changes.and_then(|location| location.writes.last().copied());
        let is_there = |wait: &EventId| {
            let line = &self.lines[wait.thread as usize];
            line.events.last().is_some_and(|event| event.id == *wait)
        };
        let waits = self.waits_at(object, last).into_iter().filter(is_there);
        waits.map(|wait| ThreadId(wait.thread)).collect()
    }
}

fn part_of(thread: &std::sync::Arc<Thread>) -> Part {
    match thread.next() {
        Operation::Trapped(_) => Part::Stopped(thread.clone()),
        _ => Part::Live(thread.clone()),
    }
}
