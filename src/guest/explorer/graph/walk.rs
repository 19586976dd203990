//! What a random walk needs to know about the graph that it grows.

use std::sync::Arc;

use std::collections::HashSet;
use std::hash::{Hash, Hasher};

use crate::graph::Clock;
use crate::guest::explorer::livelock::Livelocks;
use crate::guest::{Bound, Control, GuestCounterexample};
use crate::interp::ThreadId;
use crate::reference::graph::Graph;
use crate::reference::graph::event::Event;
use crate::reference::graph::meaning;
use crate::reference::graph::verdict::Conclusion;
use crate::reference::graph::wrong::Wrong;
use crate::reference::{Access, Outcome, Subject, ThreadSet, Violation, fingerprint_with};

/// The result of a graph in which no thread can go on.
pub(in crate::guest::explorer) struct Ended {
    /// `None` if the graph is not an execution: a thread waits for something that only another graph can
    /// give it.
    pub(in crate::guest::explorer) outcome: Option<Outcome>,
    /// See [`Graph::final_state`].
    pub(in crate::guest::explorer) state: u128,
    pub(in crate::guest::explorer) shown: Vec<GuestCounterexample>,
    pub(in crate::guest::explorer) bound: Option<Bound>,
}

/// Two accesses: their threads and their instructions.
pub(in crate::guest::explorer) type RaceKey = [(ThreadId, u32); 2];

impl Graph {
    /// The threads that can make a step.
    pub(in crate::guest::explorer) fn able(&self) -> ThreadSet {
        let mut able = ThreadSet::default();
        self.runnable().into_iter().for_each(|thread| able.insert(thread));
        able
    }

    /// What the next operation of a thread accesses.
    pub(in crate::guest::explorer) fn accesses(&self, thread: ThreadId) -> [Option<Access>; 2] {
        let access = self.at(thread).and_then(|standing| {
            let operation = standing.next();
            let object = meaning::object_of(thread, operation)?;
            Some(Access { object, writes: operation.may_write() })
        });
        [access, None]
    }

    /// Resumes the threads whose loop would read something else now.
    pub(in crate::guest::explorer) fn resume_stale(&mut self, subject: &Arc<Subject>) {
        for thread in self.threads() {
            if self.at(thread).is_none() && self.is_stale(subject, thread) {
                self.resume(thread);
            }
        }
    }

    /// A cycle in which threads can go on forever from here although no thread is starved.
    pub(in crate::guest::explorer) fn circle(
        &self,
        subject: &Arc<Subject>,
        livelocks: &mut Livelocks,
        control: &Control,
    ) -> Option<GuestCounterexample> {
        if self.trapped().next().is_some() || self.is_out_of_threads() {
            return None;
        }
        let circle = livelocks.from(subject, control, &self.settled(subject)).ok()??;
        Some(self.going_round(subject, circle))
    }

    /// The violation before any event, if there is one.
    pub(in crate::guest::explorer) fn shown_before(
        &self,
        subject: &Arc<Subject>,
    ) -> Option<GuestCounterexample> {
        let (trap, is_cut_off) = self.trapped().next()?;
        let wrong = Wrong::new(Violation::of_trap(trap), Clock::default());
        (!is_cut_off).then(|| self.counterexample(subject, wrong))
    }

    /// The violation if no thread can go on except by a wait that ends without a cause.
    pub(in crate::guest::explorer) fn shown_in_vain(
        &self,
        subject: &Arc<Subject>,
    ) -> Option<GuestCounterexample> {
        let wrong = Wrong::new(self.in_vain(subject)?, self.everything());
        Some(self.counterexample(subject, wrong))
    }

    /// The violations in a thread's latest event. Known races are not shown again.
    pub(in crate::guest::explorer) fn shown_by(
        &self,
        subject: &Arc<Subject>,
        thread: ThreadId,
        known: &mut HashSet<RaceKey>,
    ) -> Vec<GuestCounterexample> {
        let access = |event: &Event| (ThreadId(event.id.thread), event.detail.before.instruction());
        let is_new_race = |one: &Event, other: &Event| known.insert([access(one), access(other)]);
        let new = self.last_id(thread.0);
        let wrongs = self.wrongs(subject, new.as_slice(), is_new_race);
        wrongs.into_iter().map(|wrong| self.counterexample(subject, wrong)).collect()
    }

    /// The result of the graph, in which no thread can go on.
    pub(in crate::guest::explorer) fn ended(
        &self,
        subject: &Arc<Subject>,
        finds_leaks: bool,
    ) -> Ended {
        let bound = if self.is_out_of_local_steps() {
            Some(Bound::LocalSteps)
        } else {
            self.is_out_of_threads().then_some(Bound::Threads)
        };
        let whole = |violation| Wrong::new(violation, self.everything());
        let (outcome, wrongs) = match self.conclude(subject) {
            Conclusion::Blocked => (None, Vec::new()),
            Conclusion::Stuck(violation) => {
                (Some(Outcome::of_violation(&violation)), vec![whole(violation)])
            }
            Conclusion::Outcome(outcome) => {
                let is_finished = matches!(outcome, Outcome::Finished { .. });
                let leak = || if finds_leaks && is_finished { self.leak(subject) } else { None };
                let wrong = subject.broken_claim(&outcome).or_else(leak).map(whole);
                let wrongs = wrong.into_iter().chain(self.deadlock_beside_trap(subject));
                (Some(outcome), wrongs.collect())
            }
        };
        let shown = wrongs.into_iter().map(|wrong| self.counterexample(subject, wrong)).collect();
        let state = outcome.as_ref().map_or(0, |outcome| self.final_state(subject, outcome));
        Ended { outcome, state, shown, bound }
    }

    /// A fingerprint of the graph: which read reads which write, and the order of the writes.
    pub(in crate::guest::explorer) fn fingerprint(&self) -> u64 {
        // Either half would do.
        fingerprint_with(|hasher| self.feed(hasher)) as u64
    }

    fn feed(&self, hasher: &mut impl Hasher) {
        for event in self.events() {
            // A guest's event waits for one other event at most.
            (event.id, event.reads, event.awaits.first(), event.detail.course).hash(hasher);
        }
        let mut locations: Vec<_> =
            self.locations.iter().filter(|location| !location.writes.is_empty()).collect();
        locations.sort_unstable_by_key(|location| location.object);
        for location in locations {
            (location.object, &location.writes).hash(hasher);
        }
    }
}
