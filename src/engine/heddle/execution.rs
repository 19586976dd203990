//! One execution of a body, in a session.

use std::panic::Location;
use std::sync::Arc;

use super::super::Body;
use super::super::deadlock::{deadlock, livelock};
use crate::runtime::guide::Guide;
use crate::runtime::{self, End, Leak};
use crate::session::{self, Failure, Fault, Session, ThreadId, place_of};

/// Runs the body once.
pub(super) fn run(
    runs: &mut runtime::Search,
    session: &Arc<Session>,
    body: &Body,
    guide: Option<Box<dyn Guide>>,
    location: &'static Location<'static>,
) -> std::io::Result<Option<End>> {
    session::attach(session);
    let run = run_body(body, session.clone(), location);
    let end = runs.run(guide, run, |end| judge(end, session));
    session::detach();
    end
}

/// The first thread of an execution. A failure is recorded in the session.
pub(super) fn run_body(
    body: &Body,
    session: Arc<Session>,
    location: &'static Location<'static>,
) -> impl FnOnce() + use<> {
    session.want_own_objects();
    let body = body.clone();
    move || {
        let result = session::run_thread(&session, ThreadId(0), location, move || body());
        if result.is_err() || session.is_over() {
            session::cancel();
        }
    }
}

/// Records in the session how an execution has ended.
pub(super) fn judge(end: End, session: &Session) {
    match end {
        End::Complete => {}
        // A panic of a thread is recorded already. One in the destructor of a static or a thread-local is not.
        End::Failed => {
            if let Some(note) = session.tool_panic() {
                let (message, location) = (note.message, note.location);
                session.fail(Failure { violation: Fault::Panic, message, location });
            }
        }
        End::Deadlock => session.fail(deadlock(session)),
        End::Livelock => session.fail(livelock(session)),
        End::Leak(leak) => session.fail(leaked(leak)),
        End::Blocked
        | End::Waits
        | End::SeesTooLittle
        | End::Elsewhere
        | End::TooLong
        | End::Spent(_)
        | End::Unwinding
        | End::NotRepeatable => session.mark_over(),
    }
}

/// Describes what is never dropped or freed.
fn leaked(Leak { made_at, owners }: Leak) -> Failure {
    let place = place_of(made_at);
    let message = match owners {
        None => format!("leak: the memory from {place} is never freed"),
        Some(1) => format!("leak: the value made at {place} is never dropped; it has 1 owner left"),
        Some(owners) => {
            format!("leak: the value made at {place} is never dropped; it has {owners} owners left")
        }
    };
    Failure { violation: Fault::Leak, message, location: Some(place) }
}
