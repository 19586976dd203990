//! The outcome of a request at a shared object, in the reference.

use std::sync::Arc;

use super::Answer;
use crate::interp::{Reply, Request, Response, Shared, ThreadId};

/// A shared object as states and graphs keep it; `None` before it is made.
pub(super) type Kept = Option<Arc<Shared>>;

/// The outcome of a request.
pub(super) enum Comes {
    /// The thread goes on with this answer.
    On(Answer),
    /// The thread continues with this request.
    Part(Request),
    /// The thread must wait.
    Waits,
}

/// The outcome of a request, and the object after it, if that changes the object.
pub(super) fn use_of(
    object: &Kept,
    me: ThreadId,
    request: &Request,
    is_timed: bool,
) -> (Option<Kept>, Comes) {
    let mut after = object.as_deref().cloned();
    let comes = match Shared::apply(&mut after, me, request) {
        Response::Word(word) => Comes::On(Answer::Reply(Reply::Word(word))),
        Response::Words(words) => Comes::On(Answer::Reply(Reply::Words(words))),
        Response::Nothing => Comes::On(Answer::Reply(Reply::Nothing)),
        Response::Begins(then) => Comes::Part(then),
        Response::Refused((kind, message)) => Comes::On(Answer::Trap(kind, message.into())),
        Response::Waits if is_timed => {
            if let Some(object) = &mut after {
                object.give_up(me, request);
            }
            Comes::On(Answer::Reply(Reply::Nothing))
        }
        Response::Waits => Comes::Waits,
    };
    let changed = (after.as_ref() != object.as_deref()).then(|| after.map(Arc::new));
    (changed, comes)
}

/// Whether a thread must wait with a request.
pub(super) fn keeps_waiting(object: &Kept, me: ThreadId, request: &Request) -> bool {
    object.as_ref().is_some_and(|object| object.keeps_waiting(me, request))
}
