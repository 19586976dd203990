//! Executions under sequential consistency, in place: the state and the data about an execution are made
//! once, and only reset in between.

use std::collections::HashSet;
use std::sync::Arc;

use super::chance::Numbers;
use super::execution::{Ended, Found, LIVELOCK_BYTES, LIVELOCK_STATES, Walk, Walked, Way};
use super::trace::Trace;
use super::upcoming::{Upcoming, started};
use crate::guest::explorer::graph::RaceKey;
use crate::guest::explorer::livelock::Livelocks;
use crate::guest::explorer::path::{End, Path, end_of};
use crate::guest::{Bound, Control, Options};
use crate::interp::ThreadId;
use crate::reference::happens_before::{Earlier, Next, Races};
use crate::reference::objects::Objects;
use crate::reference::{Access, CutOff, State, Subject, ThreadSet, Turn, race_of};
use crate::sample::{Chance, Chooser};

/// What one worker needs for its executions.
pub(super) struct Walker<'a> {
    subject: &'a Arc<Subject>,
    options: &'a Options,
    initial: State,
    /// Whether the beginning is already cut off.
    initial_cut_off: Option<CutOff>,
    state: State,
    path: Vec<Turn>,
    objects: Objects,
    trace: Trace,
    races: Races,
    /// The races that have been reported: the threads, and their instructions.
    known_races: HashSet<RaceKey>,
    livelocks: Livelocks,
    states: Option<HashSet<u128>>,
}

impl<'a> Walker<'a> {
    pub(super) fn new(subject: &'a Arc<Subject>, options: &'a Options) -> Self {
        let (initial, happened) = State::new(subject);
        Walker {
            subject,
            options,
            initial_cut_off: happened.cut_off,
            state: initial.clone(),
            initial,
            path: Vec::new(),
            objects: Objects::new(subject),
            trace: Trace::new(),
            races: Races::new(),
            known_races: HashSet::new(),
            livelocks: Livelocks::new(LIVELOCK_BYTES, LIVELOCK_STATES),
            states: None,
        }
    }

    /// The path of the latest execution.
    fn path(&self) -> Path {
        Path { turns: self.path.clone() }
    }

    /// Shows an execution to a surveyor. What is wrong in it does not count.
    pub(super) fn survey(&mut self, surveyor: &mut impl Chooser<Access>, chance: &mut Numbers) {
        let mut steps = 0;
        surveyor.begin(chance);
        self.state.clone_from(&self.initial);
        loop {
            let enabled = self.state.enabled();
            let is_over = enabled.is_empty() || steps >= self.options.steps_max;
            if is_over || self.subject.patience.is_stopped() {
                break;
            }
            let thread = self.choose(surveyor, enabled, chance);
            let before = self.state.started();
            let turn = self.turn(thread, chance);
            self.state.step(self.subject, turn);
            steps += 1;
            if self.state.started() > before {
                started(surveyor, thread, ThreadId(before), chance);
            }
        }
    }

    /// Lets a strategy choose the thread of the next step.
    fn choose(
        &self,
        chooser: &mut impl Chooser<Access>,
        able: ThreadSet,
        chance: &mut Numbers,
    ) -> ThreadId {
        let accesses = |thread| self.state.accesses(thread);
        Upcoming { able, accesses }.choose(chooser, chance)
    }

    /// Draws the course of the thread's step, each equally likely.
    fn turn(&self, thread: ThreadId, chance: &mut Numbers) -> Turn {
        let turns: Vec<Turn> = self.state.turns_of(thread).collect();
        match turns[..] {
            [only] => only,
            _ => turns[chance.below(turns.len() as u64) as usize],
        }
    }

    fn step(
        &mut self,
        turn: Turn,
        chooser: &mut impl Chooser<Access>,
        chance: &mut Numbers,
        walked: &mut Walked,
    ) {
        let thread = turn.thread;
        let touched = self.objects.touched(&self.state.accesses(thread));
        let next = Next::of(&self.state, thread);
        if let Some(earlier) = self.races.add(&next, &touched) {
            let key = [(earlier.thread, earlier.instruction), (thread, next.instruction)];
            if self.known_races.insert(key) {
                walked.found.extend(self.race(earlier, thread));
                if !self.options.keeps_going {
                    return;
                }
            }
        }
        self.trace.add(turn, &touched);
        let before = self.state.started();
        let happened = self.state.step(self.subject, turn);
        self.path.push(turn);
        self.races.enable(thread, happened.enables);
        if self.state.started() > before {
            self.trace.start(thread, ThreadId(before));
            started(chooser, thread, ThreadId(before), chance);
        }
        self.note_state();
        walked.cut_off(happened.cut_off);
        if let Some(violation) = happened.violation {
            walked.found.push(Found { violation, way: Way::Path(self.path()) });
        }
    }

    fn note_state(&mut self) {
        if let Some(states) = &mut self.states {
            states.insert(self.state.fingerprint());
        }
    }

    /// The race between an earlier access and a thread's next operation. Its path leads to a state in
    /// which both are about to happen, and leaves out everything that comes after the first.
    fn race(&self, earlier: Earlier, later: ThreadId) -> Option<Found> {
        let (mut state, _) = State::new(self.subject);
        let mut races = Races::new();
        let mut objects = self.objects.clone();
        races.begin();
        // Repeats the whole execution, to find out which steps come after which.
        let mut whole = state.clone();
        let mut turns = Vec::new();
        for &turn in &self.path {
            let thread = turn.thread;
            if self.subject.patience.is_over() || !whole.is_enabled(thread) {
                return None;
            }
            let touched = objects.touched(&whole.accesses(thread));
            races.add(&Next::of(&whole, thread), &touched);
            let happened = whole.step(self.subject, turn);
            let is_after = races.comes_after(thread, earlier.thread, earlier.time);
            races.enable(thread, happened.enables);
            if !is_after && state.is_enabled(thread) {
                state.step(self.subject, turn);
                turns.push(turn);
            }
        }
        let access = |thread| {
            let live = state.live(thread)?;
            Some((thread, live.next().clone(), live.place()))
        };
        let violation = race_of(self.subject, &access(earlier.thread)?, &access(later)?);
        Some(Found { violation, way: Way::Path(Path { turns }) })
    }
}

impl Walk for Walker<'_> {
    fn walk(&mut self, chooser: &mut impl Chooser<Access>, chance: &mut Numbers) -> Walked {
        let mut walked = Walked::default();
        walked.cut_off(self.initial_cut_off);
        self.state.clone_from(&self.initial);
        self.path.clear();
        self.trace.begin();
        self.races.begin();
        chooser.begin(chance);
        self.note_state();
        loop {
            let enabled = self.state.enabled();
            if enabled.is_empty() {
                walked.is_over = !walked.is_cut_off;
                if self.state.is_out_of_threads() {
                    walked.bound = Some(Bound::Threads);
                }
                return walked;
            }
            if self.path.len() >= self.options.steps_max {
                walked.bound = Some(Bound::Steps);
                return walked;
            }
            if self.subject.patience.is_stopped() {
                return walked;
            }
            let thread = self.choose(chooser, enabled, chance);
            let turn = self.turn(thread, chance);
            self.step(turn, chooser, chance, &mut walked);
            if !walked.found.is_empty() && !self.options.keeps_going {
                return walked;
            }
        }
    }

    fn trace(&self) -> u64 {
        self.trace.number()
    }

    fn end(&self) -> Ended {
        let End { outcome, violations } = end_of(self.subject, self.options, &self.state);
        let found = |violation| Found { violation, way: Way::Path(self.path()) };
        let found = violations.into_iter().map(found).collect();
        Ended { outcome, state: self.state.fingerprint(), found, bound: None }
    }

    fn endless(&mut self, control: &Control) -> Option<Found> {
        let circle = self.livelocks.from(self.subject, control, &self.state).ok()??;
        let turns = [&self.path[..], &circle.way, &circle.lap].concat();
        Some(Found { violation: circle.violation, way: Way::Path(Path { turns }) })
    }

    fn collect_states(&mut self) {
        self.states = Some(HashSet::new());
    }

    fn take_states(&mut self) -> HashSet<u128> {
        self.states.as_mut().map(std::mem::take).unwrap_or_default()
    }

    fn forget_races(&mut self) {
        self.known_races.clear();
    }
}
