//! Stateful search under sequential consistency: every state once, by 128-bit fingerprint.
//!
//! The search goes level by level, so that the way to a state is a shortest one among those explored, and
//! so that the states of a level can be expanded on all cores. It ends on loops if there are finitely many
//! states, and can then tell whether threads may go on forever ([`livelock`](super::livelock)).
//!
//! One reduction is applied: if a thread's next operation commutes with whatever the others can do
//! before it (see [`Eager`]), only this operation is carried out. This is a singleton ample set. Why no
//! violation is lost:
//!
//! - The operation neither disables nor enables anything that conflicts with it, so each way to a
//!   violation in which it comes later, or not at all, is also a way with it at the beginning. No such
//!   operation accesses a cell, so two threads about to race are still about to race.
//! - It cannot be repeated while others are ignored: if its state is known already, all threads are
//!   expanded. On every cycle of states, the state that was found last is expanded fully.
//! - Whether there is a cycle is found in the reduced states. Whether the cycle is fair depends on all
//!   orders, so [`livelock`](super::livelock) builds the states again, without reduction.
//!
//! States in which interchangeable threads have swapped places ([`State::fingerprint_of_kin`]) count as
//! one. This can be combined with the reduction, because it does not matter which of these threads makes
//! the operation that commutes. It cannot be combined with the search for fair cycles, where it matters
//! which thread makes a step: [`livelock`](super::livelock) does without.
//!
//! Sleep sets are not combined with this: a state that is found again with another sleep set would have
//! to be expanded again. Does not see the difference between two states with the same fingerprint; for a
//! billion states, the probability of such a pair is below 10^-20.

mod eager;
mod visited;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use rayon::prelude::*;

use eager::Eager;
use visited::{Visit, Visited};

use super::livelock::{Circle, Livelocks};
use super::path::{self, Path};
use crate::guest::{Bound, Control, Options, Tally};
use crate::interp::ThreadId;
use crate::reference::{State, Subject, Turn, Violation};

/// Explores all states.
pub(super) fn search(subject: &Arc<Subject>, options: &Options, control: &Control) -> Tally {
    let search = Search {
        subject,
        options,
        control,
        eager: Eager::of(subject),
        visited: Visited::default(),
        open_bytes: AtomicUsize::new(0),
        ends: AtomicU64::new(0),
    };
    let (mut tally, may_loop) = search.run();
    let is_whole = tally.bounds.is_empty() && !control.is_stopped();
    if may_loop && is_whole && (options.keeps_going || tally.violations.is_empty()) {
        search_livelocks(subject, options, control, &mut tally);
    }
    tally
}

fn search_livelocks(
    subject: &Arc<Subject>,
    options: &Options,
    control: &Control,
    tally: &mut Tally,
) {
    let (start, _) = State::new(subject);
    match Livelocks::new(options.memory_max, options.effort_max).from(subject, control, &start) {
        Ok(None) => {}
        Ok(Some(Circle { way, lap, violation })) => {
            let path = Path { turns: [way, lap].concat() };
            let execution = tally.executions.max(1);
            tally.keep(path.counterexample(subject, violation, execution));
        }
        Err(bound) => tally.bounds.extend(bound),
    }
}

struct Search<'a> {
    subject: &'a Arc<Subject>,
    options: &'a Options,
    control: &'a Control,
    eager: Eager,
    visited: Visited,
    /// The approximate memory of the open states.
    open_bytes: AtomicUsize,
    /// States in which an execution has ended.
    ends: AtomicU64,
}

/// A state whose successors are not known yet.
struct Open {
    state: Box<State>,
    fingerprint: u128,
    /// Its approximate memory.
    bytes: usize,
}

/// The result of expanding one or more states.
#[derive(Default)]
struct Expanded {
    tally: Tally,
    next: Vec<Open>,
    /// Violations, each with the state after which it appeared, and with the step that showed it.
    violations: Vec<(Violation, u128, Option<Turn>)>,
    /// Whether a step led to a state that is not further from the beginning.
    may_loop: bool,
}

impl Expanded {
    fn merge(mut self, other: Expanded) -> Expanded {
        self.tally.merge(other.tally);
        if self.next.is_empty() {
            self.next = other.next;
        } else {
            self.next.extend(other.next);
        }
        self.violations.extend(other.violations);
        self.may_loop |= other.may_loop;
        self
    }
}

impl Search<'_> {
    fn run(&self) -> (Tally, bool) {
        let (state, happened) = State::new(self.subject);
        let fingerprint = state.fingerprint_of_kin();
        self.visited
            .insert(fingerprint, Visit { parent: fingerprint, turn: ThreadId(0).into(), level: 0 });
        let mut all = Expanded::default();
        all.tally.bounds.extend(happened.cut_off.and_then(path::bound_of));
        self.look_at(&state, fingerprint, &mut all);
        if let Some(violation) = happened.violation {
            all.violations.push((violation, fingerprint, None));
        }
        let mut level = vec![self.open(state, fingerprint, ThreadId(0))];
        let mut depth = 0;
        while !level.is_empty() && !self.is_over(&mut all, depth) {
            depth += 1;
            let expanded = level
                .into_par_iter()
                .with_min_len(64)
                .fold(Expanded::default, |mut expanded, open| {
                    if !self.control.is_stopped() && self.spent().is_none() {
                        self.expand(&open, depth, &mut expanded);
                    }
                    // ORDER: Relaxed. A sum that is compared with a budget.
                    self.open_bytes.fetch_sub(open.bytes, Ordering::Relaxed);
                    expanded
                })
                .reduce(Expanded::default, Expanded::merge);
            all = all.merge(expanded);
            level = std::mem::take(&mut all.next);
            self.keep(&mut all);
        }
        self.keep(&mut all);
        // The last level may have used up the rest of a budget.
        all.tally.bounds.extend(self.spent());
        all.tally.states = Some(self.visited.len());
        (all.tally, all.may_loop)
    }

    fn open(&self, state: State, fingerprint: u128, thread: ThreadId) -> Open {
        let bytes = state.own_bytes(thread) + size_of::<Open>();
        // ORDER: Relaxed. A sum that is compared with a budget.
        self.open_bytes.fetch_add(bytes, Ordering::Relaxed);
        Open { state: Box::new(state), fingerprint, bytes }
    }

    fn is_over(&self, all: &mut Expanded, depth: u32) -> bool {
        all.tally.bounds.extend(self.spent());
        let is_too_long = depth as usize >= self.options.steps_max;
        if is_too_long {
            all.tally.bounds.insert(Bound::Steps);
        }
        if self.visited.len() >= self.options.effort_max {
            all.tally.bounds.insert(Bound::Effort);
        }
        let is_found = !all.tally.violations.is_empty() && !self.options.keeps_going;
        let is_spent = self.spent().is_some() || all.tally.bounds.contains(&Bound::Effort);
        self.control.is_stopped() || is_found || is_spent || is_too_long
    }

    /// The budget that has been used up, if any.
    fn spent(&self) -> Option<Bound> {
        // ORDER: Relaxed. A sum; seeing it a little later does no harm.
        let ends = self.ends.load(Ordering::Relaxed);
        // ORDER: Relaxed. See above.
        let open_bytes = self.open_bytes.load(Ordering::Relaxed);
        // The size of an end's fingerprint, in a half-empty table.
        const END_BYTES: usize = 40;
        let bytes = self.visited.bytes() + open_bytes + ends as usize * END_BYTES;
        if bytes > self.options.memory_max {
            Some(Bound::Memory)
        } else {
            (ends > self.options.executions_max).then_some(Bound::Executions)
        }
    }

    /// Makes counterexamples from the findings of a level, in an order that does not depend on which
    /// core was first.
    fn keep(&self, all: &mut Expanded) {
        let mut found = std::mem::take(&mut all.violations);
        found.sort_by(|one, other| {
            let key = |it: &(Violation, u128, Option<Turn>)| {
                (it.0.kind, it.0.message.clone(), it.2, it.1)
            };
            key(one).cmp(&key(other))
        });
        for (violation, after, turn) in found {
            if !all.tally.knows(&violation) {
                let mut turns = self.visited.way_to(after);
                turns.extend(turn);
                let path = Path { turns };
                let execution = all.tally.executions.max(1);
                all.tally.keep(path.counterexample(self.subject, violation, execution));
            }
        }
    }

    fn expand(&self, open: &Open, depth: u32, expanded: &mut Expanded) {
        let enabled = open.state.enabled();
        if let Some(thread) = self.eager.thread(&open.state, enabled)
            && self.step(open, thread.into(), depth, expanded)
        {
            return;
        }
        for turn in open.state.turns() {
            self.step(open, turn, depth, expanded);
        }
    }

    /// Makes a step; returns whether it led to an unknown state.
    fn step(&self, open: &Open, turn: Turn, depth: u32, expanded: &mut Expanded) -> bool {
        let mut state = State::clone(&open.state);
        let happened = state.step(self.subject, turn);
        let fingerprint = state.fingerprint_of_kin();
        let visit = Visit { parent: open.fingerprint, turn, level: depth };
        if let Some(level) = self.visited.insert(fingerprint, visit) {
            expanded.may_loop |= level < depth;
            return false;
        }
        self.control.add_states(1);
        expanded.tally.bounds.extend(happened.cut_off.and_then(path::bound_of));
        if let Some(violation) = happened.violation {
            expanded.violations.push((violation, open.fingerprint, Some(turn)));
        }
        self.look_at(&state, fingerprint, expanded);
        if !state.enabled().is_empty() {
            expanded.next.push(self.open(state, fingerprint, turn.thread));
        }
        true
    }

    /// Checks what a state by itself shows.
    fn look_at(&self, state: &State, fingerprint: u128, expanded: &mut Expanded) {
        if let Some(race) = state.race(self.subject) {
            expanded.violations.push((race, fingerprint, None));
        }
        if state.is_out_of_threads() {
            expanded.tally.bounds.insert(Bound::Threads);
        }
        if !state.enabled().is_empty() {
            return;
        }
        // ORDER: Relaxed. A count.
        if self.ends.fetch_add(1, Ordering::Relaxed) >= self.options.executions_max {
            return;
        }
        expanded.tally.final_states.insert(fingerprint);
        let end = path::end_of(self.subject, self.options, state);
        for violation in end.violations {
            expanded.violations.push((violation, fingerprint, None));
        }
        match end.outcome {
            Some(outcome) => expanded.tally.execution(outcome),
            None => expanded.tally.blocked += 1,
        }
        self.control.add_executions(1);
    }
}
