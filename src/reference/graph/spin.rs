//! Loops: a thread that returns to an earlier point.
//!
//! If nothing has been written since then, the thread would go round forever, unless a read of the round read
//! another write; and a search tries every write for every read. So the thread *spins* and goes no further.
//! Nothing is lost: an execution in which the thread goes round before it continues stays consistent without
//! the round, and has the same outcome. [`Graph::conclude`] decides whether a graph in which threads spin is
//! an execution: it is one, and a livelock, if no read of the rounds would find anything else now.
//!
//! A round that changes nothing may have loads, fences, failing comparisons, and exchanges that write
//! the value that they read.
//!
//! If something has been written since then, the loop is *closed*. Another round may show other threads
//! what the first round did not, so there is no end to it. A search leaves the thread there, which is a
//! bound of the search ([`Bound::Loop`](crate::verdict::Bound::Loop)), and checks whether the threads
//! can go on forever (`guest/explorer/livelock.rs`). It does not see a loop that counts its rounds: such
//! an execution ends at the limit on steps.

use std::sync::Arc;

use super::event::{Event, Standing};
use super::execution::{Graph, Line};
use crate::reference::{Subject, Thread, fingerprint_of};

/// Where a thread is after an event, with respect to loops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comes {
    /// At a new point.
    On,
    /// At an earlier point, with nothing written since then.
    BackIdle,
    /// At an earlier point, with something written since then.
    Back,
}

/// Where a thread is after an event, its newest, which the graph does not have yet.
pub(crate) fn comes(line: &Line, event: &Event, after: &Thread) -> Comes {
    let is_same =
        event.detail.before.next() == after.next() && event.stood() == fingerprint_of(after);
    if is_same && event.detail.is_idle {
        return Comes::BackIdle;
    }
    let rounds = &line.thread().rounds;
    match rounds.position_of(&line.events, after) {
        Some(position) if event.detail.is_idle && position >= rounds.idle_since => Comes::BackIdle,
        Some(_) => Comes::Back,
        None if is_same => Comes::Back,
        None => Comes::On,
    }
}

/// Whether an event changes nothing.
pub(crate) fn is_idle(graph: &Graph, subject: &Subject, event: &Event) -> bool {
    match (event.detail.written, event.reads, event.location) {
        (None, _, _) => true,
        (Some(word), Some(source), Some(location)) => {
            graph.word(subject, graph.locations[location].object, source) == word
        }
        _ => false,
    }
}

/// The events of the round after which a thread goes no further; the latest first.
pub(crate) fn round<'a>(graph: &'a Graph, last: &'a Event) -> Vec<&'a Arc<Event>> {
    let Standing::Spins(after) = &last.detail.after else { return Vec::new() };
    let wanted = fingerprint_of(after);
    let line = &graph.lines[last.id.thread as usize];
    let mut round = Vec::new();
    for event in line.events.iter().rev() {
        round.push(event);
        if event.stood() == wanted && !event.completes() {
            break;
        }
    }
    round
}
