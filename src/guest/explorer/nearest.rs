//! Searches executions nearest first, where distance is the number of preemptions and then of steps.
//!
//! A preemption is a step of another thread although the previous thread could have gone on. Most bugs
//! need few preemptions, and an execution with few is easy to read. This order therefore finds shallow
//! bugs first, however many executions there are. The search looks at all states without reduction. A
//! state is expanded again only if it is reached with fewer preemptions, or with another thread last.
//!
//! The search by preemptions uses this, and so does the simplification of a counterexample of another search.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::path::Path;
use crate::guest::{Bound, Control};
use crate::interp::ThreadId;
use crate::reference::{Happened, State, Subject, Turn, Violation};

/// A search by distance.
pub(super) struct Nearest<'a> {
    pub(super) subject: &'a Subject,
    pub(super) control: &'a Control,
    /// The limit on states.
    pub(super) states_max: u64,
    /// The approximate limit on bytes for states and ways.
    pub(super) memory_max: usize,
    /// The limit on steps in one execution.
    pub(super) steps_max: usize,
}

/// The result of a search by distance.
pub(super) struct Reached {
    /// The nearest violation of those that were looked for.
    pub(super) nearest: Option<(Violation, Path)>,
    /// The number of preemptions up to which all executions were looked at; `None` if not even all those
    /// without a preemption were.
    pub(super) preemptions: Option<u32>,
    /// How many states were looked at.
    pub(super) states: u64,
    /// What kept it from more. If the search was stopped, its control has the reason.
    pub(super) bounds: BTreeSet<Bound>,
}

/// A state that a step has led to.
pub(super) struct Visit<'a> {
    pub(super) state: &'a State,
    pub(super) happened: &'a Happened,
    ways: &'a Ways,
    way: u32,
}

impl Visit<'_> {
    /// The path by which it was reached.
    pub(super) fn path(&self) -> Path {
        self.ways.path(self.way)
    }
}

/// The answer of `look` for a state.
pub(super) enum Look {
    GoOn,
    /// The state shows this violation: states further away need not be looked at.
    Found(Violation),
    /// Nothing more needs to be looked at.
    Enough,
}

/// Preemptions first, then steps.
type Cost = (u32, u32);

/// A state, and the thread that made the last step, if it can go on.
type Key = (u128, Option<ThreadId>);

struct Open {
    state: Box<State>,
    key: Key,
    way: u32,
    bytes: usize,
}

/// Each way is an earlier way and one more step; the first one is empty.
struct Ways(Vec<(u32, Turn)>);

impl Ways {
    fn add(&mut self, before: u32, turn: Turn) -> u32 {
        self.0.push((before, turn));
        self.0.len() as u32 - 1
    }

    fn path(&self, mut at: u32) -> Path {
        let mut turns = Vec::new();
        while at != 0 {
            let (before, turn) = self.0[at as usize];
            turns.push(turn);
            at = before;
        }
        turns.reverse();
        Path { turns }
    }
}

impl Nearest<'_> {
    /// Passes all states to `look`, the nearest first.
    pub(super) fn search(&self, look: impl FnMut(&Visit<'_>) -> Look) -> Reached {
        let ways = Ways(vec![(0, ThreadId(0).into())]);
        let mut frontier = Frontier {
            search: self,
            look,
            ways,
            done: HashSet::new(),
            open: BTreeMap::new(),
            open_bytes: 0,
            whole_below: u32::MAX,
            best: None,
            is_enough: false,
        };
        let mut reached = frontier.run();
        let Frontier { best, ways, .. } = frontier;
        reached.nearest = best.map(|(_, violation, way)| (violation, ways.path(way)));
        reached
    }
}

/// A search in progress.
struct Frontier<'s, L> {
    search: &'s Nearest<'s>,
    look: L,
    ways: Ways,
    done: HashSet<Key>,
    open: BTreeMap<Cost, Vec<Open>>,
    open_bytes: usize,
    /// Executions with this many preemptions, or more, have been cut off.
    whole_below: u32,
    /// The nearest violation so far. A violation with fewer preemptions may still follow, after more steps.
    best: Option<(Cost, Violation, u32)>,
    is_enough: bool,
}

impl<L: FnMut(&Visit<'_>) -> Look> Frontier<'_, L> {
    fn run(&mut self) -> Reached {
        let mut reached =
            Reached { nearest: None, preemptions: None, states: 0, bounds: BTreeSet::new() };
        let (state, happened) = State::new(self.search.subject);
        self.visit(state, &happened, None, 0, (0, 0));
        while let Some((cost, level)) = self.open.pop_first() {
            if self.is_too_far(cost) {
                return reached;
            }
            reached.preemptions = cost.0.min(self.whole_below).checked_sub(1);
            for open in level {
                self.open_bytes -= open.bytes;
                if !self.done.insert(open.key) {
                    continue;
                }
                reached.states = self.done.len() as u64;
                let spent = self.spent();
                reached.bounds.extend(spent);
                if spent.is_some() || self.is_enough || self.search.control.is_stopped() {
                    return reached;
                }
                if cost.1 as usize >= self.search.steps_max {
                    reached.bounds.insert(Bound::Steps);
                    self.whole_below = self.whole_below.min(cost.0);
                    continue;
                }
                self.search.control.add_states(1);
                self.leave(&open, cost);
            }
        }
        // All executions, except those that were cut off.
        reached.preemptions = match self.whole_below {
            u32::MAX => Some(u32::MAX),
            cut_off => cut_off.checked_sub(1),
        };
        reached
    }

    fn is_too_far(&self, cost: Cost) -> bool {
        self.best.as_ref().is_some_and(|best| best.0 <= cost)
    }

    /// Makes all steps from a state.
    fn leave(&mut self, open: &Open, (preemptions, steps): Cost) {
        let (_, last) = open.key;
        for turn in open.state.turns() {
            let preempts = last.is_some_and(|it| it != turn.thread);
            let cost = (preemptions + u32::from(preempts), steps + 1);
            if self.is_too_far(cost) {
                continue;
            }
            let mut next = State::clone(&open.state);
            let happened = next.step(self.search.subject, turn);
            let way = self.ways.add(open.way, turn);
            self.visit(next, &happened, Some(turn.thread), way, cost);
        }
    }

    fn visit(
        &mut self,
        state: State,
        happened: &Happened,
        by: Option<ThreadId>,
        way: u32,
        cost: Cost,
    ) {
        let visit = Visit { state: &state, happened, ways: &self.ways, way };
        match (self.look)(&visit) {
            Look::GoOn => {}
            Look::Found(violation) => {
                self.best = Some((cost, violation, way));
                return;
            }
            Look::Enough => self.is_enough = true,
        }
        // Leaving a thread that cannot go on is not a preemption.
        let last = by.filter(|&it| state.is_enabled(it));
        let key = (state.fingerprint(), last);
        if !self.done.contains(&key) {
            let bytes = state.own_bytes(by.unwrap_or(ThreadId(0))) + size_of::<Open>();
            self.open_bytes += bytes;
            let open = Open { state: Box::new(state), key, way, bytes };
            self.open.entry(cost).or_default().push(open);
        }
    }

    fn spent(&self) -> Option<Bound> {
        let (ways, done) = (self.ways.0.len(), self.done.len());
        let bytes = self.open_bytes + ways * WAY_BYTES + done * DONE_BYTES;
        if done as u64 > self.search.states_max {
            Some(Bound::Effort)
        } else {
            (bytes > self.search.memory_max).then_some(Bound::Memory)
        }
    }
}

/// The size of a way, in a list that has grown by doubling.
const WAY_BYTES: usize = 2 * size_of::<(u32, Turn)>();
/// The size of a state that was expanded, in a half-empty table.
const DONE_BYTES: usize = 2 * (size_of::<Key>() + 1);
