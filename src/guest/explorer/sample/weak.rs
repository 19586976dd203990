//! Executions under weak memory: graphs that grow event by event.
//!
//! The strategy chooses the thread of the next event. The write that a load reads, and the place of a
//! write in coherence order, are drawn from the consistent ones, each equally likely. A strategy's
//! promise therefore holds only for its part of the choice.

use std::collections::HashSet;
use std::sync::Arc;

use super::chance::Numbers;
use super::execution::{Ended, Found, LIVELOCK_BYTES, LIVELOCK_STATES, Walk, Walked};
use super::upcoming::{Upcoming, started};
use crate::guest::explorer::graph::{Graph, RaceKey};
use crate::guest::explorer::livelock::Livelocks;
use crate::guest::{Bound, Control, MemoryModel, Options};
use crate::interp::ThreadId;
use crate::reference::{Access, Impasse, Subject, ThreadSet};
use crate::sample::{Chance, Chooser};

/// The data that one worker needs for its executions.
pub(super) struct Grower<'a> {
    subject: &'a Arc<Subject>,
    options: &'a Options,
    initial: Graph,
    graph: Graph,
    known_races: HashSet<RaceKey>,
    livelocks: Livelocks,
}

impl<'a> Grower<'a> {
    pub(super) fn new(subject: &'a Arc<Subject>, model: MemoryModel, options: &'a Options) -> Self {
        let initial = Graph::initial(subject, model);
        let graph = initial.clone();
        let livelocks = Livelocks::new(LIVELOCK_BYTES, LIVELOCK_STATES);
        Grower { subject, options, initial, graph, known_races: HashSet::new(), livelocks }
    }

    /// Makes a thread's next event; returns whether it could.
    fn grow(&mut self, thread: ThreadId, chance: &mut Numbers) -> bool {
        let mut picks = self.graph.picks(self.subject, thread);
        while !picks.is_empty() {
            let pick = picks.swap_remove(chance.below(picks.len() as u64) as usize);
            if self.graph.apply(self.subject, pick) {
                return true;
            }
        }
        false
    }
}

impl Walk for Grower<'_> {
    fn walk(&mut self, chooser: &mut impl Chooser<Access>, chance: &mut Numbers) -> Walked {
        let mut walked = Walked::default();
        self.graph = self.initial.clone();
        walked.found.extend(self.initial.shown_before(self.subject).map(Found::shown));
        chooser.begin(chance);
        // Threads whose next operation has nothing consistent to read at present.
        let mut waiting = ThreadSet::default();
        while self.options.keeps_going || walked.found.is_empty() {
            self.graph.resume_stale(self.subject);
            let able = ThreadSet(self.graph.able().0 & !waiting.0);
            if able.is_empty() {
                walked.is_over = waiting.is_empty();
                return walked;
            }
            if self.subject.patience.is_stopped() {
                return walked;
            }
            if self.graph.operations() >= self.options.steps_max {
                walked.bound = Some(Bound::Steps);
                return walked;
            }
            let accesses = |thread| self.graph.accesses(thread);
            let thread = Upcoming { able, accesses }.choose(chooser, chance);
            let before = self.graph.started();
            if !self.grow(thread, chance) {
                waiting.insert(thread);
                continue;
            }
            waiting = ThreadSet::default();
            if self.graph.started() > before {
                started(chooser, thread, ThreadId(before), chance);
            }
            let shown = self.graph.shown_by(self.subject, thread, &mut self.known_races);
            walked.found.extend(shown.into_iter().map(Found::shown));
            walked.found.extend(self.graph.shown_in_vain(self.subject).map(Found::shown));
        }
        walked
    }

    fn trace(&self) -> u64 {
        self.graph.fingerprint()
    }

    fn end(&self) -> Ended {
        let ended = self.graph.ended(self.subject, self.options.finds_leaks);
        let found = ended.shown.into_iter().map(Found::shown).collect();
        Ended { outcome: ended.outcome, state: ended.state, found, bound: ended.bound }
    }

    fn endless(&mut self, control: &Control) -> Option<Found> {
        let circle = self.graph.circle(self.subject, &mut self.livelocks, control)?;
        Some(Found::shown(circle))
    }

    fn collect_states(&mut self) {}

    fn take_states(&mut self) -> HashSet<u128> {
        HashSet::new()
    }

    fn forget_races(&mut self) {
        self.known_races.clear();
    }
}
