//! Explains why threads cannot go on: which thread waits for which, or for a notification that never comes.

use std::sync::Arc;

use super::{Object, Operation, Subject, Thread, Violation, ViolationKind};
use crate::interp::{Cell, Shared, ThreadId};

/// A world in which no thread can go on, as far as the explanation needs to know it.
pub trait Impasse {
    /// The number of threads so far.
    fn started(&self) -> u32;
    /// A thread that has not ended and has not been stopped.
    fn live(&self, thread: ThreadId) -> Option<&Thread>;
    /// Whether a thread has ended, and not by a trap.
    fn has_ended(&self, thread: ThreadId) -> bool;
    /// Whether a thread can make a step.
    fn can_go_on(&self, thread: ThreadId) -> bool;
    /// The owner of a monitor.
    fn owner_of(&self, object: u64) -> Option<ThreadId>;
    /// The shared object at a cell.
    fn shared_at(&self, cell: Cell) -> Option<Arc<Shared>>;
    /// The objects that a thread reads repeatedly, if it goes round in a loop that changes nothing;
    /// otherwise empty.
    fn watched_by(&self, _thread: ThreadId) -> Vec<Object> {
        Vec::new()
    }
    /// The thread that must act before this one can go on, if it waits for a single thread.
    fn waits_for(&self, thread: ThreadId) -> Option<ThreadId> {
        match *self.live(thread)?.next() {
            Operation::Join { thread } => Some(thread),
            Operation::Enter { object } | Operation::Reacquire { object, .. } => {
                self.owner_of(object)
            }
            Operation::Use { cell, ref request, is_timed: false } => {
                self.shared_at(cell)?.awaited(thread, request)
            }
            _ => None,
        }
    }
}

/// The violation of a world in which threads are alive and none can make a step; `None` if none is alive.
pub fn describe_impasse(state: &impl Impasse, subject: &Subject) -> Option<Violation> {
    let live: Vec<ThreadId> = live_threads(state).collect();
    if live.is_empty() {
        return None;
    }
    let circle = circle_among(state);
    let waits = |thread: &ThreadId| waits_for_notification(state, *thread);
    let watch = |thread: &ThreadId| !state.watched_by(*thread).is_empty();
    let through_a_wait = || live.iter().find_map(|&thread| circle_through_a_wait(state, thread));
    let (kind, threads) = match circle.or_else(through_a_wait) {
        Some(circle) => (ViolationKind::Deadlock, circle),
        None if live.iter().any(watch) => {
            (ViolationKind::Livelock, live.into_iter().filter(watch).collect())
        }
        None if live.iter().any(waits) => {
            (ViolationKind::LostWakeup, live.into_iter().filter(waits).collect())
        }
        None => (ViolationKind::Deadlock, live),
    };
    Some(violation_of(state, subject, kind, &threads))
}

/// The deadlock of threads that wait for each other, whatever others do.
pub fn describe_circle(state: &impl Impasse, subject: &Subject) -> Option<Violation> {
    let circle = circle_among(state)?;
    Some(violation_of(state, subject, ViolationKind::Deadlock, &circle))
}

/// The same, if a step of this thread may have been the last that it took.
pub fn describe_circle_closed_by(
    state: &impl Impasse,
    subject: &Subject,
    thread: ThreadId,
) -> Option<Violation> {
    let takes_part = |&it: &ThreadId| it == thread || state.waits_for(it) == Some(thread);
    let circle = circle_among(state).filter(|circle| circle.iter().any(takes_part))?;
    Some(violation_of(state, subject, ViolationKind::Deadlock, &circle))
}

fn violation_of(
    state: &impl Impasse,
    subject: &Subject,
    kind: ViolationKind,
    threads: &[ThreadId],
) -> Violation {
    let sentences: Vec<String> =
        threads.iter().map(|&thread| sentence(state, subject, thread)).collect();
    let places =
        threads.iter().filter_map(|&thread| Some((thread, state.live(thread)?.place()))).collect();
    Violation { kind, message: sentences.join("; "), places }
}

fn live_threads(state: &impl Impasse) -> impl Iterator<Item = ThreadId> {
    (0..state.started()).map(ThreadId).filter(|&it| state.live(it).is_some())
}

/// The first cycle of waiting threads.
fn circle_among(state: &impl Impasse) -> Option<Vec<ThreadId>> {
    live_threads(state).find_map(|thread| circle(state, thread))
}

/// The cycle of waiting threads that this one is in, or the chain from it to a thread that ended while
/// it owned what the last one wants.
fn circle(state: &impl Impasse, thread: ThreadId) -> Option<Vec<ThreadId>> {
    let mut chain = vec![thread];
    while chain.len() <= state.started() as usize {
        let last = *chain.last()?;
        if state.can_go_on(last) {
            return None;
        }
        let next = state.waits_for(last)?;
        if next == thread || state.has_ended(next) {
            return Some(chain);
        }
        chain.push(next);
    }
    None
}

fn waits_for_notification(state: &impl Impasse, thread: ThreadId) -> bool {
    match state.live(thread).map(Thread::next) {
        Some(Operation::Await { .. }) => true,
        Some(Operation::Use { request, .. }) => request.is_notified(),
        _ => false,
    }
}

/// A thread before a monitor or a lock, and its owner, which waits for a notification: the owner keeps out the
/// thread that might notify it. It has given up the one that it waits with, so this is another one.
fn circle_through_a_wait(state: &impl Impasse, thread: ThreadId) -> Option<Vec<ThreadId>> {
    let is_before_a_lock = match state.live(thread)?.next() {
        Operation::Enter { .. } | Operation::Reacquire { .. } => true,
        Operation::Use { request, .. } => request.is_lock(),
        _ => false,
    };
    let owner = state.waits_for(thread).filter(|_| is_before_a_lock)?;
    waits_for_notification(state, owner).then(|| vec![thread, owner])
}

fn sentence(state: &impl Impasse, subject: &Subject, thread: ThreadId) -> String {
    let Some(live) = state.live(thread) else { return String::new() };
    let watched = state.watched_by(thread);
    if !watched.is_empty() {
        let names: Vec<String> = watched.iter().map(|it| it.name(subject)).collect();
        let (names, place) = (names.join(", "), live.place());
        return format!(
            "thread {} goes round for ever at {place}: nobody is left to change {names}",
            thread.0
        );
    }
    let what = match *live.next() {
        Operation::Join { thread } => format!("thread {}", thread.0),
        Operation::Enter { object } | Operation::Reacquire { object, .. } => {
            let owner = state.owner_of(object).map_or(0, |owner| owner.0);
            let ended = state.live(ThreadId(owner)).is_none();
            let has = if ended { "ended with" } else { "has" };
            format!("monitor {}, which thread {owner} {has}", subject.monitor_name(object))
        }
        Operation::Await { object, .. } => {
            format!("a notification on {}", subject.monitor_name(object))
        }
        Operation::Use { cell, ref request, .. } => {
            let noun = state.shared_at(cell).map_or("object", |object| object.noun());
            let owner = state.waits_for(thread).map_or(String::new(), |owner| {
                let has = if state.live(owner).is_none() { "ended with" } else { "has" };
                format!(", which thread {} {has},", owner.0)
            });
            format!("{noun} {}{owner} in {request}", subject.cell_name(cell))
        }
        _ => "nothing".into(),
    };
    format!("thread {} waits for {what} at {}", thread.0, live.place())
}
