//! One execution of a body: its threads, how far each has come, and the graph that it follows and extends.
//!
//! An execution begins with a graph. As long as the graph has a thread's next event, the thread's operation is
//! *repeated*: it comes out as the event says, as soon as what the event reads or waits for has been repeated
//! too. So an execution repeats its graph in an order that respects happens-before, and plain memory that is
//! not raced for comes out right. After that it is *live*: the lowest thread that can go on makes the next
//! event, in the first of its ways; the graphs for the other ways are kept for later executions. A thread that has yielded
//! very often lets all others go first: a loop may wait for them and change something in each round.

use std::collections::BTreeSet;
use std::panic::Location;
use std::sync::Arc;

use crate::graph::revisit::{Grown, grow};
use crate::graph::{Clock, EventId, Graph, Source};
use crate::session::Chance;
use crate::verdict::{Bound, MemoryModel, Owned, Sharing};

use super::accesses::Accesses;
use super::guide::Guide;
use super::leaks::Leak;
use super::meaning::{Event, RustCode};
use super::numbers::Numbers;
use super::operation::{Act, Object, Operation};
use super::rest::Rest;
use super::spare::Spare;
use super::unchecked::{Coroutine, Stack};
use super::values::Values;

/// The limits of an execution.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(crate) struct Limits {
    /// The number of events.
    pub(crate) events_max: usize,
    /// The number of rounds in which a loop finds nothing new before its thread waits for something new.
    pub(crate) rounds_max: u32,
    /// The number of preemptions beyond which a graph is not followed.
    pub(crate) preemptions_max: Option<usize>,
    /// How often the waits of a thread on one condition variable may time out.
    pub(crate) timeouts_max: usize,
    /// Whether waits may end, and weak compare-exchanges fail, without a cause: those of a thread on one
    /// object once.
    pub(crate) spurious: bool,
    /// Whether the wait of a thread for a future may end once without a cause, also if others may not.
    pub(crate) polls_again: bool,
    /// Whether a value with owners that is never dropped is an error.
    pub(crate) leaks: bool,
    /// Whether an allocation may get memory that has been freed.
    pub(crate) reuses_memory: bool,
    /// Whether threads that have not ended are unwound, or stay where they are for good.
    pub(crate) unwinds: bool,
    /// The size of a thread's stack, in bytes.
    pub(crate) stack_bytes: usize,
}

/// How an execution has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// All threads have ended.
    Complete,
    /// No thread can ever go on, and not all have ended.
    Deadlock,
    /// The same, but some are in loops that look for something new.
    Livelock,
    /// A thread waits for something that only another execution has: this is none.
    Blocked,
    /// The same, because a loop has found nothing new, which it may in another execution.
    Waits,
    /// All threads have ended, and a value is left over.
    Leak(Leak),
    /// A thread has panicked, or the body has ended the execution.
    Failed,
    /// The search must see more, and begin again.
    SeesTooLittle,
    /// A walk down the tree of executions goes on in another graph.
    Elsewhere,
    /// It was too long.
    TooLong,
    /// The search has used up its time or memory.
    Spent(Bound),
    /// A thread that unwinds would have had to wait, and cannot.
    Unwinding,
    /// The body has not repeated itself.
    NotRepeatable,
}

/// An operation that has come out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) id: EventId,
    /// The word that it has read.
    pub(crate) read: u64,
    /// The write that it has read; `None` also if it reads nothing.
    pub(crate) source: Option<EventId>,
    pub(crate) writes: bool,
    /// Which of its ways it has taken.
    pub(crate) way: u32,
}

/// Says why a search must end, if it must.
pub(crate) type Watch = Box<dyn Fn() -> Option<Bound>>;

/// What an attempt at an operation has led to.
pub(super) enum Attempt {
    Done(Outcome),
    /// The thread must let others go on.
    Suspend,
}

#[derive(Default)]
pub(super) struct Thread {
    pub(super) coroutine: Option<Coroutine>,
    /// How many of its operations have come out.
    pub(super) position: usize,
    /// How many of them had when it last could change data that is no event.
    pub(super) changed: usize,
    /// The operation that it wants to do, which the graph does not have.
    pub(super) pending: Option<Operation>,
    /// How often it has yielded: a loop that waits does.
    pub(super) yields: u32,
    /// The event without which it cannot repeat its next one.
    pub(super) behind: Option<EventId>,
    pub(super) is_started: bool,
    pub(super) has_ended: bool,
    pub(super) objects: usize,
    children: usize,
    /// Where the code stands that asks for its operations, if that is known.
    pub(super) site: Option<&'static Location<'static>>,
    pub(super) rest: Rest,
}

/// A walk from the first graph down to one execution, which chooses each graph out of those that the one
/// before grows into. The product of their numbers estimates the number of executions (Knuth, 1975): its
/// mean is right, since each execution is reached with the inverse of its product as probability.
#[derive(Debug)]
pub(super) struct Descent {
    pub(super) chance: Chance,
    pub(super) product: f64,
}

impl Descent {
    /// The index of the graph to go on with, out of so many.
    fn choose(&mut self, count: usize) -> usize {
        self.product *= count as f64;
        self.chance.below(count.max(1) as u64) as usize
    }
}

pub(super) struct Execution {
    pub(super) model: MemoryModel,
    pub(super) graph: Graph<RustCode>,
    pub(super) values: Values,
    pub(super) threads: Vec<Thread>,
    /// How many executions have begun, with this one.
    pub(super) number: u64,
    /// Those to each plain data of it.
    pub(super) accesses: Vec<Accesses>,
    /// The thread that runs.
    pub(super) running: u32,
    /// How many events have come out, and how many the graph has.
    pub(super) done: usize,
    pub(super) size: usize,
    /// Why the execution must not go on.
    pub(super) ending: Option<End>,
    /// The graphs that are still to be followed, latest last.
    pub(super) open: Vec<Graph<RustCode>>,
    /// A walk down the tree of executions, if that is what the search makes.
    pub(super) descent: Option<Descent>,
    /// Who decides what happens next, if not the search.
    pub(super) guide: Option<Box<dyn Guide>>,
    /// The thread that goes on after many rounds in vain, because nobody else can.
    pub(super) lone: Option<u32>,
    /// Whether there has been one in this execution. Mostly there has not.
    pub(super) had_lone: bool,
    /// The guide's decision, until it has been carried out.
    pub(super) turn: Option<u32>,
    /// The threads in the order in which they have started.
    pub(super) started: Vec<u32>,
    pub(super) numbers: Numbers,
    pub(super) spare: Spare,
    /// Where each object was made: the thread, and how many events it had.
    pub(super) made: Vec<EventId>,
    pub(super) limits: Limits,
    /// The limits that have kept an operation from ending early once more, or a loop from another round.
    pub(super) left_out: BTreeSet<Bound>,
    /// The objects whose owners a schedule sees.
    pub(super) owned: Vec<Owned>,
    /// How much of the owners of each object the search sees.
    pub(super) sharing: Vec<Sharing>,
    /// Whether a thread writes that its closure has returned.
    pub(super) sees_returns: bool,
    /// Says why the search must end, if it must.
    pub(super) watch: Option<Watch>,
    /// How many operations there have been, altogether.
    pub(super) asked: u32,
    /// The values that are being dropped by their last owners, and by which threads; those in destructors of others
    /// come after these.
    pub(super) dropping: Vec<(u32, Object)>,
    /// Whether it does not see enough of the body. It goes on to its end, but counts for nothing.
    pub(super) sees_too_little: bool,
    /// The values of which the search must see who is the last owner, when it begins again.
    pub(super) overlooked: Vec<Object>,
}

impl Execution {
    pub(super) fn new(model: MemoryModel, limits: Limits) -> Self {
        Execution {
            model,
            graph: Graph::new(model, ()),
            values: Values::default(),
            threads: Vec::new(),
            number: 0,
            accesses: Vec::new(),
            running: 0,
            done: 0,
            size: 0,
            ending: None,
            open: vec![Graph::new(model, ())],
            descent: None,
            guide: None,
            lone: None,
            had_lone: false,
            turn: None,
            started: Vec::new(),
            numbers: Numbers::new(),
            spare: Spare::default(),
            made: Vec::new(),
            limits,
            left_out: BTreeSet::new(),
            owned: Vec::new(),
            sharing: Vec::new(),
            sees_returns: false,
            watch: None,
            asked: 0,
            dropping: Vec::new(),
            sees_too_little: false,
            overlooked: Vec::new(),
        }
    }

    /// Begins to follow the latest open graph, or a guide; false if there is neither.
    pub(super) fn begin(&mut self, guide: Option<Box<dyn Guide>>) -> bool {
        if guide.is_some() {
            self.spare.clear(&mut self.graph);
        } else {
            let Some(graph) = self.open.pop() else { return false };
            self.spare.take(std::mem::replace(&mut self.graph, graph));
        }
        self.guide = guide;
        (self.turn, self.lone, self.had_lone) = (None, None, false);
        self.started.clear();
        self.size = self.graph.size();
        self.done = 0;
        self.ending = None;
        self.threads.clear();
        self.number += 1;
        self.accesses.clear();
        self.dropping.clear();
        (self.sees_too_little, self.overlooked) = (false, Vec::new());
        true
    }

    /// Forgets the open graphs: the search begins with the first one again.
    pub(super) fn begin_again(&mut self) {
        self.left_out.clear();
        self.open = vec![Graph::new(self.model, ())];
    }

    /// A stack for a new thread.
    pub(super) fn stack(&self) -> std::io::Result<Stack> {
        Stack::new(self.limits.stack_bytes)
    }

    pub(super) fn thread(&mut self) -> &mut Thread {
        &mut self.threads[self.running as usize]
    }

    /// Adds a thread whose start has come out.
    pub(super) fn add_thread(&mut self, number: u32, coroutine: Coroutine) {
        let index = number as usize;
        if self.threads.len() <= index {
            self.threads.resize_with(index + 1, Thread::default);
        }
        let coroutine = Some(coroutine);
        self.threads[index] = Thread { coroutine, is_started: true, ..Thread::default() };
        self.started.push(number);
    }

    /// The number of the thread that the running thread starts next.
    pub(super) fn next_child(&mut self) -> u32 {
        let running = self.running;
        let thread = self.thread();
        thread.children += 1;
        let nth = thread.children - 1;
        self.numbers.thread(running, nth)
    }

    /// What the running thread knows by happens-before.
    pub(super) fn knowledge(&self) -> &Clock {
        static NOTHING: Clock = Clock::nothing();
        let Some(line) = self.graph.lines.get(self.running as usize) else { return &NOTHING };
        let position = self.threads[self.running as usize].position;
        let latest = position.checked_sub(1).map(|at| &line.events[at]);
        let start = || line.started_by.map(|start| self.graph.event(start));
        latest.or_else(start).map_or(&NOTHING, |event| &event.past.knows)
    }

    /// Whether the running thread knows what a thread did before the event with this name. If the execution sees too
    /// little, that is not known: who drops a value as its last owner learns of the others by that.
    pub(super) fn knows(&self, point: EventId) -> bool {
        point.thread == self.running || self.knowledge().has(point) || self.sees_too_little
    }

    /// Whether the running thread knows of an object.
    pub(super) fn knows_of(&self, object: Object) -> bool {
        self.knows(self.made[object as usize])
    }

    /// The point that the running thread has reached: before its next event.
    pub(super) fn here(&self) -> EventId {
        let position = self.threads[self.running as usize].position as u32;
        EventId { thread: self.running, position }
    }

    pub(super) fn has_come_out(&self, event: EventId) -> bool {
        let thread = self.threads.get(event.thread as usize);
        thread.is_some_and(|it| it.position > event.position as usize)
    }

    /// Tries for the first time to carry out an operation of the running thread; `None` if that ends the
    /// execution.
    pub(super) fn first_attempt(&mut self, operation: &Operation) -> Option<Attempt> {
        self.note_effect();
        self.ending.is_none().then(|| self.attempt(operation))
    }

    /// Tries to carry out an operation of the running thread.
    pub(super) fn attempt(&mut self, operation: &Operation) -> Attempt {
        let me = self.running as usize;
        let site = self.threads[me].site.unwrap_or(operation.site);
        let operation = &Operation { site, ..*operation };
        let position = self.threads[me].position;
        if position < self.graph.lines[me].events.len() {
            return self.repeat(operation, position);
        }
        self.threads[me].pending = Some(*operation);
        if self.done < self.size || self.next_live() != Some(self.running) {
            return Attempt::Suspend;
        }
        self.extend(operation)
    }

    fn end(&mut self, end: End) -> Attempt {
        self.ending.get_or_insert(end);
        Attempt::Suspend
    }

    /// Carries out an operation as the graph says.
    fn repeat(&mut self, operation: &Operation, position: usize) -> Attempt {
        let me = self.running as usize;
        let event = &self.graph.lines[me].events[position];
        let Event { id, reads, writes, .. } = **event;
        let known = &event.detail.operation;
        let (has_same_words, way) = (known.act == operation.act, event.detail.way);
        if !known.is_like(operation) {
            return self.end(End::NotRepeatable);
        }
        let source = reads.flatten();
        let behind = event.needs().find(|&it| !self.has_come_out(it));
        self.threads[me].behind = behind;
        if behind.is_some() {
            return Attempt::Suspend;
        }
        let read = self.read(operation, reads);
        if let Act::Exchange { expected, .. } = operation.act
            && writes != (read == expected && way == 0)
        {
            return self.end(End::NotRepeatable);
        }
        if !has_same_words {
            self.renew(operation, position, read);
        }
        self.done(operation, Outcome { id, read, source, writes, way })
    }

    /// Gives an event of the running thread the words of this execution: an address is not the same in every one.
    fn renew(&mut self, operation: &Operation, position: usize, read: u64) {
        let line = Arc::make_mut(&mut self.graph.lines[self.running as usize]);
        let event = Arc::make_mut(&mut line.events[position]);
        event.detail.operation = *operation;
        event.detail.word = operation.act.word(read);
    }

    fn read(&self, operation: &Operation, reads: Option<Source>) -> u64 {
        let object = operation.object.zip(reads);
        object.map_or(0, |(object, source)| self.values.word(object, source))
    }

    fn done(&mut self, operation: &Operation, outcome: Outcome) -> Attempt {
        if outcome.writes {
            self.values.set(outcome.id, operation.act.word(outcome.read));
        }
        self.done += 1;
        let thread = self.thread();
        thread.position += 1;
        thread.pending = None;
        thread.yields += u32::from(operation.act == Act::Yield);
        Attempt::Done(outcome)
    }

    /// Adds an operation to the graph.
    fn extend(&mut self, operation: &Operation) -> Attempt {
        let me = self.running;
        if self.size >= self.limits.events_max {
            return self.end(End::TooLong);
        }
        if let Some(object) = operation.object {
            self.graph.reach(object);
        }
        let id = self.graph.next_id(me);
        let goes_on = if self.guide.is_some() {
            self.extend_as_guided(operation)
        } else if operation.is_alone() {
            self.graph.go_alone(me, operation, &mut self.spare);
            true
        } else {
            self.extend_and_keep_others(operation)
        };
        if !goes_on {
            return self.end(End::Blocked);
        }
        self.size += 1;
        if let Act::Spawn { thread } = operation.act {
            self.graph.start(thread, (), id);
        }
        let event = self.graph.event(id);
        let (reads, writes, way) = (event.reads, event.writes, event.detail.way);
        let read = self.read(operation, reads);
        self.done(operation, Outcome { id, read, source: reads.flatten(), writes, way })
    }

    /// Adds an operation to the graph in the first of its ways, and keeps the graphs for the others. False if
    /// it has no way in this graph.
    fn extend_and_keep_others(&mut self, operation: &Operation) -> bool {
        let me = self.running;
        let id = self.graph.next_id(me);
        let events = self.graph.next_events(&self.values, me, operation, &mut self.spare);
        let graph = std::mem::replace(&mut self.graph, Graph::empty(self.model));
        let mut grown = grow(&self.values, graph, events).into_iter();
        let is_next = |it: &Grown<RustCode>| it.new[..] == [id];
        if self.descent.is_some() {
            // The first is followed, whatever it needs, if it is this graph with one more event.
            let is_kept = |(nth, it): &(usize, Grown<RustCode>)| {
                *nth == 0 && is_next(it) || self.is_followed(&it.graph)
            };
            let mut kept: Vec<_> = grown.enumerate().filter(is_kept).map(|(_, it)| it).collect();
            let chosen = self.descent.as_mut().map_or(0, |it| it.choose(kept.len()));
            if chosen >= kept.len() {
                return false;
            }
            let chosen = kept.swap_remove(chosen);
            let goes_on = is_next(&chosen);
            if goes_on {
                self.graph = chosen.graph;
            } else {
                self.open = vec![chosen.graph];
                self.ending = Some(End::Elsewhere);
            }
            return goes_on;
        }
        let first = grown.next();
        let goes_on = first.as_ref().is_some_and(is_next);
        grown.rev().for_each(|it| self.keep_open(it.graph));
        match first {
            Some(first) => self.graph = first.graph,
            None => return false,
        }
        if !goes_on {
            self.keep_open(self.graph.clone());
        }
        goes_on
    }

    fn is_followed(&self, graph: &Graph<RustCode>) -> bool {
        self.limits.preemptions_max.is_none_or(|most| graph.needs_at_most(most))
    }

    /// Keeps a graph, to be followed later, unless it needs too many preemptions.
    fn keep_open(&mut self, graph: Graph<RustCode>) {
        if self.is_followed(&graph) {
            self.open.push(graph);
        } else {
            self.left_out.insert(Bound::Preemptions);
        }
    }
}
