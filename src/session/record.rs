//! What a session keeps of the operations of its execution.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard};

use super::locked::locked;
use super::ops::Ops;
use crate::verdict::{Event, ObjectKind, OpKind, ThreadId};

/// How much is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Detail {
    /// How many operations there were, and of which kinds; for executions whose threads share one OS thread,
    /// and which can be repeated if more must be known.
    Counts,
    /// The same, and whether each thread does what it did in another execution: see [`Shape`].
    Shape,
    /// Every operation.
    Events,
}

/// Which operations each thread has performed, and where, in order; whatever the words, which may be addresses.
#[derive(PartialEq, Eq, Debug, Default)]
pub(crate) struct Shape(Vec<Vec<Step>>);

/// An operation without its words.
#[derive(PartialEq, Eq, Debug)]
struct Step {
    op: OpKind,
    object: Option<ObjectKind>,
    /// The address of the location.
    place: usize,
}

/// How many events one shard keeps; older ones are dropped.
const EVENTS_MAX: usize = 1 << 16;
/// A power of two larger than most executions' number of threads, so that a thread finds its
/// shard's lock free: recording must not order what the program leaves unordered.
const SHARDS: usize = 16;

pub(super) struct Record {
    steps: AtomicU64,
    /// The kinds of operations that have begun.
    ops: AtomicU64,
    /// Empty if no events are kept.
    shards: Box<[Mutex<Shard>]>,
    shape: Option<Mutex<Kept>>,
}

/// What is kept of an execution that may be the only one.
#[derive(Default)]
struct Kept {
    shape: Shape,
    users: Users,
}

/// Which thread uses which object.
#[derive(Default)]
struct Users {
    /// The first user of each object; the index is the object's number.
    first: Vec<Option<ThreadId>>,
    /// Whether some object has another user, or a thread has told another one something.
    are_several: bool,
}

impl Users {
    fn note(&mut self, event: &Event) {
        self.are_several |= event.op == OpKind::Unpark;
        let Some(object) = event.object else { return };
        let index = object.number as usize;
        if self.first.len() <= index {
            self.first.resize(index + 1, None);
        }
        self.are_several |= *self.first[index].get_or_insert(event.thread) != event.thread;
    }
}

#[derive(Default)]
struct Shard {
    events: VecDeque<Event>,
    pending: Vec<Event>,
}

impl Record {
    pub(super) fn new(detail: Detail) -> Self {
        let shards = match detail {
            Detail::Counts | Detail::Shape => Box::default(),
            Detail::Events => (0..SHARDS).map(|_| Mutex::default()).collect(),
        };
        let shape = (detail == Detail::Shape).then(Mutex::default);
        Record { steps: AtomicU64::new(0), ops: AtomicU64::new(0), shards, shape }
    }

    fn shard(&self, thread: ThreadId) -> MutexGuard<'_, Shard> {
        locked(&self.shards[thread.0 as usize % SHARDS])
    }

    pub(super) fn begin(&self, event: Event) {
        let ops = Ops::of(&event).bits();
        // ORDER: Relaxed, no edge: a set that only grows, read when the execution has ended.
        if self.ops.load(Relaxed) & ops != ops {
            // ORDER: Relaxed, no edge: see above.
            self.ops.fetch_or(ops, Relaxed);
        }
        if !self.shards.is_empty() {
            let mut shard = self.shard(event.thread);
            shard.pending.retain(|pending| pending.thread != event.thread);
            shard.pending.push(event);
        }
    }

    pub(super) fn end(&self, event: Event) {
        if let Some(shape) = &self.shape {
            let Kept { shape: Shape(threads), users } = &mut *locked(shape);
            let thread = event.thread.0 as usize;
            if threads.len() <= thread {
                threads.resize_with(thread + 1, Vec::new);
            }
            let (op, object) = (event.op, event.object.map(|it| it.kind));
            let place = std::ptr::from_ref(event.location).addr();
            threads[thread].push(Step { op, object, place });
            users.note(&event);
        }
        if self.shards.is_empty() {
            // ORDER: Relaxed, no edge: one OS thread runs the execution.
            self.steps.store(self.steps.load(Relaxed) + 1, Relaxed);
            return;
        }
        let mut shard = self.shard(event.thread);
        shard.pending.retain(|pending| pending.thread != event.thread);
        if shard.events.len() == EVENTS_MAX {
            shard.events.pop_front();
        }
        // ORDER: Relaxed, no edge: counts; ordering more would hide races.
        let step = self.steps.fetch_add(1, Relaxed) + 1;
        shard.events.push_back(Event { step, is_done: true, ..event });
    }

    /// Gives away the shape of the execution so far; that of one without operations if none is kept.
    pub(super) fn take_shape(&self) -> Shape {
        self.shape.as_ref().map(|it| std::mem::take(&mut locked(it).shape)).unwrap_or_default()
    }

    /// Whether threads have used the same object, or one has told another something. False if only numbers are kept.
    pub(super) fn shares(&self) -> bool {
        let mut users = Users::default();
        self.events().iter().for_each(|event| users.note(event));
        users.are_several || self.shape.as_ref().is_some_and(|it| locked(it).users.are_several)
    }

    /// How many operations there have been.
    pub(super) fn steps(&self) -> u64 {
        // ORDER: Relaxed, no edge: counts.
        self.steps.load(Relaxed)
    }

    /// The kinds of operations that have begun so far.
    pub(super) fn ops(&self) -> Ops {
        // ORDER: Relaxed, no edge: see begin.
        Ops::from_bits(self.ops.load(Relaxed))
    }

    /// The operations that threads are inside, by thread.
    pub(super) fn pending(&self) -> Vec<Event> {
        let mut pending = Vec::new();
        for shard in &self.shards {
            pending.extend_from_slice(&locked(shard).pending);
        }
        pending.sort_by_key(|event| event.thread);
        pending
    }

    /// The operations that happened, in order, and then those that have only begun.
    pub(super) fn events(&self) -> Vec<Event> {
        let mut events: Vec<Event> = Vec::new();
        for shard in &self.shards {
            events.extend(locked(shard).events.iter());
        }
        events.sort_by_key(|event| event.step);
        events.append(&mut self.pending());
        events
    }
}
