//! Threads.

use std::{fmt, io, panic::Location, sync::Arc};

use super::{call, point, raw};
use crate::session::{self, Decision, Event, OpKind, Operator, Session, ThreadId};

/// Settings of a thread that is to be started.
#[must_use]
#[derive(Clone, Default, Debug)]
pub struct Builder {
    name: Option<String>,
    stack_size: Option<usize>,
}

impl Builder {
    /// The default settings.
    pub fn new() -> Self {
        Builder::default()
    }

    /// Names the thread.
    pub fn name(self, name: String) -> Self {
        Builder { name: Some(name), ..self }
    }

    /// Asks for a stack of this many bytes. loom and shuttle give each thread a stack of their own
    /// choice; a model is not the place to recurse deeply.
    pub fn stack_size(self, stack_size: usize) -> Self {
        Builder { stack_size: Some(stack_size), ..self }
    }

    /// Starts a thread.
    ///
    /// # Errors
    /// If the system refuses, or the session was told to (see `refuse_spawn`). No thread has been
    /// started then.
    #[track_caller]
    pub fn spawn<F, T>(self, body: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let location = Location::caller();
        let event = Event::new(OpKind::Spawn, location);
        let decision = point(event);
        let session = match decision {
            Decision::Perform | Decision::Break(Operator::ChildFirst) => session::session(),
            Decision::Break(_) => {
                session::finish(event);
                let reason = "the session refuses this spawn";
                return Err(io::Error::new(io::ErrorKind::WouldBlock, reason));
            }
            Decision::Bypass => {
                return Err(io::Error::new(io::ErrorKind::WouldBlock, super::OVER));
            }
        };
        let Some(session) = session else {
            let raw = raw::spawn(self.name, self.stack_size, move || Some(body()))?;
            return Ok(JoinHandle { raw, thread: None });
        };
        raw::before_thread(&session);
        let thread = session.add_thread();
        let body = in_session(session.clone(), thread, location, body);
        match call(|| raw::spawn(self.name, self.stack_size, body)) {
            Ok(raw) => {
                if decision == Decision::Break(Operator::ChildFirst) {
                    (0..raw::HEAD_START).for_each(|_| call(raw::yield_now));
                }
                session::finish(Event { written: Some(thread.0.into()), ..event });
                Ok(JoinHandle { raw, thread: Some(thread) })
            }
            Err(error) => {
                session.remove_thread();
                Err(error)
            }
        }
    }
}

fn in_session<F, T>(
    session: Arc<Session>,
    thread: ThreadId,
    location: &'static Location<'static>,
    body: F,
) -> impl FnOnce() -> Option<T> + Send + 'static
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    move || match session::run_thread(&session, thread, location, body) {
        Ok(result) => Some(result),
        // No machine has this execution. The panic leaves everything in order: for the tool, the thread
        // has ended. The other threads go on, so that the search can.
        Err(_) if session.refuted().is_some() && !session.is_over() => None,
        Err(payload) => raw::abandon(payload),
    }
}

/// Starts a thread.
///
/// # Panics
/// If the system refuses.
#[track_caller]
pub fn spawn<F, T>(body: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    Builder::new().spawn(body).expect("the system can start a thread")
}

/// The error of a join with a thread that has panicked without ending its execution.
const PANICKED: &str = "the thread has panicked";

/// The right to wait for a thread's result.
pub struct JoinHandle<T> {
    /// A thread has no result if it has panicked and its execution went on.
    raw: raw::JoinHandle<Option<T>>,
    thread: Option<ThreadId>,
}

impl<T> JoinHandle<T> {
    /// Waits until the thread has finished.
    ///
    /// # Errors
    /// What the thread panicked with. In an execution, a panic that leaves a thread is the execution's failure
    /// and ends it, unless no machine has that execution: then the error only says that there was a panic.
    #[track_caller]
    pub fn join(self) -> std::thread::Result<T> {
        let event = Event {
            read: self.thread.map(|thread| thread.0.into()),
            ..Event::new(OpKind::Join, Location::caller())
        };
        match point(event) {
            Decision::Bypass => Err(Box::new(super::OVER)),
            Decision::Break(Operator::DoNotJoin) => {
                call(|| drop(self.raw));
                session::finish(event);
                Err(Box::new("a broken join does not wait for a result"))
            }
            Decision::Perform | Decision::Break(_) => {
                let result = call(|| self.raw.join());
                session::finish(event);
                result
                    .and_then(|result| result.ok_or_else(|| Box::new(PANICKED) as session::Payload))
            }
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("thread", &self.thread).finish_non_exhaustive()
    }
}

/// Offers the processor to other threads.
#[track_caller]
pub fn yield_now() {
    let event = Event::new(OpKind::Yield, Location::caller());
    match point(event) {
        Decision::Bypass => {}
        Decision::Perform | Decision::Break(_) => {
            call(raw::yield_now);
            session::finish(event);
        }
    }
}
