//! Loops that wait: a thread offers the processor to others and looks again.
//!
//! A round of such a loop begins and ends with a yield, and changes nothing. If it has found nothing new,
//! another round would find nothing new either, unless the loop counts its rounds. So a thread waits
//! after a number of them, until another execution gives one of its reads another write.

use std::sync::Arc;

use super::meaning::Event;
use super::operation::{Act, Operation};
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

/// The number of rounds without a change, before this operation, in which the thread has found the same.
#[inline]
pub(super) fn idle_rounds(events: &[Arc<Event>], values: &Values, operation: &Operation) -> u32 {
    let is_idle = |event: &Arc<Event>| event.detail.operation.act.may_be_idle();
    let may_be_idle = operation.act.may_be_idle() && operation.act.reads();
    if may_be_idle && events.last().is_some_and(is_idle) {
        count_idle_rounds(events, values, operation)
    } else {
        0
    }
}

fn count_idle_rounds(events: &[Arc<Event>], values: &Values, operation: &Operation) -> u32 {
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
        }
    }
    rounds
}

/// The events of the latest round before this operation.
pub(super) fn round<'a>(events: &'a [Arc<Event>], operation: &Operation) -> &'a [Arc<Event>] {
    let first = events.iter().rposition(|event| event.detail.operation.is_like(operation));
    &events[first.unwrap_or(0)..]
}
