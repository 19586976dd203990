//! Executions nearest first, where distance is preemptions and then steps.
//!
//! A preemption is a step of another thread although the one before could have gone on. Most bugs
//! need few of them, and an execution with few is easy to read, so this order finds shallow bugs
//! first, however many executions there are. The search looks at all states without reduction; each
//! is left again only by a way that comes to it with fewer preemptions, or with another thread last.
//!
//! Two things use it: the search by preemptions, and the simplification of a counterexample that
//! another search has found.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::path::Path;
use crate::guest::{Bound, Control};
use crate::interp::ThreadId;
use crate::reference::{Happened, State, Subject, Turn, Violation};

/// A search by distance.
pub(super) struct Nearest<'a> {
    pub(super) subject: &'a Subject,
    pub(super) control: &'a Control,
    /// At most so many states.
    pub(super) states_max: u64,
    /// At most about so many bytes for states and ways.
    pub(super) memory_max: usize,
    /// At most so many steps in one execution.
    pub(super) steps_max: usize,
}

/// What a search by distance has come to.
pub(super) struct Reached {
    /// The nearest of what was looked for.
    pub(super) nearest: Option<(Violation, Path)>,
    /// How many preemptions an execution may have so that it was looked at for sure; `None` if not
    /// even those without any were.
    pub(super) preemptions: Option<u32>,
    /// How many states were looked at.
    pub(super) states: u64,
    /// What kept it from more. Nothing if it was stopped: then its control knows.
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
    /// How it was come to.
    pub(super) fn path(&self) -> Path {
        self.ways.path(self.way)
    }
}

/// What somebody says who has looked at a state.
pub(super) enum Look {
    GoOn,
    /// It shows this: what is further away need not be looked at.
    Found(Violation),
    /// Nothing more need be looked at.
    Enough,
}

/// Preemptions first, then steps.
type Cost = (u32, u32);

/// A state, and who has made the last step and could go on.
type Key = (u128, Option<ThreadId>);

struct Open {
    state: Box<State>,
    key: Key,
    way: u32,
    bytes: usize,
}

/// Each way is the one before it and one more step; the first is none.
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
    /// Shows all states to `look`, the nearest first.
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

/// A search under way.
struct Frontier<'s, L> {
    search: &'s Nearest<'s>,
    look: L,
    ways: Ways,
    done: HashSet<Key>,
    open: BTreeMap<Cost, Vec<Open>>,
    open_bytes: usize,
    /// Executions with so many preemptions, or more, have been cut off.
    whole_below: u32,
    /// The nearest violation so far: one with fewer preemptions may take more steps to find.
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
        // Whatever there is, but for what was cut off.
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
        // Who cannot go on is left without a preemption.
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

/// A way, in a list that has grown by doubling.
const WAY_BYTES: usize = 2 * size_of::<(u32, Turn)>();
/// A state that was left, in a table that is half empty.
const DONE_BYTES: usize = 2 * (size_of::<Key>() + 1);
