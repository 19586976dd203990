//! The violations in a graph, and the result of a graph in which no thread can go on.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::event::{Event, Standing};
use super::execution::Graph;
use super::step::Ability;
use super::wrong::Wrong;
use super::{lifetime, spin};
use crate::graph::precedence::Precedence;
use crate::graph::{Clock, EventId, MemoryModel};
use crate::interp::{Cell, Shared, Text, ThreadId, Trap};
use crate::reference::{
    Course, CutOff, Ending, Impasse, Object, Operation, Outcome, RacingAccess, Subject, Thread,
    ThreadSet, Violation, describe_circle, describe_impasse, fingerprint_of, leak_of, race_of,
};

/// The result of a graph in which no thread can go on.
#[derive(Debug)]
pub(crate) enum Conclusion {
    /// It is an execution.
    Outcome(Outcome),
    /// It is an execution in which no thread goes on although one should.
    Stuck(Violation),
    /// It is not an execution: a thread waits for something that only another graph can give it, or was
    /// cut off.
    Blocked,
}

impl Graph {
    /// The threads that a trap has stopped, and for each whether it was only cut off.
    pub(crate) fn trapped(&self) -> impl Iterator<Item = (&Trap, bool)> {
        self.threads().filter_map(|thread| match self.at(thread)?.next() {
            Operation::Trapped(trap) => Some((&**trap, CutOff::of_trap(trap).is_some())),
            _ => None,
        })
    }

    /// The earlier accesses that race with an event.
    pub(crate) fn racing(&self, event: &Event) -> Vec<&Arc<Event>> {
        let Some(location) = event.location.map(|it| &self.locations[it]) else { return vec![] };
        if self.model == MemoryModel::Sc || !matches!(location.object, Object::Cell(_)) {
            return vec![];
        }
        let knows = &event.past.knows;
        let mut racing: Vec<&Arc<Event>> = location
            .writes_beyond(knows)
            .chain(location.reads_beyond(knows))
            .map(|other| self.event(other))
            .filter(|other| self.conflicts(event, other))
            .filter(|other| !other.past.knows.has(event.id))
            .collect();
        racing.sort_by_key(|other| other.id);
        racing.dedup_by_key(|other| other.id);
        racing
    }

    /// Whether a thread was cut off because of its own steps.
    pub(crate) fn is_out_of_local_steps(&self) -> bool {
        self.trapped().any(|(trap, _)| CutOff::of_trap(trap) == Some(CutOff::LocalSteps))
    }

    /// The result of a graph in which no thread can go on.
    pub(crate) fn conclude(&self, subject: &Subject) -> Conclusion {
        let is_cut_off = self.trapped().any(|(_, is_cut_off)| is_cut_off);
        let is_stale = |thread| self.is_stale(subject, thread);
        if is_cut_off
            || self.is_out_of_threads()
            || self.is_left_in_loop()
            || self.threads().any(is_stale)
            || self.threads().any(|thread| self.is_left_behind(thread))
            || self.is_redundant_line()
        {
            return Conclusion::Blocked;
        }
        // If there are several traps, the outcome is the least of them, so that it does not depend on
        // their order.
        let outcomes = self.trapped().map(|(trap, _)| Outcome::of_trap(trap));
        if let Some(outcome) = outcomes.min() {
            return Conclusion::Outcome(outcome);
        }
        match describe_impasse(self, subject) {
            Some(violation) => Conclusion::Stuck(violation),
            None => Conclusion::Outcome(self.finished(subject)),
        }
    }

    /// The deadlock of threads that wait for each other, if a trap has stopped another thread. Had that been slower, the
    /// deadlock would have ended the program.
    pub(crate) fn deadlock_beside_trap(&self, subject: &Subject) -> Option<Wrong> {
        self.trapped().find(|(_, is_cut_off)| !is_cut_off)?;
        let deadlock = describe_circle(self, subject)?;
        let mut prefix = Clock::default();
        for &(thread, _) in &deadlock.places {
            for thread in [Some(thread), self.waits_for(thread)].into_iter().flatten() {
                if let Some(last) = self.lines[thread.0 as usize].events.last() {
                    prefix.join(&last.past.sees);
                }
            }
        }
        Some(Wrong::new(deadlock, prefix))
    }

    /// The violation if no thread can go on except by a wait that ends without a cause, which need not
    /// happen.
    pub(crate) fn in_vain(&self, subject: &Subject) -> Option<Violation> {
        let abilities = || self.threads().map(|thread| self.ability(thread));
        let waits = subject.is_spurious
            && abilities().any(|it| it == Ability::Spurious)
            && abilities().all(|it| it != Ability::Able)
            && self.trapped().next().is_none()
            && !self.is_left_in_loop()
            && !self.threads().any(|thread| self.is_stale(subject, thread))
            && !self.threads().any(|thread| self.is_left_behind(thread))
            && !self.is_redundant_line();
        if waits { describe_impasse(self, subject) } else { None }
    }

    /// Whether a thread wants to start one thread more than the reference supports.
    pub(crate) fn is_out_of_threads(&self) -> bool {
        self.lines.len() >= ThreadSet::THREADS_MAX
            && self.threads().any(|thread| {
                let live = self.live(thread);
                live.is_some_and(|live| matches!(live.next(), Operation::Start(_)))
            })
    }

    /// Whether a thread is in a loop because of a read that would find something else now, or because an
    /// operation took its other course, which it need not take every time. Of a read
    /// the word counts and not the write, since two rounds that exchange read each other's words; of a monitor,
    /// whether it is held.
    pub(crate) fn is_stale(&self, subject: &Subject, thread: ThreadId) -> bool {
        let Some(last) = self.lines[thread.0 as usize].events.last() else { return false };
        let has_changed = |event: &Event| match (event.location, event.reads) {
            _ if event.detail.course == Course::Other => true,
            (Some(location), Some(source)) => match self.locations[location].object {
                Object::Monitor(monitor) => self.owner(monitor).is_none(),
                object => self.word(subject, object, source) != self.last_word(subject, object),
            },
            _ => false,
        };
        spin::round(self, last).into_iter().any(|event| has_changed(event))
    }

    /// Whether a thread waits at a state of a shared object that has been replaced.
    fn is_left_behind(&self, thread: ThreadId) -> bool {
        self.in_line(thread).is_some_and(|it| matches!(it.next(), Operation::Use { .. }))
            && self.lines[thread.0 as usize].events.last().is_some_and(|wait| {
                let last = wait.location.and_then(|location| self.last_write(location));
                wait.reads != Some(last)
            })
    }

    /// Whether a thread has been left in a loop.
    pub(crate) fn is_left_in_loop(&self) -> bool {
        let last = self.lines.iter().filter_map(|line| line.events.last());
        last.into_iter().any(|last| matches!(last.detail.after, Standing::Loops(_)))
    }

    fn finished(&self, subject: &Subject) -> Outcome {
        let exit = match self.end_of(ThreadId(0)).map(|end| end.operation()) {
            Some(Operation::End(Ending::Returned(word))) => subject.code.exit_code(*word),
            _ => 0,
        };
        let output = self.prints().map(|text| &**text).collect::<String>().into();
        Outcome::Finished { exit, output }
    }

    /// The pieces that have been printed.
    pub(crate) fn prints(&self) -> impl Iterator<Item = &Text> {
        let location = self.location_of(Object::Output);
        let prints = location.map_or(&[][..], |location| &location.writes);
        prints.iter().filter_map(|&print| match self.event(print).operation() {
            Operation::Print { text } => Some(text),
            _ => None,
        })
    }

    /// The violation for threads that ended and were never joined, and for memory that can no longer be
    /// freed.
    pub(crate) fn leak(&self, subject: &Subject) -> Option<Violation> {
        let is_seen = |end: EventId| {
            self.events().any(|event| {
                let asks = matches!(event.operation(), Operation::HasEnded { .. });
                event.awaits.contains(&end) || asks && event.reads == Some(Some(end))
            })
        };
        let mut leaked = ThreadSet::default();
        for thread in self.threads().skip(1) {
            if self.end_of(thread).is_some_and(|end| !is_seen(end.id)) {
                leaked.insert(thread);
            }
        }
        leak_of(subject, leaked, &self.lost_memory(subject))
    }

    /// A fingerprint of what the execution leaves behind: its outcome, and the words of all cells.
    pub(crate) fn final_state(&self, subject: &Subject, outcome: &Outcome) -> u128 {
        let mut words: Vec<(Object, u64)> = self
            .locations
            .iter()
            .filter(|location| matches!(location.object, Object::Cell(_)))
            .map(|location| (location.object, self.last_word(subject, location.object)))
            .filter(|&(object, word)| word != self.word(subject, object, None))
            .collect();
        words.sort_unstable();
        fingerprint_of(&(words, outcome))
    }

    /// All events of the graph, as a clock.
    pub(crate) fn everything(&self) -> Clock {
        let mut all = Clock::default();
        self.events().for_each(|event| all.insert(event.id));
        all
    }

    /// The trap that stops the main thread before its first event.
    pub(crate) fn wrong_from_the_start(&self) -> Option<Wrong> {
        match self.lines[0].thread().first.next() {
            Operation::Trapped(trap) if CutOff::of_trap(trap).is_none() => {
                Some(Wrong::new(Violation::of_trap(trap), Clock::default()))
            }
            _ => None,
        }
    }

    /// Races under sequential consistency: pairs of accesses that only their own conflict orders, so
    /// that both threads can be about to make theirs. Also accesses to ended allocations.
    pub(crate) fn sequential_races(&self, subject: &Subject) -> Vec<Wrong> {
        let mut wrongs = Vec::new();
        let mut before: BTreeMap<EventId, Clock> = BTreeMap::new();
        let precedence = Precedence::of(self);
        let order = precedence.order(|_, _| true);
        for id in order.expect("a consistent graph has an order") {
            let event = self.event(id);
            let direct: Vec<EventId> = precedence.before(event).collect();
            let all_but = |left_out: Option<EventId>| {
                let mut clock = Clock::default();
                for &other in direct.iter().filter(|&&other| Some(other) != left_out) {
                    clock.join(&before[&other]);
                    clock.insert(other);
                }
                clock
            };
            for &other in &direct {
                let mut rest = all_but(Some(other));
                if self.conflicts(event, self.event(other)) && !rest.has(other) {
                    rest.join(&before[&other]);
                    let violation = race_of(subject, &access(self.event(other)), &access(event));
                    wrongs.push(Wrong::new(violation, rest));
                }
            }
            before.insert(id, all_but(None));
        }
        wrongs.extend(self.sequential_ends(subject, &before));
        wrongs
    }

    /// Whether two accesses of different threads to a cell race unless something orders them.
    fn conflicts(&self, one: &Event, other: &Event) -> bool {
        let is_cell = |location: usize| matches!(self.locations[location].object, Object::Cell(_));
        one.id.thread != other.id.thread
            && one.location == other.location
            && one.location.is_some_and(is_cell)
            && (one.writes || other.writes)
            && (!one.mode.is_atomic() || !other.mode.is_atomic())
    }

    /// The violations of new events: traps that they led to, accesses that race with them, and ends of
    /// allocations with which they conflict.
    pub(crate) fn wrongs(
        &self,
        subject: &Subject,
        new: &[EventId],
        mut is_new_race: impl FnMut(&Event, &Event) -> bool,
    ) -> Vec<Wrong> {
        let mut wrongs = Vec::new();
        for &id in new {
            let event = self.event(id);
            for other in self.racing(event) {
                if is_new_race(event, other) {
                    let mut violation = race_of(subject, &access(other), &access(event));
                    if let Some(edge) = self.missing_edge(subject, other, event) {
                        violation.message = format!("{}; {edge}", violation.message);
                    }
                    let mut prefix = event.past.sees.clone();
                    prefix.join(&other.past.sees);
                    wrongs.push(Wrong::new(violation, prefix));
                }
            }
            for [one, end] in self.met_ends(event) {
                if is_new_race(one, end) {
                    let violation = lifetime::violation(subject, [one, end]);
                    let mut prefix = one.past.sees.clone();
                    prefix.join(&end.past.sees);
                    wrongs.push(Wrong::new(violation, prefix));
                }
            }
            let started = match event.operation() {
                Operation::Start(_) => {
                    event.detail.answer.map(|thread| &self.lines[thread as usize].thread().first)
                }
                _ => None,
            };
            let after = match &event.detail.after {
                Standing::At(thread) => Some(thread),
                _ => None,
            };
            for thread in after.into_iter().chain(started) {
                if let Operation::Trapped(trap) = thread.next()
                    && CutOff::of_trap(trap).is_none()
                {
                    let violation = Violation::of_trap(trap);
                    wrongs.push(Wrong::new(violation, event.past.sees.clone()));
                }
            }
        }
        wrongs
    }
}

fn access(event: &Event) -> RacingAccess {
    (ThreadId(event.id.thread), event.operation().clone(), event.detail.before.place())
}

impl Impasse for Graph {
    fn started(&self) -> u32 {
        self.lines.len() as u32
    }

    fn live(&self, thread: ThreadId) -> Option<&Thread> {
        let line = self.lines.get(thread.0 as usize)?;
        let standing = match line.events.last() {
            None => &line.thread().first,
            Some(last) => last.detail.after.thread()?,
        };
        (!matches!(standing.next(), Operation::Trapped(_))).then_some(&**standing)
    }

    fn has_ended(&self, thread: ThreadId) -> bool {
        self.end_of(thread).is_some()
    }

    fn can_go_on(&self, thread: ThreadId) -> bool {
        self.is_runnable(thread)
    }

    fn owner_of(&self, object: u64) -> Option<ThreadId> {
        self.owner(object)
    }

    fn shared_at(&self, cell: Cell) -> Option<Arc<Shared>> {
        let last = self.location_of(Object::Shared(cell))?.writes.last().copied();
        self.shared_by(last)
    }

    fn watched_by(&self, thread: ThreadId) -> Vec<Object> {
        let Some(last) = self.lines[thread.0 as usize].events.last() else { return Vec::new() };
        let round = spin::round(self, last).into_iter();
        let mut watched: Vec<Object> =
            round.filter_map(|event| Some(self.locations[event.location?].object)).collect();
        watched.sort_unstable();
        watched.dedup();
        watched
    }
}
