//! Stateless search under sequential consistency: one execution per Mazurkiewicz trace.
//!
//! Optimal dynamic partial-order reduction with wakeup trees (Abdulla, Aronis, Jonsson, Sagonas: *Source
//! Sets*, JACM 2017, algorithm 2), with snapshots: going back to a state is free, so nothing is run
//! again. Two operations are dependent if they access one object and one of them writes, or if one
//! enables the other's thread.
//!
//! Where we differ from the paper, and why that is safe:
//!
//! - *Monitors.* An entry depends on the exit before it, but the two cannot change places. Two entries
//!   can: an entry races with the latest earlier one, unless more than the exit orders them. An entry
//!   that is still blocked when no thread can go on races in the same way.
//! - *Timed waits.* A notified thread could have stopped waiting before the notification. That pair
//!   changes places too; the thread then does something else, which the new branch finds out.
//! - *Traps.* A trap stops only its own thread, so that all races with later operations are seen; the
//!   outcome of the execution is the trap.
//! - *Courses.* If an operation can come out in two ways, both are planned when its thread is chosen
//!   freely. A planned sequence keeps the courses of the execution in which its race was seen. The
//!   execution with the other course has been explored by then, and has planned its own sequences.
//! - Labels of operations in a new branch are those that they had when the race was seen. If the accesses
//!   of an operation depend on the state (a compare-and-swap, a try), the branch is run to find out.
//!
//! Does not see that an unbounded loop repeats itself, unless the same state occurs again. It then gives
//! up with [`Bound::Loop`] and leaves the program to a search over states.

mod event;
mod tree;

use std::sync::Arc;

use event::{Events, Label, depends_on_state, is_data_race};
use tree::{Tree, is_weak_initial};

use super::path::{self, Path};
use crate::guest::{Bound, Control, Options, Tally};
use crate::interp::ThreadId;
use crate::reference::{
    Happened, Operation, Outcome, State, Subject, Turn, TurnSet, Violation, race_of,
};

/// Explores all traces. If a schedule never ends, the search gives up with [`Bound::Loop`].
pub(super) fn search(subject: &Arc<Subject>, options: &Options, control: &Control) -> Tally {
    let mut search = Search::new(subject, options, control);
    search.run();
    search.tally
}

/// A state on the current path, and what is still to be done from it.
struct Frame {
    state: State,
    /// Turns that would lead to something that has been explored already.
    sleep: TurnSet,
    tree: Tree,
    current: Option<Turn>,
    /// The approximate memory of its state.
    bytes: usize,
}

struct Search<'a> {
    subject: &'a Arc<Subject>,
    options: &'a Options,
    control: &'a Control,
    tally: Tally,
    frames: Vec<Frame>,
    events: Events,
    /// The number of operations that have been carried out.
    steps: u64,
    /// The approximate memory of the states on the current path.
    state_bytes: usize,
    /// The number of operations that are planned in all trees.
    planned: usize,
    is_done: bool,
}

/// The result of a step of the search.
enum Reached {
    /// A state from which something is to be done.
    State(State),
    /// The end of an execution.
    End(State),
}

impl<'a> Search<'a> {
    fn new(subject: &'a Arc<Subject>, options: &'a Options, control: &'a Control) -> Self {
        Search {
            subject,
            options,
            control,
            tally: Tally::default(),
            frames: Vec::new(),
            events: Events::default(),
            steps: 0,
            state_bytes: 0,
            planned: 0,
            is_done: false,
        }
    }

    fn run(&mut self) {
        let (state, happened) = State::new(self.subject);
        self.note(&happened);
        if state.enabled().is_empty() {
            self.end_of(&state);
            return;
        }
        self.enter(state, TurnSet::default(), Tree::default(), None);
        while !self.frames.is_empty() && !self.is_done && !self.control.is_stopped() {
            self.advance();
            if self.bytes() > self.options.memory_max {
                self.give_up(Bound::Memory);
            }
            if self.steps >= self.options.effort_max {
                self.give_up(Bound::Effort);
            }
        }
    }

    /// The approximate memory of the search.
    fn bytes(&self) -> usize {
        // The size of an end's fingerprint, in a half-empty table.
        const END_BYTES: usize = 40;
        self.state_bytes
            + self.events.len() * event::BYTES
            + self.planned * size_of::<Label>()
            + self.tally.final_states.len() * END_BYTES
    }

    /// Goes one step down, or one up.
    fn advance(&mut self) {
        let frame = self.frames.last_mut().expect("the search is not over");
        let Some((turn, rest)) = frame.tree.descend() else {
            self.state_bytes -= frame.bytes;
            self.frames.pop();
            self.leave();
            return;
        };
        frame.current = Some(turn);
        let label = Label::of_next(&frame.state, turn);
        let asleep = frame.sleep;
        match self.step(turn) {
            Reached::State(state) => {
                if self.events.len() >= self.options.steps_max {
                    self.give_up(Bound::Steps);
                }
                if self.is_back(&state) {
                    self.give_up(Bound::Loop);
                }
                let before = &self.frames.last().expect("just looked at").state;
                let mut sleep = asleep;
                for other in asleep.iter() {
                    if Label::of_next(before, other).depends_on(&label) {
                        sleep.remove(other);
                    }
                }
                self.enter(state, sleep, rest, Some(turn.thread));
            }
            Reached::End(state) => {
                self.end_of(&state);
                self.leave();
            }
        }
    }

    fn give_up(&mut self, bound: Bound) {
        self.tally.bounds.insert(bound);
        self.is_done = true;
    }

    fn step(&mut self, turn: Turn) -> Reached {
        let frame = self.frames.last_mut().expect("a step starts somewhere");
        let mut state = frame.state.clone();
        let happened = state.step(self.subject, turn);
        self.steps += 1;
        self.events.push(&frame.state, turn, &happened);
        self.note(&happened);
        if state.enabled().is_empty() { Reached::End(state) } else { Reached::State(state) }
    }

    fn note(&mut self, happened: &Happened) {
        self.tally.bounds.extend(happened.cut_off.and_then(path::bound_of));
        if let Some(violation) = &happened.violation
            && !self.options.keeps_going
        {
            self.tally.execution(Outcome::of_violation(violation));
            self.found(violation.clone());
        }
    }

    /// Continues from a state: as planned, or with any thread that is awake.
    fn enter(&mut self, state: State, sleep: TurnSet, mut tree: Tree, last: Option<ThreadId>) {
        if self.is_done {
            return;
        }
        if tree.is_empty() {
            let awake: Vec<Turn> = state.turns().filter(|&turn| !sleep.contains(turn)).collect();
            let goes_on = awake.iter().find(|turn| Some(turn.thread) == last);
            if let Some(first) = goes_on.or_else(|| awake.first()) {
                for &turn in awake.iter().filter(|turn| turn.thread == first.thread) {
                    tree.plan(Label::of_next(&state, turn));
                    self.planned += 1;
                }
            } else {
                // Everything that could follow has been explored. The paper proves that this does not
                // happen; counting it keeps us honest.
                self.tally.blocked += 1;
            }
        }
        let bytes = state.own_bytes(last.unwrap_or(ThreadId(0))) + size_of::<Frame>();
        self.state_bytes += bytes;
        self.frames.push(Frame { state, sleep, tree, current: None, bytes });
    }

    /// Goes back one step.
    fn leave(&mut self) {
        let Some(frame) = self.frames.last_mut() else { return };
        let turn = frame.current.take().expect("a step was made from here");
        frame.tree.finish();
        self.planned -= 1;
        frame.sleep.insert(turn);
        self.events.pop();
    }

    /// A schedule that returns to a state can go on forever. Brent's algorithm finds this with one
    /// comparison per step; short executions skip it.
    fn is_back(&self, state: &State) -> bool {
        const SPARED: usize = 64;
        let depth = self.frames.len();
        if depth < SPARED {
            return false;
        }
        let landmark = 1 << (usize::BITS - 1 - depth.leading_zeros());
        let landmark = &self.frames[landmark - 1].state;
        landmark.fingerprint() == state.fingerprint()
    }

    /// Counts an execution, checks it for violations, and plans the executions that differ from it.
    fn end_of(&mut self, state: &State) {
        if self.is_done {
            return;
        }
        if state.is_out_of_threads() {
            self.tally.bounds.insert(Bound::Threads);
        }
        self.control.add_executions(1);
        self.tally.final_states.insert(state.fingerprint());
        let end = path::end_of(self.subject, self.options, state);
        match end.outcome {
            Some(outcome) => self.tally.execution(outcome),
            None => self.tally.blocked += 1,
        }
        for violation in end.violations {
            self.found(violation);
        }
        if self.is_done {
            return;
        }
        self.plan_reversals(state);
        let is_more = self.frames.iter().any(|frame| frame.tree.has_more());
        let made = self.tally.executions + self.tally.blocked;
        if is_more && made >= self.options.executions_max {
            self.give_up(Bound::Executions);
        }
    }

    /// For every two operations of this execution that could have come in the other order, plans an
    /// execution in which they do.
    fn plan_reversals(&mut self, state: &State) {
        for later in 0..self.events.len() {
            if self.control.is_stopped() {
                return;
            }
            let event = self.events.get(later);
            let (label, operation) = (event.label, event.operation.clone());
            for earlier in self.reversible(&label, &operation, later) {
                self.report_race(earlier, later);
                if self.is_done {
                    return;
                }
                self.reverse(earlier, label, &operation);
            }
        }
        // A thread that still waits for a monitor could have entered before an earlier owner, and one that a shared
        // object holds up could have gone before what has changed the object.
        for thread in state.live_threads().iter() {
            let operation = state.live(thread).expect("live").next().clone();
            if operation.may_be_held_up() {
                let label = Label::of_next(state, thread.into());
                let until = self.events.len();
                for earlier in self.reversible(&label, &operation, until) {
                    self.reverse(earlier, label, &operation);
                }
            }
        }
    }

    /// The earlier events that can change places with this operation, at position `until`.
    fn reversible(&self, next: &Label, operation: &Operation, until: usize) -> Vec<usize> {
        let thread = next.thread();
        let could_go = |at: usize| self.frames[at].state.can_be_made(thread, operation);
        self.events.reversible(next, operation, until, could_go)
    }

    fn reverse(&mut self, earlier: usize, next: Label, operation: &Operation) {
        let mut sequence: Vec<Label> =
            self.events.independent_of(earlier).map(|event| event.label).collect();
        let frame = &mut self.frames[earlier];
        sequence.push(if depends_on_state(operation) {
            label_after(self.subject, &frame.state, &sequence, next.turn)
        } else {
            next
        });
        let is_asleep = frame
            .sleep
            .iter()
            .any(|turn| is_weak_initial(&Label::of_next(&frame.state, turn), &sequence));
        if !is_asleep {
            self.planned += frame.tree.insert(sequence);
        }
    }

    fn report_race(&mut self, earlier: usize, later: usize) {
        let (one, other) = (self.events.get(earlier), self.events.get(later));
        if !is_data_race(&one.operation, &other.operation) {
            return;
        }
        let access = |event: &event::Event| {
            (event.label.thread(), event.operation.clone(), event.place.clone())
        };
        let violation = race_of(self.subject, &access(one), &access(other));
        if self.tally.knows(&violation) {
            return;
        }
        // An execution in which both are about to happen: everything before the first operation,
        // everything that is possible without it, and no more.
        let between: Vec<Turn> = self
            .events
            .independent_of(earlier)
            .take_while(|event| !std::ptr::eq(*event, other))
            .map(|event| event.label.turn)
            .collect();
        let mut way: Vec<Turn> = (0..earlier).map(|at| self.events.get(at).label.turn).collect();
        way.extend(between);
        self.keep(violation, way);
    }

    fn found(&mut self, violation: Violation) {
        if !self.tally.knows(&violation) {
            let way = (0..self.events.len()).map(|at| self.events.get(at).label.turn).collect();
            self.keep(violation, way);
        }
    }

    fn keep(&mut self, violation: Violation, turns: Vec<Turn>) {
        let path = Path { turns };
        let execution = self.tally.executions.max(1);
        let counterexample = path.counterexample(self.subject, violation, execution);
        self.tally.keep(counterexample);
        self.is_done |= !self.options.keeps_going;
    }
}

/// The label of a turn after these operations. If its thread has only one course there, it takes that.
fn label_after(subject: &Subject, from: &State, sequence: &[Label], turn: Turn) -> Label {
    let mut state = from.clone();
    for label in sequence {
        if subject.patience.is_over() || !state.is_enabled(label.thread()) {
            break;
        }
        state.step(subject, label.turn);
    }
    let has_it = state.turns_of(turn.thread).any(|it| it == turn);
    Label::of_next(&state, if has_it { turn } else { turn.thread.into() })
}
