//! An execution's events as the axioms see them: each thread's operations in order, and the values read.
//!
//! Atomic accesses and fences become nodes. Locks, waits, starts and joins become nodes that add edges:
//! the order in which a lock passed from thread to thread is part of what was observed, because the data
//! under the lock is not. If the trace does not determine an edge, none is added; this can let an
//! execution pass, but never forbids one.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Release, SeqCst};

use crate::session::{Event, ObjectId, ObjectKind, OpKind, ThreadId};
use crate::verdict::Unconfirmed;

/// One operation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node {
    /// `None` for the write of the initial value.
    pub(super) thread: Option<ThreadId>,
    /// The atomic that is accessed, by its index in `Execution::locations`.
    pub(super) location: Option<usize>,
    pub(super) read: Option<u64>,
    pub(super) written: Option<u64>,
    ordering: Option<Ordering>,
    pub(super) is_fence: bool,
}

impl Node {
    pub(super) fn is_acquire(&self) -> bool {
        (self.is_fence || self.read.is_some())
            && matches!(self.ordering, Some(Acquire | AcqRel | SeqCst))
    }

    pub(super) fn is_release(&self) -> bool {
        (self.is_fence || self.written.is_some())
            && matches!(self.ordering, Some(Release | AcqRel | SeqCst))
    }

    pub(super) fn is_seq_cst(&self) -> bool {
        self.ordering == Some(SeqCst)
    }
}

/// An execution without its reads-from relation and without the order of its writes.
#[derive(Debug, Default)]
pub(super) struct Execution {
    /// Each thread's nodes in program order. The order of nodes of different threads means nothing.
    pub(super) nodes: Vec<Node>,
    /// For each node, its immediate predecessors: in its thread, and by a lock, a start or a join.
    pub(super) before: Vec<Vec<usize>>,
    /// For each atomic, its accesses. The first is the write of the initial value.
    pub(super) locations: Vec<Vec<usize>>,
}

/// The state of threads and locks while the events are read in order.
#[derive(Default)]
struct Reading {
    execution: Execution,
    atomics: HashMap<ObjectId, usize>,
    /// Each thread's latest node.
    last: HashMap<ThreadId, usize>,
    /// The node that started a thread.
    starts: HashMap<ThreadId, usize>,
    /// The node that last released a lock.
    released: HashMap<ObjectId, usize>,
    /// The same, if it was not a reader of a read-write lock.
    released_by_writers: HashMap<ObjectId, usize>,
    /// Which threads read under which locks.
    shared: HashSet<(ThreadId, ObjectId)>,
    holders: HashMap<ObjectId, ThreadId>,
    /// The locks that a thread has, including those that it waits to get back.
    held: HashMap<ThreadId, Vec<ObjectId>>,
}

impl Execution {
    /// Reads the events of an execution. `initial` returns the initial value of an atomic.
    ///
    /// # Errors
    /// Something that the axioms need was not recorded.
    pub(super) fn new(
        events: &[Event],
        initial: &dyn Fn(ObjectId) -> u64,
    ) -> Result<Self, Unconfirmed> {
        let done = || events.iter().filter(|event| event.is_done);
        // Steps are counted from 1: a gap is an event that was dropped.
        if done().zip(1..).any(|(event, step)| event.step != step) {
            return Err(Unconfirmed::Incomplete);
        }
        let mut reading = Reading::default();
        for event in done() {
            reading.event(event, initial)?;
        }
        Ok(reading.execution)
    }
}

impl Reading {
    fn event(
        &mut self,
        event: &Event,
        initial: &dyn Fn(ObjectId) -> u64,
    ) -> Result<(), Unconfirmed> {
        match event.op {
            OpKind::LockShared | OpKind::TryLockShared => {
                let node = self.node(event, None);
                if let Some(lock) = event.object.filter(|_| event.has_locked()) {
                    self.shared.insert((event.thread, lock));
                    // Nothing promises an edge from one reader to another.
                    let released = self.released_by_writers.get(&lock);
                    self.execution.before[node].extend(released);
                }
            }
            OpKind::TryLock if !event.has_locked() => _ = self.node(event, None),
            OpKind::Lock | OpKind::TryLock => {
                let node = self.node(event, None);
                if let Some(lock) = event.object {
                    self.hand_over(node, lock, event.thread);
                    self.held.entry(event.thread).or_default().push(lock);
                }
            }
            OpKind::Unlock => {
                let node = self.node(event, None);
                if let Some(lock) = event.object {
                    self.released.insert(lock, node);
                    if !self.shared.remove(&(event.thread, lock)) {
                        self.released_by_writers.insert(lock, node);
                    }
                    self.holders.remove(&lock);
                    self.held.entry(event.thread).or_default().retain(|&held| held != lock);
                }
            }
            OpKind::Wait | OpKind::WaitTimeout => {
                let node = self.node(event, None);
                // The trace names the condition variable. If the thread has several locks, it is not
                // known which one was released and taken again.
                if let Some(&[lock]) = self.held.get(&event.thread).map(Vec::as_slice) {
                    self.hand_over(node, lock, event.thread);
                }
            }
            OpKind::Spawn => {
                let node = self.node(event, None);
                if let Some(thread) = event.written {
                    self.starts.insert(ThreadId(thread as u32), node);
                }
            }
            op if op.is_join() => {
                let node = self.node(event, None);
                let ended = event.read.and_then(|it| self.last.get(&ThreadId(it as u32)));
                self.execution.before[node].extend(ended);
            }
            OpKind::Fence => _ = self.node(event, None),
            OpKind::Load | OpKind::Store => self.access(event, initial)?,
            op if op.is_read_modify_write() => self.access(event, initial)?,
            _ => {}
        }
        Ok(())
    }

    fn node(&mut self, event: &Event, location: Option<usize>) -> usize {
        let thread = event.thread;
        // A compare-exchange that writes nothing has failed.
        let has_failed = event.written.is_none() && event.ordering_failure.is_some();
        let is_access = location.is_some();
        let node = self.push(Node {
            thread: Some(thread),
            location,
            read: event.read.filter(|_| is_access),
            written: event.written.filter(|_| is_access),
            ordering: if has_failed { event.ordering_failure } else { event.ordering },
            is_fence: event.op == OpKind::Fence,
        });
        let first_of = |it: &Self| it.starts.get(&thread).copied();
        let before = self.last.insert(thread, node).or_else(|| first_of(self));
        self.execution.before[node].extend(before);
        node
    }

    fn push(&mut self, node: Node) -> usize {
        let at = self.execution.nodes.len();
        if let Some(location) = node.location {
            self.execution.locations[location].push(at);
        }
        self.execution.nodes.push(node);
        self.execution.before.push(Vec::new());
        at
    }

    fn access(
        &mut self,
        event: &Event,
        initial: &dyn Fn(ObjectId) -> u64,
    ) -> Result<(), Unconfirmed> {
        let is_told = match event.op {
            OpKind::Load => event.read.is_some(),
            op if op.is_compare_exchange() => event.read.is_some(),
            OpKind::Store => event.written.is_some(),
            _ => event.read.is_some() && event.written.is_some(),
        };
        // An object that was made outside an execution has no number of its own.
        let object = event.object.filter(|it| it.kind == ObjectKind::Atomic && it.number > 0);
        let object = object.filter(|_| is_told).ok_or(Unconfirmed::Incomplete)?;
        let location = match self.atomics.get(&object) {
            Some(&location) => location,
            None => {
                let location = self.execution.locations.len();
                self.atomics.insert(object, location);
                self.execution.locations.push(Vec::new());
                self.push(Node {
                    thread: None,
                    location: Some(location),
                    read: None,
                    written: Some(initial(object)),
                    ordering: None,
                    is_fence: false,
                });
                location
            }
        };
        self.node(event, Some(location));
        Ok(())
    }

    fn hand_over(&mut self, node: usize, lock: ObjectId, thread: ThreadId) {
        let released = self.released.get(&lock).copied();
        // The recorded owner of the lock has released it in a wait that has not ended yet.
        let waiter = self.holders.insert(lock, thread).filter(|&it| it != thread);
        let in_wait = waiter.and_then(|it| self.last.get(&it).copied());
        self.execution.before[node].extend(released.into_iter().chain(in_wait));
    }
}
