//! The part of an execution that a guide decides, and the decisions that lead to an execution.

use smallvec::SmallVec;

use crate::graph::Graph;
use crate::verdict::{Owned, Sharing, Turn};

use super::execution::Execution;
use super::guide::Able;
use super::meaning::RustCode;
use super::operation::{Act, Operation};

impl Execution {
    /// Adds an operation to the graph in a way that the guide chooses. False if it has no way in this graph.
    pub(super) fn extend_as_guided(&mut self, operation: &Operation) -> bool {
        self.turn = None;
        let guide = self.guide.as_mut().expect("there is a guide");
        if operation.is_alone() {
            guide.way(1);
            self.graph.go_alone(self.running, operation, &mut self.spare);
            return true;
        }
        let mut ways = self.graph.ways_on(&self.values, self.running, operation);
        while !ways.is_empty() {
            let way = guide.way(ways.len());
            // What a last owner has not learnt would look to it as if it had not happened.
            let chosen = ways.remove(if self.sees_too_little { 0 } else { way });
            let spare = &mut self.spare;
            if self.graph.go(&self.values, self.running, operation, chosen, spare) {
                return true;
            }
        }
        false
    }

    /// The thread that the guide chooses, out of those that can go on. Loops that have found nothing new go
    /// on if nobody else can.
    pub(super) fn next_guided(&mut self) -> Option<u32> {
        if self.turn.is_some() {
            return self.turn;
        }
        // By rank: a number may depend on other executions.
        let all =
            || (0..).zip(&self.started).map(|(rank, &it)| (rank, it, &self.threads[it as usize]));
        let live = || all().filter(|(_, _, thread)| thread.is_started && !thread.has_ended);
        let wanted = self.guide.as_ref().and_then(|guide| guide.wanted());
        let mut able = SmallVec::<[Able<'_>; 4]>::new();
        // How many rounds each has found nothing new.
        let mut idle = SmallVec::<[u32; 4]>::new();
        // Whether only those are left that have found nothing new, and may find more.
        for are_idle in [false, true] {
            for (rank, number, thread) in live() {
                let Some(operation) = &thread.pending else { return Some(number) };
                if !self.graph.is_able(&self.values, number, operation) {
                    continue;
                }
                let rounds = self.idle_rounds(number, operation);
                let goes_on = if are_idle {
                    !thread.rest.is_for_good() || !self.has_newest(number, operation)
                } else {
                    rounds <= self.limits.rounds_max || Some(rank) == wanted
                };
                if goes_on {
                    able.push(Able { thread: rank, operation });
                    idle.push(rounds);
                }
            }
            if !able.is_empty() {
                break;
            }
        }
        if able.is_empty() {
            return None;
        }
        let guide = self.guide.as_mut().expect("there is a guide");
        let index = guide.thread(&able);
        let (thread, rounds) = (self.started[able[index].thread as usize], idle[index]);
        drop(able);
        self.turn = Some(thread);
        self.note_rounds(thread, rounds);
        self.turn
    }

    /// How many threads have started before this one.
    pub(super) fn rank(&self, thread: u32) -> u32 {
        let rank = self.started.iter().position(|&it| it == thread);
        rank.expect("it has started") as u32
    }

    /// The objects whose owners the search sees, each by the thread that makes it, and how many others
    /// that has made before.
    pub(super) fn seen_owners(&self) -> Vec<Owned> {
        let mut seen = Vec::new();
        for (rank, &number) in (0..).zip(&self.started) {
            for nth in 0..self.threads[number as usize].objects {
                let Some(object) = self.numbers.known_object(number, nth) else { continue };
                let sharing = self.sharing(object);
                if sharing > Sharing::Unseen {
                    seen.push(Owned { thread: rank, nth: nth as u32, sharing });
                }
            }
        }
        seen
    }

    /// The decisions that lead to what has come out so far. A thread goes on for as long as it can.
    pub(super) fn turns(&self) -> Vec<Turn> {
        let mut partial: Graph<RustCode> = Graph::new(self.model, ());
        let mut turns = Vec::with_capacity(self.done);
        let (mut thread, mut started) = (0, vec![0]);
        loop {
            let can_go_on = |thread: u32| {
                let line = partial.lines.get(thread as usize)?;
                // One with a higher number may have started before it.
                if thread > 0 && line.started_by.is_none() {
                    return None;
                }
                let position = line.events.len();
                let event = self.graph.lines.get(thread as usize)?.events.get(position)?;
                let can = self.has_come_out(event.id) && event.needs().all(|it| partial.has(it));
                can.then_some(event)
            };
            let count = self.graph.lines.len() as u32;
            let next = (0..count).map(|it| (thread + it) % count).find_map(can_go_on);
            let Some(event) = next else { return turns };
            thread = event.id.thread;
            let Some(way) = partial.follow(&self.values, &self.graph, event) else { return turns };
            let rank = started.iter().position(|&it| it == thread).unwrap_or_default();
            turns.push(Turn { thread: rank as u32, way });
            if let Act::Spawn { thread } = event.detail.operation.act {
                started.push(thread);
            }
        }
    }
}
