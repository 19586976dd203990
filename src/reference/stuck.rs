//! Why nobody can go on: who waits for whom, or for a notification that never comes.

use super::{Operation, State, Subject, Violation, ViolationKind};
use crate::interp::ThreadId;

/// The violation of a state in which threads live and none can make a step; `None` if none lives.
pub(super) fn describe(state: &State, subject: &Subject) -> Option<Violation> {
    let live = state.live_threads();
    live.first()?;
    let circle = live.iter().find_map(|thread| circle(state, thread));
    let waits = |thread: &ThreadId| {
        matches!(state.live(*thread).map(super::Thread::next), Some(Operation::Await { .. }))
    };
    let (kind, threads) = match circle {
        Some(circle) => (ViolationKind::Deadlock, circle),
        None if live.iter().any(|it| waits(&it)) => {
            (ViolationKind::LostWakeup, live.iter().filter(waits).collect())
        }
        None => (ViolationKind::Deadlock, live.iter().collect()),
    };
    let sentences: Vec<String> =
        threads.iter().map(|&thread| sentence(state, subject, thread)).collect();
    let places =
        threads.iter().filter_map(|&thread| Some((thread, state.live(thread)?.place()))).collect();
    Some(Violation { kind, message: sentences.join("; "), places })
}

/// Who must act before a thread can go on.
fn waits_for(state: &State, thread: ThreadId) -> Option<ThreadId> {
    match *state.live(thread)?.next() {
        Operation::Join { thread } => Some(thread),
        Operation::Enter { object } | Operation::Reacquire { object, .. } => state.owner_of(object),
        _ => None,
    }
}

/// The circle of waiting threads that this one is in, or the chain from it to a thread that ended
/// with what the last one wants.
fn circle(state: &State, thread: ThreadId) -> Option<Vec<ThreadId>> {
    let mut chain = vec![thread];
    while chain.len() <= state.started() as usize {
        let next = waits_for(state, *chain.last()?)?;
        if next == thread || state.live(next).is_none() {
            return Some(chain);
        }
        chain.push(next);
    }
    None
}

fn sentence(state: &State, subject: &Subject, thread: ThreadId) -> String {
    let Some(live) = state.live(thread) else { return String::new() };
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
        _ => "nothing".into(),
    };
    format!("thread {} waits for {what} at {}", thread.0, live.place())
}
