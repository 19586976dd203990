//! Events of one execution, and their happens-before order.

use crate::interp::{Place, ThreadId};
use crate::reference::{Access, Ends, Happened, Operation, State, ThreadSet, Turn};

/// The part of an operation that decides whether it commutes with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) turn: Turn,
    pub(super) accesses: [Option<Access>; 2],
    /// The threads that could not have gone on without it.
    pub(super) enables: ThreadSet,
}

impl Label {
    /// The next operation of a live thread. Of the threads that it will enable, only a thread that it
    /// starts is known here; other threads can only be woken with a conflict.
    pub(super) fn of_next(state: &State, turn: Turn) -> Self {
        let accesses = state.accesses(turn.thread);
        Label { turn, accesses, enables: ThreadSet::default() }
    }

    pub(super) fn thread(&self) -> ThreadId {
        self.turn.thread
    }

    /// Whether the order of the two matters. Operations of one thread are always in order.
    pub(super) fn depends_on(&self, other: &Label) -> bool {
        self.thread() == other.thread()
            || self.conflicts(other)
            || self.enables.contains(other.thread())
            || other.enables.contains(self.thread())
    }

    fn conflicts(&self, other: &Label) -> bool {
        let others = || other.accesses.iter().flatten();
        self.accesses.iter().flatten().any(|&one| others().any(|&two| one.conflicts(two)))
    }
}

/// An operation that happened.
#[derive(Clone, Debug)]
pub(super) struct Event {
    pub(super) label: Label,
    pub(super) operation: Operation,
    pub(super) place: Place,
    /// Its position among its thread's events, from 1.
    index: u32,
    /// For each thread, the number of its events that happen before this one, including this one.
    clock: Clock,
}

/// The approximate memory of an event, with its clock and the names in its place.
pub(super) const BYTES: usize = 2 * size_of::<Event>();

type Clock = Vec<u32>;

fn join(clock: &mut Clock, other: &Clock) {
    if clock.len() < other.len() {
        clock.resize(other.len(), 0);
    }
    for (mine, theirs) in clock.iter_mut().zip(other) {
        *mine = (*mine).max(*theirs);
    }
}

fn at(clock: &Clock, thread: ThreadId) -> u32 {
    clock.get(thread.0 as usize).copied().unwrap_or(0)
}

/// The events of an execution, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Events {
    events: Vec<Event>,
}

impl Events {
    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    pub(super) fn get(&self, at: usize) -> &Event {
        &self.events[at]
    }

    pub(super) fn pop(&mut self) {
        self.events.pop();
    }

    /// Appends a thread's latest operation; `before` is the state before it.
    pub(super) fn push(&mut self, before: &State, turn: Turn, happened: &Happened) {
        let thread = turn.thread;
        let mut label = Label::of_next(before, turn);
        label.enables = happened.enables;
        let live = before.live(thread).expect("it has just made a step");
        let (operation, place) = (live.next().clone(), live.place());
        let (mut clock, index) = self.base(thread, self.len());
        for event in self.events.iter().rev() {
            if event.index > at(&clock, event.label.thread()) && event.label.depends_on(&label) {
                join(&mut clock, &event.clock);
            }
        }
        if clock.len() <= thread.0 as usize {
            clock.resize(thread.0 as usize + 1, 0);
        }
        clock[thread.0 as usize] = index + 1;
        self.events.push(Event { label, operation, place, index: index + 1, clock });
    }

    /// What happens before every later event of a thread, given the first `until` events: its own last
    /// event, and the events that started or woke it since. Also returns the number of its events.
    fn base(&self, thread: ThreadId, until: usize) -> (Clock, u32) {
        let mut clock = Clock::new();
        for event in self.events[..until].iter().rev() {
            if event.label.enables.contains(thread) {
                join(&mut clock, &event.clock);
            }
            if event.label.thread() == thread {
                join(&mut clock, &event.clock);
                return (clock, event.index);
            }
        }
        (clock, 0)
    }

    fn happens_before(&self, earlier: usize, later: usize) -> bool {
        let earlier = &self.events[earlier];
        earlier.index <= at(&self.events[later].clock, earlier.label.thread())
    }

    /// The earlier events that can change places with an operation of `thread` at position `until`: the
    /// two conflict, nothing else orders them, and the thread could have gone first. The latest event
    /// comes first. `next` is the thread's operation there, which it makes, or wants to make and cannot;
    /// `could_go` says whether the object of a request would have let the thread go on before an event.
    pub(super) fn reversible(
        &self,
        next: &Label,
        operation: &Operation,
        until: usize,
        could_go: impl Fn(usize) -> bool,
    ) -> Vec<usize> {
        let thread = next.thread();
        match *operation {
            // A thread's end can only come before a join.
            Operation::Join { .. } => vec![],
            Operation::Enter { object } => self.earlier_owner(thread, object, until),
            Operation::Reacquire { object, notified, ends } => {
                let mut races = self.earlier_owner(thread, object, until);
                // If it had gone before the notification, its time would have been up.
                if notified && ends.may_stop() {
                    races.extend(self.notification(thread, until));
                }
                races
            }
            Operation::Use { .. } => self.conflicting(next, until, could_go),
            _ => self.conflicting(next, until, |_| true),
        }
    }

    /// The previous owner of the monitor. The exit in between does not matter, since it moves together
    /// with the entry.
    fn earlier_owner(&self, thread: ThreadId, object: u64, until: usize) -> Vec<usize> {
        let takes = |event: &Event| match event.operation {
            Operation::Enter { object: it } | Operation::Reacquire { object: it, .. } => {
                it == object
            }
            Operation::TryEnter { object: it } => {
                it == object && event.label.accesses[0].is_some_and(|it| it.writes)
            }
            _ => false,
        };
        let (base, _) = self.base(thread, until);
        let last = self.events[..until].iter().rposition(takes);
        last.into_iter()
            .filter(|&it| self.events[it].label.thread() != thread && self.is_after(it, &base))
            .collect()
    }

    /// The notification that ended the thread's timed wait.
    fn notification(&self, thread: ThreadId, until: usize) -> Option<usize> {
        let since = self.events[..until].iter().rposition(|it| it.label.thread() == thread)?;
        let waits = &self.events[since].clock;
        let woke = self.events[..until].iter().rposition(|it| it.label.enables.contains(thread))?;
        self.is_after(woke, waits).then_some(woke)
    }

    /// The conflicting events before which the thread could have gone. All requests at one object conflict, so
    /// that nothing else has changed the object meanwhile.
    fn conflicting(
        &self,
        next: &Label,
        until: usize,
        could_go: impl Fn(usize) -> bool,
    ) -> Vec<usize> {
        let thread = next.thread();
        let (mut base, _) = self.base(thread, until);
        let mut races = Vec::new();
        for (it, event) in self.events[..until].iter().enumerate().rev() {
            if event.label.thread() != thread
                && self.is_after(it, &base)
                && event.label.conflicts(next)
                && could_go(it)
            {
                races.push(it);
                join(&mut base, &event.clock);
            }
        }
        races
    }

    fn is_after(&self, event: usize, clock: &Clock) -> bool {
        let event = &self.events[event];
        event.index > at(clock, event.label.thread())
    }

    /// The events after `first` that do not happen after it, up to the end: they are possible without it.
    pub(super) fn independent_of(&self, first: usize) -> impl Iterator<Item = &Event> {
        (first + 1..self.len())
            .filter(move |&later| !self.happens_before(first, later))
            .map(|later| &self.events[later])
    }
}

/// Whether two conflicting operations make a data race.
pub(super) fn is_data_race(one: &Operation, other: &Operation) -> bool {
    one.cell().is_some() && one.cell() == other.cell() && (one.is_plain() || other.is_plain())
}

/// Whether the accesses of an operation depend on the state in which it is carried out.
pub(super) fn depends_on_state(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::Cas { .. }
            | Operation::Allocate { .. }
            | Operation::TryEnter { .. }
            | Operation::Notify { .. }
            | Operation::Await { .. }
            | Operation::Use { .. }
            | Operation::Reacquire { ends: Ends::InTime | Ends::Spuriously, .. }
    )
}
