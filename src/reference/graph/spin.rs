//! Loops: a thread that comes back to where it was.
//!
//! If nothing has been written since, the thread would go round for ever, unless one of the reads of
//! the round read another write; and a search gives every read every write. So the thread *spins* and
//! goes no further. Nothing is lost: an execution in which the thread goes round before it gets on
//! stays consistent without the round, and comes to the same. Whether a graph in which threads spin
//! is an execution is for [`Graph::conclude`] to say: it is one, and a livelock, if no read of the
//! rounds would find anything else now.
//!
//! A round that leaves everything as it is may have loads, fences, comparisons that fail, and
//! exchanges that write what they read.
//!
//! If something has been written since, the loop is *closed*. Going round once more may show others
//! what the first round did not, so there is no end to it: a search leaves the thread there, which is
//! a bound of it ([`Bound::Loop`](crate::verdict::Bound::Loop)), and looks whether the threads
//! can go on for ever (`guest/explorer/livelock.rs`). It does not see a loop that counts its
//! rounds: such an execution ends at the bound of steps.

use std::sync::Arc;

use super::event::{Event, Standing};
use super::execution::{Graph, Line};
use crate::reference::{Subject, Thread, fingerprint_of};

/// How a thread stands after an event, as far as loops go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comes {
    /// Somewhere new.
    On,
    /// Where it was, with nothing written since.
    BackIdle,
    /// Where it was, with something written since.
    Back,
}

/// How a thread stands after an event, its newest, which the graph does not have yet.
pub(crate) fn comes(line: &Line, event: &Event, after: &Thread) -> Comes {
    let is_same = event.before.next() == after.next() && event.stood() == fingerprint_of(after);
    if is_same && event.is_idle {
        return Comes::BackIdle;
    }
    match line.rounds.position_of(&line.events, after) {
        Some(position) if event.is_idle && position >= line.rounds.idle_since => Comes::BackIdle,
        Some(_) => Comes::Back,
        None if is_same => Comes::Back,
        None => Comes::On,
    }
}

/// Whether an event leaves everything as it is.
pub(crate) fn is_idle(graph: &Graph, subject: &Subject, event: &Event) -> bool {
    match (event.writes, event.reads, event.location) {
        (None, _, _) => true,
        (Some(word), Some(source), Some(location)) => {
            graph.word(subject, graph.locations[location].object, source) == word
        }
        _ => false,
    }
}

/// The events of the round after which a thread goes no further; latest first.
pub(crate) fn round<'a>(graph: &'a Graph, last: &'a Event) -> Vec<&'a Arc<Event>> {
    let Standing::Spins(after) = &last.after else { return Vec::new() };
    let wanted = fingerprint_of(after);
    let line = &graph.lines[last.id.thread as usize];
    let mut round = Vec::new();
    for event in line.events.iter().rev() {
        round.push(event);
        if event.stood() == wanted {
            break;
        }
    }
    round
}
