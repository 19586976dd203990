//! Loops that only wait: a thread that comes back to where it was, with nothing written since.
//!
//! What such a thread does from there on it would do for ever, unless one of the reads of the round
//! read another write; and a search gives every read every write. So the thread goes no further,
//! the round counts as a wait that this execution does not end, and the search ends although the
//! loop need not. Nothing is lost: an execution in which the thread goes round before it gets on
//! stays consistent without the round, and comes to the same.
//!
//! A round may have loads, fences, comparisons that fail, and exchanges that write what they read.
//! It does not see: a loop that counts its rounds, or writes in them (such an execution ends at the
//! bound of steps), and livelocks: that all threads go round for ever is no violation here.

use std::sync::Arc;

use super::event::Event;
use super::execution::Graph;
use crate::reference::{Subject, Thread, fingerprint_of};

/// Whether a thread after an event, its newest, stands where it stood before.
pub(super) fn comes_back(graph: &Graph, subject: &Subject, event: &Event, after: &Thread) -> bool {
    let line = &graph.lines[event.id.thread as usize];
    let events = line.events[..event.id.position as usize].iter().rev().map(|it| &**it);
    let mut fingerprint = None;
    std::iter::once(event)
        .chain(events)
        .take_while(|event| is_idle(graph, subject, event))
        .filter(|event| event.before.next() == after.next())
        .any(|event| {
            let after = *fingerprint.get_or_insert_with(|| fingerprint_of(after));
            fingerprint_of(&event.before) == after
        })
}

/// Whether an event leaves everything as it is.
fn is_idle(graph: &Graph, subject: &Subject, event: &Event) -> bool {
    match (event.writes, event.reads, event.location) {
        (None, _, _) => true,
        (Some(word), Some(source), Some(location)) => {
            graph.word(subject, graph.locations[location].object, source) == word
        }
        _ => false,
    }
}

/// The reads of the round after which a thread goes no further.
pub(super) fn round<'a>(graph: &'a Graph, last: &'a Event) -> Vec<&'a Arc<Event>> {
    let super::event::Standing::Spins(after) = &last.after else { return Vec::new() };
    let wanted = fingerprint_of(after);
    let line = &graph.lines[last.id.thread as usize];
    let mut round = Vec::new();
    for event in line.events.iter().rev() {
        round.push(event);
        if fingerprint_of(&event.before) == wanted {
            break;
        }
    }
    round
}
