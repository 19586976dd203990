//! Loops that wait: a thread offers the processor to others and looks again.
//!
//! A round of such a loop begins and ends with a yield, and changes nothing. If it has found nothing new,
//! another round would find nothing new either, unless the loop counts its rounds. So a thread waits
//! after a number of them, until another execution gives one of its reads another write.
//!
//! A round may also change something that it changes back, or that has no effect: it takes a lock, for example. Rounds
//! that are the same step by step are treated alike: one round later, or, if the thread could change data in them, under
//! the lock for example, after many more. That may leave something out, since others may have looked in between, and
//! is noted.

use std::mem::discriminant;
use std::sync::Arc;

use super::execution::Execution;
use super::meaning::Event;
use super::operation::{Act, Operation};
use super::rest::{ROUNDS_ALONE, Rest};
use super::values::Values;

fn is_yield(event: &Event) -> bool {
    event.detail.operation.act == Act::Yield
}

/// Whether an event changes nothing.
fn is_idle(event: &Event, values: &Values) -> bool {
    let operation = &event.detail.operation;
    let is_unchanged = || match (operation.object, event.reads) {
        (Some(object), Some(source)) => {
            values.word(object, source) == values.word(object, Some(event.id))
        }
        _ => false,
    };
    operation.act.may_be_idle() && (!event.writes || is_unchanged())
}

/// The number of rounds without a change, before this operation, in which the thread has found the same; no more are
/// counted than matter.
#[inline]
fn idle_rounds(
    events: &[Arc<Event>],
    values: &Values,
    operation: &Operation,
    rounds_max: u32,
) -> u32 {
    let is_idle = |event: &Arc<Event>| event.detail.operation.act.may_be_idle();
    let may_be_idle = operation.act.may_be_idle() && operation.act.reads();
    if may_be_idle && events.last().is_some_and(is_idle) {
        count_idle_rounds(events, values, operation, rounds_max.saturating_add(1).max(ROUNDS_ALONE))
    } else {
        0
    }
}

fn count_idle_rounds(
    events: &[Arc<Event>],
    values: &Values,
    operation: &Operation,
    most: u32,
) -> u32 {
    let (mut rounds, mut has_yielded) = (0, false);
    let mut found: Option<u64> = None;
    for event in events.iter().rev() {
        if is_yield(event) {
            has_yielded = true;
            continue;
        }
        if !is_idle(event, values) {
            break;
        }
        if has_yielded && event.detail.operation.is_like(operation) {
            // Not the write: who exchanges a word for itself reads its own write in the next round.
            let word =
                operation.object.zip(event.reads).map(|(it, source)| values.word(it, source));
            if found.is_some() && found != word {
                break;
            }
            found = word;
            has_yielded = false;
            rounds += 1;
            if rounds == most {
                break;
            }
        }
    }
    rounds
}

/// How many rounds beyond the idle ones a loop makes whose rounds change something, and how many if that may be data.
const CHANGING_ROUNDS_MORE: usize = 1;
const DATA_ROUNDS_MORE: usize = 20;

/// The number of rounds, right before this operation, that were the same step by step although they change something,
/// beyond `more`, and up to one more than `rounds_max`.
fn changing_rounds(
    events: &[Arc<Event>],
    values: &Values,
    operation: &Operation,
    rounds_max: u32,
    more: usize,
) -> u32 {
    // A round ends with a yield.
    if !events.last().is_some_and(|it| is_yield(it)) {
        return 0;
    }
    let begins = |event: &Arc<Event>| {
        let Operation { act, object, site, .. } = event.detail.operation;
        discriminant(&act) == discriminant(&operation.act)
            && (object, site) == (operation.object, operation.site)
    };
    let Some(begin) = events.iter().rposition(begins) else { return 0 };
    let latest = &events[begin..];
    let may_be = latest.iter().all(|it| may_be_repeated(it.detail.operation.act));
    if !may_be || latest.iter().all(|it| is_yield(it) || is_idle(it, values)) {
        return 0;
    }
    let is_same = |round: &&[Arc<Event>]| {
        round.len() == latest.len()
            && round.iter().zip(latest).all(|(one, two)| is_same_step(one, two, values))
    };
    let counted = rounds_max as usize + 1 + more;
    let rounds = events.rchunks(latest.len()).take(counted).take_while(is_same).count();
    rounds.saturating_sub(more) as u32
}

/// Whether a round of a loop that waits may have it, also if that shows how often it has happened.
fn may_be_repeated(act: Act) -> bool {
    act.may_be_idle()
        || matches!(
            act,
            Act::Store { .. } | Act::Lock { .. } | Act::Acquire { .. } | Act::Unlock { .. }
        )
}

/// Whether two events do the same, and find the same.
fn is_same_step(one: &Event, two: &Event, values: &Values) -> bool {
    let (first, second) = (&one.detail, &two.detail);
    let word = |event: &Event| {
        event.detail.operation.object.zip(event.reads).map(|(it, source)| values.word(it, source))
    };
    discriminant(&first.operation.act) == discriminant(&second.operation.act)
        && (first.operation.object, first.operation.site)
            == (second.operation.object, second.operation.site)
        && (first.way, one.writes, first.word) == (second.way, two.writes, second.word)
        && word(one) == word(two)
}

/// The events of the latest round before this operation.
fn round<'a>(events: &'a [Arc<Event>], operation: &Operation) -> &'a [Arc<Event>] {
    let first = events.iter().rposition(|event| event.detail.operation.is_like(operation));
    &events[first.unwrap_or(0)..]
}

impl Execution {
    /// The number of rounds in which a thread's loop has found nothing new.
    pub(super) fn idle_rounds(&self, thread: u32, operation: &Operation) -> u32 {
        if self.threads[thread as usize].yields == 0 {
            return 0;
        }
        let events = &self.graph.lines[thread as usize].events;
        let idle = idle_rounds(events, &self.values, operation, self.limits.rounds_max);
        idle.max(self.changing_rounds(thread, operation))
    }

    /// The same, if the rounds change something.
    pub(super) fn changing_rounds(&self, thread: u32, operation: &Operation) -> u32 {
        let events = &self.graph.lines[thread as usize].events;
        let unchanged = events.get(self.threads[thread as usize].changed..).unwrap_or_default();
        let count = |events: &[Arc<Event>], more| {
            changing_rounds(events, &self.values, operation, self.limits.rounds_max, more)
        };
        count(unchanged, CHANGING_ROUNDS_MORE).max(count(events, DATA_ROUNDS_MORE))
    }

    /// Whether a thread is in a loop that has found nothing new.
    pub(super) fn spins(&self, thread: u32) -> bool {
        let pending = self.threads[thread as usize].pending;
        pending.is_some_and(|it| self.idle_rounds(thread, &it) > self.limits.rounds_max)
    }

    /// Whether the latest round of a thread's loop has read what the latest writes have left, so that it finds
    /// nothing else any more.
    pub(super) fn has_newest(&self, thread: u32, operation: &Operation) -> bool {
        let round = round(&self.graph.lines[thread as usize].events, operation);
        round.iter().all(|event| {
            match (event.location, event.reads, event.detail.operation.object) {
                (Some(location), Some(source), Some(object)) => {
                    let newest = self.graph.last_write(location);
                    let is_own = newest.is_some_and(|it| it.thread == thread);
                    let is_current = match event.detail.operation.act {
                        // What a lock guards may be different after another thread has had it.
                        Act::Lock { .. } => is_own,
                        // A lock that has been found held may have been given back.
                        Act::TryLock { access } if !event.writes => {
                            newest.is_some_and(|it| self.graph.is_held(it, access))
                        }
                        _ => true,
                    };
                    is_current
                        && self.values.word(object, source) == self.values.word(object, newest)
                }
                _ => true,
            }
        })
    }

    /// A thread goes on whose loop has found nothing new in so many rounds.
    pub(super) fn note_rounds(&mut self, thread: u32, rounds: u32) {
        let Some(known) = self.threads.get_mut(thread as usize) else { return };
        if rounds >= ROUNDS_ALONE {
            (self.lone, self.had_lone) = (Some(thread), true);
        } else if known.rest.has_begun() && rounds <= self.limits.rounds_max {
            // Only what reads can tell rounds apart.
            let is_round = |act| matches!(act, Act::Yield | Act::Fence);
            if !known.pending.is_some_and(|it| is_round(it.act)) {
                (known.rest, self.lone) = (Rest::default(), None);
            }
        }
    }
}
