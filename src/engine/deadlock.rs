//! A deadlock or livelock of Rust code in words: which thread waits for what, and which thread has it.

use crate::session::{self, Event, Failure, Fault, ObjectId, OpKind, Session, place_of};

/// Describes why no thread can go on.
pub(super) fn deadlock(session: &Session) -> Failure {
    no_progress(session, Fault::Deadlock)
}

/// The same for threads of which some only look for what nobody writes.
#[cfg(feature = "heddle")]
pub(super) fn livelock(session: &Session) -> Failure {
    no_progress(session, Fault::Livelock)
}

fn no_progress(session: &Session, violation: Fault) -> Failure {
    let (pending, events) = (session.pending(), session.events());
    let waits: Vec<_> = pending
        .iter()
        .map(|event| {
            let what = match (event.object, event.op, event.read) {
                (Some(object), op, _) if op.is_lock() => {
                    format!(" {object}{}", holder_of(&events, event, object))
                }
                (Some(object), ..) => format!(" {object}"),
                (None, op, Some(thread)) if op.is_join() => format!(" thread {thread}"),
                _ => String::new(),
            };
            format!(
                "{} waits in {:?}{what} at {}",
                event.thread,
                event.op,
                place_of(event.location)
            )
        })
        .collect();
    Failure {
        violation,
        message: format!("{violation}: {}", waits.join("; ")),
        location: pending.first().map(|event| place_of(event.location)),
    }
}

/// The owner of the mutex that a thread waits for, as far as the events tell. Does not see which mutex a
/// thread has released while it waits for a notification: for such a thread nothing is said.
fn holder_of(events: &[Event], wish: &Event, mutex: ObjectId) -> String {
    let waits = |thread: session::ThreadId| {
        let is_wait = |event: &Event| matches!(event.op, OpKind::Wait | OpKind::WaitTimeout);
        events.iter().any(|it| it.thread == thread && !it.is_done && is_wait(it))
    };
    let changes = |it: &&Event| it.has_locked() || it.op == OpKind::Unlock;
    let of_mutex = events.iter().filter(|it| it.is_done && it.object == Some(mutex));
    let mut of_mutex = of_mutex.filter(changes);
    match of_mutex.next_back() {
        Some(last) if !last.op.is_lock() || waits(last.thread) => String::new(),
        Some(last) if last.thread == wish.thread => {
            format!(", which it has itself since {},", place_of(last.location))
        }
        Some(last) => format!(", which {} has since {},", last.thread, place_of(last.location)),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::panic::Location;

    use super::*;
    use crate::session::{ObjectKind, ThreadId};

    const MUTEX: ObjectId = ObjectId::new(ObjectKind::Mutex, 0);
    const CONDVAR: ObjectId = ObjectId::new(ObjectKind::Condvar, 0);

    fn event(thread: u32, op: OpKind, object: ObjectId, is_done: bool) -> Event {
        let new = Event::new(op, Location::caller()).on(object);
        Event { thread: ThreadId(thread), is_done, ..new }
    }

    #[test]
    fn a_mutex_is_had_by_who_locked_it_last_the_waiting_thread_itself_included() {
        let lock = |thread, is_done| event(thread, OpKind::Lock, MUTEX, is_done);
        let unlock = |thread| event(thread, OpKind::Unlock, MUTEX, true);
        let waits = |thread| event(thread, OpKind::Wait, CONDVAR, false);
        for (events, words) in [
            (vec![lock(1, true)], ", which thread 1 has since "),
            (vec![lock(1, true), unlock(1), lock(0, true)], ", which it has itself since "),
            (vec![lock(1, true), unlock(1)], ""),
            (vec![lock(1, true), waits(1)], ""),
            (vec![], ""),
        ] {
            let wish = lock(0, false);
            let events = [&events[..], &[wish]].concat();
            let said = holder_of(&events, &wish, MUTEX);
            assert!(said.starts_with(words) && said.is_empty() == words.is_empty(), "{said}");
        }
    }
}
