//! How many preemptions an execution graph needs.
//!
//! A schedule of a graph orders its events such that each comes after those that it reads or waits for. A thread is
//! *preempted* where another one goes on although the thread could: it has not ended or just yielded, and what it does next does
//! not wait for something that is still to come. A graph needs as many preemptions as the best of its schedules has in which
//! each thread runs as far as it can, or up to a place where it gives way for nothing. So each of its prefixes needs no more.
//!
//! Does not see the order of writes: to read an old value needs no preemption.

use std::collections::HashMap;

use smallvec::SmallVec;

use crate::graph::{EventId, Graph};

use super::meaning::{Event, RustCode};
use super::operation::{Act, Operation};

/// How many events of each thread have come so far.
type Positions = SmallVec<[u32; 8]>;

/// The number of positions at which the search for a schedule gives up. It then counts as found: there are many threads.
const POSITIONS_MAX: usize = 10_000;

impl Graph<RustCode> {
    /// Whether it needs at most this many preemptions, or may need no more: the search for a schedule has a limit.
    pub(super) fn needs_at_most(&self, preemptions: usize) -> bool {
        let schedules = Schedules { graph: self };
        let begin: Positions = self.lines.iter().map(|_| 0).collect();
        // With how many preemptions left each of these positions has been reached at best.
        let mut seen = HashMap::from([(begin.clone(), preemptions)]);
        let mut open = vec![(begin, preemptions)];
        while let Some((here, left)) = open.pop() {
            if schedules.have_all_come(&here) || seen.len() > POSITIONS_MAX {
                return true;
            }
            for thread in 0..here.len() {
                schedules.run(&here, thread, |there, costs| {
                    let Some(left) = left.checked_sub(costs) else { return };
                    let is_better = seen.get(&there).is_none_or(|&known| known < left);
                    if is_better {
                        seen.insert(there.clone(), left);
                        open.push((there, left));
                    }
                });
            }
        }
        false
    }
}

struct Schedules<'a> {
    graph: &'a Graph<RustCode>,
}

impl Schedules<'_> {
    /// Runs a thread as far as it can. Calls `stop` with each place at which it may give way to others, and with the
    /// number of preemptions that this is.
    fn run(&self, here: &Positions, thread: usize, mut stop: impl FnMut(Positions, usize)) {
        if !self.is_able(here, thread) {
            return;
        }
        let mut there = here.clone();
        loop {
            there[thread] += 1;
            let gives_way = self.gives_way(&there, thread);
            if !self.is_able(&there, thread) {
                stop(there, usize::from(!gives_way));
                return;
            }
            if gives_way {
                stop(there.clone(), 0);
            }
        }
    }

    fn have_all_come(&self, here: &Positions) -> bool {
        (0..here.len()).all(|thread| self.next(here, thread).is_none())
    }

    /// What a thread does next.
    fn next(&self, here: &Positions, thread: usize) -> Option<&Event> {
        self.graph.lines[thread].events.get(here[thread] as usize).map(|it| &**it)
    }

    fn is_able(&self, here: &Positions, thread: usize) -> bool {
        let is_started = self.graph.lines[thread].started_by.is_none_or(|it| has_come(here, it));
        let is_there = |next: &Event| next.needs().all(|it| has_come(here, it));
        is_started && self.next(here, thread).is_some_and(is_there)
    }

    /// Whether it is no preemption if another thread goes on after what this one has just done.
    fn gives_way(&self, here: &Positions, thread: usize) -> bool {
        let latest = &self.graph.lines[thread].events[here[thread] as usize - 1];
        let Some(next) = self.next(here, thread) else { return true };
        latest.detail.operation.act == Act::Yield || self.waits(here, thread as u32, next)
    }

    /// Whether a thread waits before this event, or has waited in vain.
    fn waits(&self, here: &Positions, thread: u32, next: &Event) -> bool {
        let Operation { act, object, .. } = next.detail.operation;
        let is_missing = || !next.needs().all(|it| has_come(here, it));
        match act {
            Act::Quit { .. } => true,
            Act::Join { .. } | Act::Outwait { .. } | Act::Woken { .. } | Act::Park => is_missing(),
            Act::Acquire { is_tried, .. } => !is_tried && is_missing(),
            // The ticket is free, and the lock is not.
            Act::Lock { access } => {
                let tickets = object.map(|it| &self.graph.locations[it as usize].writes);
                let latest = tickets.and_then(|it| it.iter().rev().find(|it| has_come(here, **it)));
                latest.is_some_and(|&ticket| {
                    let is_back = |unlock| has_come(here, unlock);
                    ticket.thread != thread && self.graph.is_held_if(ticket, access, is_back)
                })
            }
            _ => false,
        }
    }
}

fn has_come(here: &Positions, event: EventId) -> bool {
    here[event.thread as usize] > event.position
}
