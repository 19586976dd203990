//! Finds the operations of a trace in the graph of their execution, which knows what each reads, waits for and
//! comes after.
//!
//! An operation of a trace is one event of its thread in the graph or several: a lock takes a ticket and waits. They
//! are found by their kinds, one after the other. Does not see the order of what is no event, such as an access to
//! plain data: it counts as the event after it.

use std::collections::{HashMap, VecDeque};

use super::meaning::RustCode;
use super::operation::Act;
use super::search::Search;
use crate::graph::{EventId, Graph};
use crate::session::{Event, OpKind, ThreadId};
use crate::verdict::{Order, Read};

impl Search {
    /// The orders of the operations in the trace of the latest execution.
    pub(crate) fn orders(&self, trace: &[Event]) -> Vec<Order> {
        let Some(graph) = self.graph() else { return Vec::new() };
        Found::of(graph, trace).orders()
    }
}

/// The operations of a trace, and their events.
struct Found<'a> {
    graph: &'a Graph<RustCode>,
    trace: &'a [Event],
    /// For each operation, the positions of its first event and its last one in its thread's line; `None` if it has
    /// none.
    spans: Vec<Option<(u32, u32)>>,
    /// The operation that an event belongs to.
    operations: HashMap<EventId, usize>,
    /// The number in the graph of a thread of the trace.
    threads: HashMap<ThreadId, u32>,
    /// For each thread of the trace, its operations, with the position of the event by which each is known.
    known_by: HashMap<ThreadId, Vec<u32>>,
}

impl<'a> Found<'a> {
    fn of(graph: &'a Graph<RustCode>, trace: &'a [Event]) -> Self {
        let mut found = Found {
            graph,
            trace,
            spans: vec![None; trace.len()],
            operations: HashMap::new(),
            threads: HashMap::from([(ThreadId(0), 0)]),
            known_by: HashMap::new(),
        };
        // Threads have other numbers in the graph. Those that a thread starts are known when its operations are.
        let mut pending = VecDeque::from([ThreadId(0)]);
        while let Some(thread) = pending.pop_front() {
            pending.extend(found.find(thread));
        }
        found
    }

    /// Finds the operations of a thread; returns the threads that it starts.
    fn find(&mut self, thread: ThreadId) -> Vec<ThreadId> {
        let number = self.threads[&thread];
        let Some(line) = self.graph.lines.get(number as usize) else { return Vec::new() };
        let acts: Vec<Act> = line.events.iter().map(|it| it.detail.operation.act).collect();
        let mut started = Vec::new();
        let mut next = 0;
        let mut known_by = Vec::new();
        for (at, event) in self.trace.iter().enumerate() {
            if event.thread != thread || !event.is_done {
                continue;
            }
            let first = acts[next..].iter().position(|act| begins(event.op, *act));
            let Some(first) = first.map(|offset| next + offset) else {
                known_by.push(next as u32);
                continue;
            };
            let last = first + length(event, &acts[first..]) - 1;
            for position in first..=last {
                self.operations.insert(EventId { thread: number, position: position as u32 }, at);
            }
            if let (Act::Spawn { thread }, Some(child)) = (acts[first], event.written) {
                let child = ThreadId(child as u32);
                self.threads.insert(child, thread);
                started.push(child);
            }
            self.spans[at] = Some((first as u32, last as u32));
            known_by.push(last as u32);
            next = last + 1;
        }
        self.known_by.insert(thread, known_by);
        started
    }

    fn orders(&self) -> Vec<Order> {
        let threads = self.trace.iter().map(|it| it.thread.0 as usize + 1).max().unwrap_or(0);
        // What each thread knows so far.
        let mut knows: Vec<Vec<u32>> = vec![vec![0; threads]; threads];
        let mut orders = Vec::with_capacity(self.trace.len());
        for (at, event) in self.trace.iter().enumerate() {
            let me = event.thread.0 as usize;
            if !event.is_done {
                orders.push(Order::default());
                continue;
            }
            let own = knows[me][me] + 1;
            if let Some((_, last)) = self.spans[at] {
                knows[me] = self.clock(event.thread, last, threads);
            } else if own == 1 {
                knows[me] = self.clock_of_start(event.thread, threads);
            }
            knows[me][me] = own;
            orders.push(Order {
                clock: knows[me].clone(),
                read: self.read(at),
                awaited: self.awaited(at),
            });
        }
        orders
    }

    /// How many operations of each thread happen before an event.
    fn clock(&self, thread: ThreadId, position: u32, threads: usize) -> Vec<u32> {
        let id = EventId { thread: self.threads[&thread], position };
        let knows = &self.graph.event(id).past.knows;
        let count = |thread: ThreadId| {
            let Some(number) = self.threads.get(&thread) else { return 0 };
            let events = knows.count(*number);
            let known_by = self.known_by.get(&thread).map_or(&[][..], Vec::as_slice);
            known_by.partition_point(|&position| position < events) as u32
        };
        (0..threads as u32).map(|thread| count(ThreadId(thread))).collect()
    }

    /// The same for a thread that has no event so far: it knows what the operation knows that started it.
    fn clock_of_start(&self, thread: ThreadId, threads: usize) -> Vec<u32> {
        let is_start = |it: &&Event| {
            it.is_done && it.op == OpKind::Spawn && it.written == Some(thread.0.into())
        };
        let start = self.trace.iter().position(|it| is_start(&it));
        match start.and_then(|at| Some((self.trace[at].thread, self.spans[at]?.1))) {
            Some((starter, position)) => self.clock(starter, position, threads),
            None => vec![0; threads],
        }
    }

    /// The event that an operation begins with.
    fn first_of(&self, at: usize) -> Option<EventId> {
        let number = *self.threads.get(&self.trace[at].thread)?;
        Some(EventId { thread: number, position: self.spans[at]?.0 })
    }

    /// The write that an operation on an atomic reads.
    fn read(&self, at: usize) -> Option<Read> {
        let event = self.graph.event(self.first_of(at)?);
        let is_atomic = matches!(
            event.detail.operation.act,
            Act::Load | Act::Update(_) | Act::Exchange { .. } | Act::Park
        );
        let source = event.reads.filter(|_| is_atomic)?;
        let write = match source {
            None => None,
            Some(id) => Some(*self.operations.get(&id)?),
        };
        let has_found = |write: usize| self.trace[write].written == self.trace[at].read;
        // What is not as the trace has it was not found rightly.
        if self.trace[at].read.is_some() && write.is_some_and(|it| !has_found(it)) {
            return None;
        }
        let location = &self.graph.locations[event.location?];
        let newer = location.writes_from(location.rank(source) + 1).flatten();
        let newer = newer.filter_map(|id| self.operations.get(&id).copied());
        let mut newer: Vec<usize> = newer.filter(|&it| it < at).collect();
        newer.sort_unstable();
        Some(Read { write, newer })
    }

    fn awaited(&self, at: usize) -> Vec<usize> {
        let Some(first) = self.first_of(at) else { return Vec::new() };
        let Some((from, to)) = self.spans[at] else { return Vec::new() };
        let events = (from..=to).map(|position| self.graph.event(EventId { position, ..first }));
        let ids = events.flat_map(|event| event.awaits.iter().copied());
        let others = ids.filter(|id| id.thread != first.thread);
        let mut awaited: Vec<usize> =
            others.filter_map(|id| self.operations.get(&id).copied()).collect();
        awaited.sort_unstable();
        awaited.dedup();
        awaited
    }
}

/// Whether an operation may begin with this act.
fn begins(op: OpKind, act: Act) -> bool {
    match op {
        OpKind::Lock | OpKind::LockShared => matches!(act, Act::Lock { .. }),
        // One that a mutant fails only lets others go on.
        OpKind::TryLock | OpKind::TryLockShared => matches!(act, Act::TryLock { .. } | Act::Yield),
        OpKind::Unlock => matches!(act, Act::Unlock { .. }),
        OpKind::Wait | OpKind::WaitTimeout => act == Act::Wait,
        OpKind::NotifyOne | OpKind::NotifyAll => matches!(act, Act::Notify { .. }),
        OpKind::Load => act == Act::Load,
        OpKind::Store => matches!(act, Act::Store { .. }),
        OpKind::CompareExchange | OpKind::CompareExchangeWeak => {
            matches!(act, Act::Exchange { .. })
        }
        OpKind::Fence => act == Act::Fence,
        OpKind::Spawn => matches!(act, Act::Spawn { .. }),
        OpKind::Join | OpKind::JoinScoped => matches!(act, Act::Join { .. }),
        OpKind::Yield => act == Act::Yield,
        OpKind::Park => act == Act::Park,
        OpKind::ParkTimeout | OpKind::Unpark => matches!(act, Act::Update(_)),
        OpKind::Exit => act == Act::End,
        op => op.is_read_modify_write() && matches!(act, Act::Update(_)),
    }
}

/// How many events an operation has that begins with the first of these.
fn length(event: &Event, acts: &[Act]) -> usize {
    let waits = matches!(event.op, OpKind::Wait | OpKind::WaitTimeout);
    if !waits && !event.has_locked() {
        return 1;
    }
    // A wait gives its lock back, and has it again at the end.
    let is_end = |act: &Act| matches!(act, Act::Acquire { .. });
    acts.iter().position(is_end).map_or(1, |end| end + 1)
}
