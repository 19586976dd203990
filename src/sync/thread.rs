//! Threads.

mod scope;

use std::{
    cell::RefCell,
    fmt, io,
    panic::Location,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use super::{call, create, point, raw};
use crate::session::{self, Decision, Event, OpKind, Operator, Session, ThreadId as Number};

pub use scope::{Scope, ScopedJoinHandle, scope};

/// A name for a thread of an execution, the same in every execution; outside of any, of the process.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ThreadId(u64);

/// A thread, by which it is known to others.
#[derive(Clone)]
pub struct Thread(Arc<Known>);

struct Known {
    id: ThreadId,
    name: Option<String>,
    /// `None` if it was made after the end of its execution.
    token: Option<raw::Token>,
}

std::thread_local! {
    /// The calling thread, outside of any execution.
    static OUTSIDE: RefCell<Option<Thread>> = const { RefCell::new(None) };
}

impl Thread {
    fn new(number: Option<Number>, name: Option<String>) -> Self {
        static OUTSIDE: AtomicU64 = AtomicU64::new(1 << 32);
        // ORDER: Relaxed, no edge: counts.
        let outside = || OUTSIDE.fetch_add(1, Relaxed);
        let id = ThreadId(number.map_or_else(outside, |it| it.0.into()));
        Thread(Arc::new(Known { id, name, token: create(raw::Token::new) }))
    }

    /// The thread's identity.
    pub fn id(&self) -> ThreadId {
        self.0.id
    }

    /// The thread's name, if it was given one.
    pub fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// Gives the thread its token: its next [`park`], or the one that it is in, does not wait.
    #[track_caller]
    pub fn unpark(&self) {
        let new = Event::new(OpKind::Unpark, Location::caller());
        let event = Event { written: Some(self.0.id.0), ..new };
        give(self.0.token.as_ref(), event);
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Known { id, name, .. } = &*self.0;
        f.debug_struct("Thread").field("id", id).field("name", name).finish_non_exhaustive()
    }
}

/// The calling thread.
pub fn current() -> Thread {
    let own = session::own_handle(|number| Thread::new(Some(number), None));
    own.map_or_else(
        || {
            OUTSIDE
                .with_borrow_mut(|own| own.get_or_insert_with(|| Thread::new(None, None)).clone())
        },
        |own| Thread::clone(&own),
    )
}

/// Waits until the calling thread has its token, and takes it.
///
/// Does not see: parks that end without a cause, except under heddle with `spurious`; under the other checkers,
/// what goes wrong only because a park does not order a later unpark.
#[track_caller]
pub fn park() {
    let event = Event::new(OpKind::Park, Location::caller());
    park_as(event, raw::park);
}

/// The same, but for not much longer than `time_max`.
///
/// Under the checkers the other threads may run, and the park ends with the token if it is there then.
#[track_caller]
pub fn park_timeout(time_max: Duration) {
    let event = Event::new(OpKind::ParkTimeout, Location::caller());
    park_as(event, |token| {
        if raw::park_timeout(token, &raw::Deadline::after(time_max)) {
            raw::pass(time_max);
        }
    });
}

fn park_as(event: Event, park: impl FnOnce(&raw::Token)) {
    take(current().0.token.as_ref(), event, park);
}

/// Gives a token, as this event.
pub(super) fn give(token: Option<&raw::Token>, event: Event) {
    match (point(event), token) {
        (Decision::Bypass, _) | (_, None) => {}
        (Decision::Break(Operator::DoNotNotify), _) => session::finish(event),
        (Decision::Perform | Decision::Weaken { .. } | Decision::Break(_), Some(token)) => {
            call(|| raw::unpark(token));
            session::finish(event);
        }
    }
}

/// Takes a token by `park`, as this event.
pub(super) fn take(token: Option<&raw::Token>, event: Event, park: impl FnOnce(&raw::Token)) {
    match (point(event), token) {
        (Decision::Bypass, _) | (_, None) => {}
        (Decision::Break(Operator::WakeUncaused), _) => session::finish(event),
        (Decision::Perform | Decision::Weaken { .. } | Decision::Break(_), Some(token)) => {
            call(|| park(token));
            session::finish(event);
        }
    }
}

/// Waits for some time. To the checkers this is a [`yield_now`], after which more [time](super::time) has passed.
#[track_caller]
pub fn sleep(time: Duration) {
    let event = Event::new(OpKind::Yield, Location::caller());
    match point(event) {
        Decision::Bypass => {}
        Decision::Perform | Decision::Weaken { .. } | Decision::Break(_) => {
            call(|| raw::sleep(time));
            raw::pass(time);
            session::finish(event);
        }
    }
}

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
            Decision::Perform | Decision::Weaken { .. } | Decision::Break(Operator::ChildFirst) => {
                session::session()
            }
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
            let handle = Thread::new(None, self.name.clone());
            let own = handle.clone();
            let body = move || {
                OUTSIDE.with_borrow_mut(|it| *it = Some(own));
                Some(body())
            };
            let raw = raw::spawn(self.name, self.stack_size, body)?;
            return Ok(JoinHandle { raw, thread: None, handle });
        };
        raw::before_thread(&session);
        let thread = session.add_thread();
        let handle = Thread::new(Some(thread), self.name.clone());
        session.keep_handle(thread, Arc::new(handle.clone()));
        let body = in_session(session.clone(), thread, location, body);
        match call(|| raw::spawn(self.name, self.stack_size, body)) {
            Ok(raw) => {
                if decision == Decision::Break(Operator::ChildFirst) {
                    (0..raw::HEAD_START).for_each(|_| call(raw::yield_now));
                }
                session::finish(Event { written: Some(thread.0.into()), ..event });
                Ok(JoinHandle { raw, thread: Some(thread), handle })
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
    thread: Number,
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

/// Asks the tool for something, where it may switch threads first.
fn asked(ask: impl FnOnce() -> bool) -> bool {
    call(|| {
        raw::Tracker::new().linger();
        ask()
    })
}

/// The error of a join with a thread that has panicked without ending its execution.
const PANICKED: &str = "the thread has panicked";

/// The right to wait for a thread's result.
pub struct JoinHandle<T> {
    /// A thread has no result if it has panicked and its execution went on.
    raw: raw::JoinHandle<Option<T>>,
    thread: Option<Number>,
    handle: Thread,
}

impl<T> JoinHandle<T> {
    /// The thread.
    pub fn thread(&self) -> &Thread {
        &self.handle
    }

    /// Whether the thread's closure has returned. Nothing that the thread has done is ordered by it.
    ///
    /// Not to be had under loom: a search of a body that asks ends as unsupported.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        super::is_gone() || asked(|| raw::is_finished(&self.raw))
    }

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
            Decision::Perform | Decision::Weaken { .. } | Decision::Break(_) => {
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
        Decision::Perform | Decision::Weaken { .. } | Decision::Break(_) => {
            call(raw::yield_now);
            session::finish(event);
        }
    }
}
