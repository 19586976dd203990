//! What a trace says of an execution between its operations: where each thread is, who has which lock, and what the
//! atomics have.

use std::collections::BTreeMap;

use crate::page::{Lock, Moment, Spot, ThreadNow};
use crate::report::event_words;
use crate::session::{Event, ObjectId, ObjectKind, OpKind, ThreadId};

/// The state after some operations of a trace.
pub(super) struct State<'t> {
    trace: &'t [Event],
    threads: u32,
    /// How many operations there have been.
    made: usize,
    /// The latest words of atomics, as far as an operation has told them.
    words: BTreeMap<ObjectId, u64>,
    /// Who has a lock; several may share one.
    owners: BTreeMap<ObjectId, Vec<Owner>>,
    /// The locks that a thread has, with those that it waits to get back.
    held: BTreeMap<ThreadId, Vec<ObjectId>>,
}

/// A thread that has a lock.
#[derive(Clone, Copy)]
struct Owner {
    thread: ThreadId,
    is_shared: bool,
}

impl<'t> State<'t> {
    /// The state before the first operation.
    pub(super) fn of(trace: &'t [Event], threads: u32) -> Self {
        State {
            trace,
            threads,
            made: 0,
            words: BTreeMap::new(),
            owners: BTreeMap::new(),
            held: BTreeMap::new(),
        }
    }

    /// Goes on over the operation at this position, which is the next one.
    pub(super) fn step(&mut self, at: usize) {
        self.made = at + 1;
        let event = self.trace[at];
        let is_wait = matches!(event.op, OpKind::Wait | OpKind::WaitTimeout);
        if is_wait {
            self.wait(&event);
        }
        let Some(object) = event.object.filter(|_| event.is_done && !is_wait) else { return };
        if event.has_locked() {
            let owners = self.owners.entry(object).or_default();
            let is_shared = matches!(event.op, OpKind::LockShared | OpKind::TryLockShared);
            // Who had it until now has given it back in a wait.
            if !is_shared {
                owners.clear();
            }
            owners.push(Owner { thread: event.thread, is_shared });
            self.held.entry(event.thread).or_default().push(object);
        } else if event.op == OpKind::Unlock {
            // A thread may share a lock several times.
            remove_one(self.owners.entry(object).or_default(), |it| it.thread == event.thread);
            remove_one(self.held.entry(event.thread).or_default(), |it| *it == object);
        } else if object.kind == ObjectKind::Atomic
            && let Some(word) = event.written.or(event.read.filter(|_| event.written.is_none()))
        {
            let is_news = event.written.is_some() || !self.words.contains_key(&object);
            if is_news {
                self.words.insert(object, word);
            }
        }
    }

    /// A wait that has begun has given its lock back, and one that is done has it again. If the thread has several
    /// locks, it is not known which one.
    fn wait(&mut self, event: &Event) {
        let Some(&[lock]) = self.held.get(&event.thread).map(Vec::as_slice) else { return };
        let owners = self.owners.entry(lock).or_default();
        if event.is_done {
            *owners = vec![Owner { thread: event.thread, is_shared: false }];
        } else {
            owners.retain(|it| it.thread != event.thread);
        }
    }

    /// Whether a thread has an operation left that it could make now.
    pub(super) fn can_go_on(&self, thread: ThreadId) -> bool {
        let Some(next) = self.next_of(thread) else { return false };
        match next.op {
            OpKind::Lock | OpKind::LockShared => self.keeper(next).is_none(),
            op if op.is_join() => next.read.is_some_and(|it| self.has_ended(ThreadId(it as u32))),
            OpKind::Wait | OpKind::WaitTimeout | OpKind::Park | OpKind::ParkTimeout => false,
            _ => true,
        }
    }

    fn next_of(&self, thread: ThreadId) -> Option<&'t Event> {
        self.trace[self.made..].iter().find(|event| event.thread == thread)
    }

    fn has_ended(&self, thread: ThreadId) -> bool {
        let mut made = self.trace[..self.made].iter();
        made.any(|event| event.thread == thread && event.op == OpKind::Exit)
    }

    /// The thread, perhaps the same one, that has the lock that an operation waits for.
    fn keeper(&self, event: &Event) -> Option<ThreadId> {
        let mut owners = self.owners.get(&event.object?)?.iter();
        let owner = match event.op {
            OpKind::Lock => owners.next(),
            OpKind::LockShared => owners.find(|owner| !owner.is_shared),
            _ => None,
        };
        owner.map(|it| it.thread)
    }

    /// The thread that an operation which has only begun waits for.
    pub(super) fn waits_for(&self, event: &Event) -> Option<ThreadId> {
        match event.op {
            _ if event.is_done => None,
            OpKind::Lock | OpKind::LockShared => self.keeper(event),
            op if op.is_join() => event.read.map(|it| ThreadId(it as u32)),
            _ => None,
        }
    }

    /// The operation of another thread that an operation has waited for, as far as the order of the trace tells:
    /// the end of the thread that it joins, or the release of the lock that it gets.
    pub(super) fn cause_of(&self, at: usize) -> Option<usize> {
        let event = &self.trace[at];
        let joined = event.read.filter(|_| event.op.is_join());
        let is_cause = |it: &Event| match joined {
            Some(thread) => it.op == OpKind::Exit && u64::from(it.thread.0) == thread,
            None => event.has_locked() && it.op == OpKind::Unlock && it.object == event.object,
        };
        self.trace[..at].iter().rposition(is_cause)
    }

    /// What is shown of it; `spot` has the place of an operation.
    pub(super) fn moment(&self, spot: &dyn Fn(&Event) -> Option<Spot>) -> Moment {
        let words = self.words.iter();
        Moment {
            threads: (0..self.threads).map(|it| self.thread(ThreadId(it), spot)).collect(),
            memory: words.map(|(object, word)| (object.to_string(), word.to_string())).collect(),
            locks: self.locks(),
            output: String::new(),
        }
    }

    fn thread(&self, thread: ThreadId, spot: &dyn Fn(&Event) -> Option<Spot>) -> ThreadNow {
        let made = self.trace[..self.made].iter().rfind(|event| event.thread == thread);
        let state = |text: String| ThreadNow { state: text, ..ThreadNow::default() };
        if let Some(begun) = made.filter(|event| !event.is_done) {
            return ThreadNow { spot: spot(begun), ..state(event_words(begun)) };
        }
        if self.has_ended(thread) {
            return state("has ended".into());
        }
        let mut started = self.trace[..self.made].iter();
        let is_start = |it: &Event| {
            it.op == OpKind::Spawn && it.written == Some(thread.0.into()) && it.is_done
        };
        let is_there = thread.0 == 0 || made.is_some() || started.any(is_start);
        match self.next_of(thread) {
            _ if !is_there => state("not started".into()),
            None => state("makes no further operation".into()),
            Some(next) => ThreadNow { spot: spot(next), ..state(self.about_to(next)) },
        }
    }

    /// The next operation of a thread in words, with what it waits for.
    fn about_to(&self, next: &Event) -> String {
        let begun = event_words(&Event { is_done: false, ..*next });
        let joined = next.read.filter(|_| next.op.is_join()).map(|it| ThreadId(it as u32));
        if joined.is_some_and(|thread| !self.has_ended(thread)) {
            return begun;
        }
        let keeper = self.keeper(next).filter(|it| *it != next.thread);
        match keeper {
            Some(keeper) => format!("waits for {keeper}: {}", event_words(next)),
            None if matches!(next.op, OpKind::Wait | OpKind::WaitTimeout) => {
                format!("next: {begun}")
            }
            None => format!("next: {}", event_words(next)),
        }
    }

    /// Locks that somebody has, and condition variables that somebody waits on.
    fn locks(&self) -> Vec<Lock> {
        let begun = self.trace[..self.made].iter().filter(|event| !event.is_done);
        let mut waits: BTreeMap<ObjectId, Vec<ThreadId>> = BTreeMap::new();
        for event in begun.filter(|it| matches!(it.op, OpKind::Wait | OpKind::WaitTimeout)) {
            waits.entry(event.object.unwrap_or(NO_OBJECT)).or_default().push(event.thread);
        }
        let wants = |lock: &ObjectId| {
            let threads = (0..self.threads).map(ThreadId);
            let wants = |thread: &ThreadId| {
                let made = self.trace[..self.made].iter().rfind(|event| event.thread == *thread);
                let begun = made.filter(|event| !event.is_done);
                let next = begun.or_else(|| self.next_of(*thread));
                next.is_some_and(|it| {
                    let waits = matches!(it.op, OpKind::Lock | OpKind::LockShared);
                    it.object == Some(*lock) && waits
                })
            };
            names(threads.filter(wants))
        };
        let of_locks =
            self.owners.iter().filter(|(_, owners)| !owners.is_empty()).map(|(lock, owners)| {
                Lock {
                    name: lock.to_string(),
                    owner: names(owners.iter().map(|it| it.thread)),
                    waiting: wants(lock),
                }
            });
        let of_waits = waits.into_iter().map(|(object, threads)| Lock {
            name: object.to_string(),
            owner: String::new(),
            waiting: format!("for a notification: {}", names(threads.into_iter())),
        });
        of_locks.chain(of_waits).collect()
    }
}

/// A condition variable that was made outside of any session.
const NO_OBJECT: ObjectId = ObjectId::new(ObjectKind::Condvar, 0);

fn remove_one<T>(list: &mut Vec<T>, is_it: impl Fn(&T) -> bool) {
    if let Some(at) = list.iter().rposition(is_it) {
        list.remove(at);
    }
}

fn names(threads: impl Iterator<Item = ThreadId>) -> String {
    threads.map(|it| it.to_string()).collect::<Vec<_>>().join(", ")
}
