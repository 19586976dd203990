//! Finds threads that go on forever although each of them gets its turn.
//!
//! All states that can be reached from a given one, and all steps, are built as a graph, without
//! reduction. A fair cycle is a strongly connected part of this graph in which each thread that can make
//! a step somewhere makes one somewhere. A schedule then exists that stays there forever and starves no
//! thread (strong fairness). A part in which some thread could go on but never does is not fair as a
//! whole; without the states in which that thread could go on, smaller parts of it may be.
//!
//! The steps are those of sequential consistency, which every memory model has. So a violation from a state
//! that a weak model can reach is also one of that model. It does not see cycles that need weak steps.

use std::collections::{HashMap, HashSet, VecDeque};

use super::path::bound_of;
use crate::guest::{Bound, Control};
use crate::interp::{Place, ThreadId};
use crate::reference::{
    Course, Ends, Operation, State, Subject, Thread, ThreadSet, Turn, Violation, ViolationKind,
};

/// The search for fair cycles. It remembers the states without one, so that many states can be asked about.
#[derive(Debug)]
pub(super) struct Livelocks {
    /// States from which no fair cycle can be reached.
    clear: HashSet<u128>,
    memory_max: usize,
    effort_max: u64,
}

/// A fair cycle, and the way to it.
#[derive(Clone, Debug)]
pub(super) struct Circle {
    /// From the given state into the cycle.
    pub(super) way: Vec<Turn>,
    /// Once around the cycle, with a step of each thread that moves in it.
    pub(super) lap: Vec<Turn>,
    pub(super) violation: Violation,
}

impl Livelocks {
    /// `memory_max` is in bytes, for one search and everything that is remembered; `effort_max` is in
    /// states, for one search.
    pub(super) fn new(memory_max: usize, effort_max: u64) -> Self {
        Livelocks { clear: HashSet::new(), memory_max, effort_max }
    }

    /// Finds a fair cycle that can be reached from a state.
    ///
    /// # Errors
    /// Returns what kept the search from seeing all states; `None` if it was stopped because another
    /// worker has found what was looked for.
    pub(super) fn from(
        &mut self,
        subject: &Subject,
        control: &Control,
        start: &State,
    ) -> Result<Option<Circle>, Option<Bound>> {
        let graph = Graph::build(self, subject, control, start)?;
        let Some(part) = graph.fair_part(control) else {
            if graph.bound.is_some() {
                return Err(graph.bound);
            }
            self.clear.extend(graph.fingerprints);
            return Ok(None);
        };
        let entry = *part.iter().min().expect("a part has states");
        let threads = graph.movers(&part);
        let (way, lap) = (graph.way_to(entry), graph.lap(entry, &part, threads));
        let places = places_after(subject, start, way.iter().chain(&lap), threads);
        let violation = livelock(threads, places);
        Ok(Some(Circle { way, lap, violation }))
    }
}

struct Node {
    enabled: ThreadSet,
    /// Only steps of the usual course: no thread can rely on the other course forever.
    steps: Vec<(ThreadId, u32)>,
    /// The step by which the state was first reached.
    parent: (u32, Turn),
}

struct Graph {
    nodes: Vec<Node>,
    fingerprints: Vec<u128>,
    /// Why some steps, and everything after them, were left out.
    bound: Option<Bound>,
}

impl Graph {
    /// # Errors
    /// What stopped it from seeing all states.
    fn build(
        livelocks: &Livelocks,
        subject: &Subject,
        control: &Control,
        start: &State,
    ) -> Result<Graph, Option<Bound>> {
        const NODE_BYTES: usize = 200;
        let first = start.fingerprint();
        let node = |state: &State, parent| Node { enabled: movable(state), steps: vec![], parent };
        let mut graph = Graph { nodes: Vec::new(), fingerprints: Vec::new(), bound: None };
        if livelocks.clear.contains(&first) {
            return Ok(graph);
        }
        graph.nodes.push(node(start, (0, ThreadId(0).into())));
        graph.fingerprints.push(first);
        let mut known = HashMap::from([(first, 0)]);
        let mut open_bytes = start.own_bytes(ThreadId(0));
        let mut open = VecDeque::from([(Box::new(start.clone()), 0, open_bytes)]);
        while let Some((state, at, bytes)) = open.pop_front() {
            if control.is_stopped() {
                return Err(control.bound());
            }
            let nodes = graph.nodes.len() + livelocks.clear.len();
            if nodes * NODE_BYTES + open_bytes > livelocks.memory_max {
                return Err(Some(Bound::Memory));
            }
            if graph.nodes.len() as u64 >= livelocks.effort_max {
                return Err(Some(Bound::Effort));
            }
            open_bytes -= bytes;
            for turn in movable(&state).iter().flat_map(|thread| state.turns_of(thread)) {
                let mut next = State::clone(&state);
                let happened = next.step(subject, turn);
                // The trap is already reported; threads stuck behind the trapped one are not a separate
                // livelock.
                if let Some(cut_off) = happened.cut_off {
                    graph.bound = bound_of(cut_off).or(control.bound());
                } else if next.is_out_of_threads() {
                    graph.bound = Some(Bound::Threads);
                }
                let is_cut_off = happened.cut_off.is_some() || next.is_out_of_threads();
                if happened.violation.is_some() || is_cut_off {
                    continue;
                }
                let fingerprint = next.fingerprint();
                if livelocks.clear.contains(&fingerprint) {
                    continue;
                }
                let number = graph.nodes.len() as u32;
                let to = *known.entry(fingerprint).or_insert(number);
                if to == number {
                    graph.nodes.push(node(&next, (at, turn)));
                    graph.fingerprints.push(fingerprint);
                    let bytes = next.own_bytes(turn.thread);
                    open_bytes += bytes;
                    open.push_back((Box::new(next), number, bytes));
                }
                if turn.course == Course::Usual {
                    graph.nodes[at as usize].steps.push((turn.thread, to));
                }
            }
        }
        Ok(graph)
    }

    /// The states of a fair cycle. `None` also if the search was stopped: its control has the bound.
    fn fair_part(&self, control: &Control) -> Option<Vec<u32>> {
        let all: Vec<u32> = (0..self.nodes.len() as u32).collect();
        let mut pending = vec![all];
        while let Some(states) = pending.pop() {
            for part in self.connected_parts(&states, control) {
                let starved = ThreadSet(self.could_move(&part).0 & !self.movers(&part).0);
                if self.movers(&part).is_empty() {
                    continue;
                }
                if starved.is_empty() {
                    return Some(part);
                }
                let rest: Vec<u32> = part
                    .into_iter()
                    .filter(|&it| self.nodes[it as usize].enabled.0 & starved.0 == 0)
                    .collect();
                pending.push(rest);
            }
        }
        None
    }

    fn could_move(&self, part: &[u32]) -> ThreadSet {
        ThreadSet(part.iter().fold(0, |all, &it| all | self.nodes[it as usize].enabled.0))
    }

    /// The threads that make a step that stays inside the part.
    fn movers(&self, part: &[u32]) -> ThreadSet {
        let inside = |state: u32| part.binary_search(&state).is_ok();
        let mut movers = ThreadSet::default();
        for &state in part {
            for &(thread, _) in self.nodes[state as usize].steps.iter().filter(|it| inside(it.1)) {
                movers.insert(thread);
            }
        }
        movers
    }

    /// The strongly connected parts of some states, each in order, by Tarjan's algorithm without
    /// recursion. Incomplete if the search was stopped.
    fn connected_parts(&self, states: &[u32], control: &Control) -> Vec<Vec<u32>> {
        const NEW: u32 = u32::MAX;
        const OUTSIDE: u32 = u32::MAX - 1;
        let mut index = vec![OUTSIDE; self.nodes.len()];
        for &state in states {
            index[state as usize] = NEW;
        }
        let mut low = vec![0; self.nodes.len()];
        let mut is_on_stack = vec![false; self.nodes.len()];
        let (mut parts, mut stack) = (vec![], vec![]);
        let mut count = 0;
        for &root in states {
            if index[root as usize] != NEW {
                continue;
            }
            let mut calls = vec![(root, 0)];
            while let Some((state, step)) = calls.pop() {
                if control.is_stopped() {
                    return parts;
                }
                let at = state as usize;
                if step == 0 {
                    (index[at], low[at], is_on_stack[at]) = (count, count, true);
                    count += 1;
                    stack.push(state);
                }
                let steps = &self.nodes[at].steps[step..];
                let is_inside = |&(_, to): &(ThreadId, u32)| index[to as usize] != OUTSIDE;
                if let Some(next) = steps.iter().position(is_inside) {
                    let to = steps[next].1;
                    calls.push((state, step + next + 1));
                    if index[to as usize] == NEW {
                        calls.push((to, 0));
                    } else if is_on_stack[to as usize] {
                        low[at] = low[at].min(index[to as usize]);
                    }
                    continue;
                }
                if low[at] == index[at] {
                    let from = stack.iter().rposition(|&it| it == state).expect("it is there");
                    let mut part = stack.split_off(from);
                    for &state in &part {
                        is_on_stack[state as usize] = false;
                    }
                    part.sort_unstable();
                    parts.push(part);
                }
                if let Some(&(caller, _)) = calls.last() {
                    low[caller as usize] = low[caller as usize].min(low[at]);
                }
            }
        }
        parts
    }

    fn way_to(&self, state: u32) -> Vec<Turn> {
        let (mut way, mut at) = (vec![], state);
        while at != 0 {
            let (parent, turn) = self.nodes[at as usize].parent;
            way.push(turn);
            at = parent;
        }
        way.reverse();
        way
    }

    /// Once around the cycle: from the entry through a step of every thread, and back.
    fn lap(&self, entry: u32, part: &[u32], threads: ThreadSet) -> Vec<Turn> {
        let (mut at, mut lap) = (entry, vec![]);
        for thread in threads.iter() {
            at = self.walk(at, part, &mut lap, |by, _| by == thread);
        }
        if at != entry {
            self.walk(at, part, &mut lap, |_, to| to == entry);
        }
        lap
    }

    /// Takes the shortest way inside the part to the first wanted step; returns where it led.
    fn walk(
        &self,
        from: u32,
        part: &[u32],
        lap: &mut Vec<Turn>,
        is_wanted: impl Fn(ThreadId, u32) -> bool,
    ) -> u32 {
        // The step by which each state was first reached.
        let mut came: HashMap<u32, (u32, ThreadId)> = HashMap::new();
        let mut open = VecDeque::from([from]);
        while let Some(state) = open.pop_front() {
            for &(thread, to) in &self.nodes[state as usize].steps {
                if part.binary_search(&to).is_err() {
                    continue;
                }
                if is_wanted(thread, to) {
                    let mut way = vec![thread];
                    let mut at = state;
                    while at != from {
                        let (before, thread) = came[&at];
                        way.push(thread);
                        at = before;
                    }
                    lap.extend(way.into_iter().rev().map(Turn::from));
                    return to;
                }
                if to != from && !came.contains_key(&to) {
                    came.insert(to, (state, thread));
                    open.push_back(to);
                }
            }
        }
        unreachable!("a connected part has a way from everywhere to everywhere")
    }
}

/// The violation in which these threads return to where they were, each with a step of its own.
pub(super) fn livelock(threads: ThreadSet, places: Vec<(ThreadId, Place)>) -> Violation {
    let names: Vec<String> = threads.iter().map(|thread| thread.0.to_string()).collect();
    let who = if names.len() == 1 { "thread" } else { "threads" };
    let message =
        format!("{who} {} can go on for ever, although nobody is starved", names.join(", "));
    Violation { kind: ViolationKind::Livelock, message, places }
}

/// The threads that can make a step that can be relied on: a wait that ends without a cause is not one.
fn movable(state: &State) -> ThreadSet {
    let mut movable = state.enabled();
    for thread in state.enabled().iter() {
        let next = state.live(thread).map(Thread::next);
        if matches!(next, Some(Operation::Await { ends: Ends::Spuriously, .. })) {
            movable.remove(thread);
        }
    }
    movable
}

/// The places of threads after this way.
fn places_after<'a>(
    subject: &Subject,
    start: &State,
    way: impl Iterator<Item = &'a Turn>,
    threads: ThreadSet,
) -> Vec<(ThreadId, Place)> {
    let mut state = start.clone();
    for &turn in way {
        if subject.patience.is_over() || !state.is_enabled(turn.thread) {
            break;
        }
        state.step(subject, turn);
    }
    threads.iter().filter_map(|it| Some((it, state.live(it)?.place()))).collect()
}
