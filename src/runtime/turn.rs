//! Which thread of an execution runs next, if no guide decides that.

use super::execution::{End, Execution, Thread};
use super::unchecked::Coroutine;
use crate::verdict::Bound;

/// How often a thread may yield before others go first.
const YIELDS_FIRST: u32 = 100;

/// The lowest thread that can go on.
#[derive(Clone, Copy)]
struct Lowest {
    thread: Option<u32>,
    /// The rounds in which its loop has found nothing new, if it goes on because nobody else can.
    rounds: u32,
    /// Whether another one waits although its rounds change something, which may leave something out.
    leaves_out: bool,
}

impl Execution {
    /// The thread that runs next, with its coroutine; `None` if the execution has come to its end.
    pub(super) fn next_turn(&mut self) -> Option<(u32, Coroutine)> {
        let next = self.next()?;
        self.turn_of(next)
    }

    /// A thread that is to run, with its coroutine; `None` if it has ended.
    pub(super) fn turn_of(&mut self, thread: u32) -> Option<(u32, Coroutine)> {
        self.running = thread;
        self.thread().coroutine.take().map(|coroutine| (thread, coroutine))
    }

    fn next(&mut self) -> Option<u32> {
        if self.ending.is_some() {
            return None;
        }
        if self.done < self.size {
            let next = self.next_behind();
            if next.is_none() {
                self.ending = Some(End::NotRepeatable);
            }
            return next;
        }
        self.next_live()
    }

    /// A thread that can repeat an event, or has not got to its first operation after the graph's.
    fn next_behind(&self) -> Option<u32> {
        let can = |thread: &Thread| {
            thread.is_started
                && !thread.has_ended
                && thread.pending.is_none()
                && thread.behind.is_none_or(|it| self.has_come_out(it))
        };
        self.threads.iter().position(can).map(|it| it as u32)
    }

    /// The lowest thread that can go on. A loop that has found nothing new waits, but if nobody else can go
    /// on, and it finds the newest writes, it goes on for some rounds: it may give up.
    pub(super) fn next_live(&mut self) -> Option<u32> {
        if self.guide.is_some() {
            return self.next_guided();
        }
        let Lowest { thread, rounds, leaves_out } = self.lowest_live();
        if leaves_out {
            self.left_out.insert(Bound::Rounds);
        }
        if let Some(thread) = thread
            && (rounds > 0 || self.had_lone)
        {
            self.note_rounds(thread, rounds);
        }
        thread
    }

    fn lowest_live(&self) -> Lowest {
        let mut lowest = Lowest { thread: None, rounds: 0, leaves_out: false };
        // Whether the one that may give up changes something.
        let mut changes_too = false;
        // Of those that have yielded very often, the one that has the least.
        let mut patient: Option<(u32, Lowest)> = None;
        for (thread, number) in self.threads.iter().zip(0..) {
            if !thread.is_started || thread.has_ended {
                continue;
            }
            let goes_on = Lowest {
                thread: Some(number),
                rounds: 0,
                leaves_out: lowest.leaves_out | changes_too,
            };
            let Some(operation) = &thread.pending else { return goes_on };
            if !self.graph.is_able(&self.values, number, operation) {
                continue;
            }
            let rounds = self.idle_rounds(number, operation);
            if rounds <= self.limits.rounds_max {
                if thread.yields <= YIELDS_FIRST {
                    return goes_on;
                }
                if patient.is_none_or(|(yields, _)| thread.yields < yields) {
                    patient = Some((thread.yields, goes_on));
                }
                continue;
            }
            let changes = self.changing_rounds(number, operation) > self.limits.rounds_max;
            // That a loop never ends is only said of one that changes nothing.
            let may_end = changes || !thread.rest.is_for_good();
            if lowest.thread.is_none() && may_end && self.has_newest(number, operation) {
                changes_too = changes;
                // One that changes something is not looked at.
                let rounds = if changes { 0 } else { rounds };
                lowest = Lowest { thread: Some(number), rounds, ..lowest };
            } else {
                lowest.leaves_out |= changes;
            }
        }
        patient.map_or(lowest, |(_, it)| it)
    }
}
