//! Threads that borrow from the frames around the scope in which they are started.
//!
//! The worlds start threads whose closures borrow nothing, so a scope forgets what its threads borrow. In return it
//! is never left before they are gone, however it is left:
//!
//! | how the scope's closure ends | what the scope does |
//! |---|---|
//! | it returns, or it panics | waits for each thread, by an operation that is announced |
//! | the execution is over, so that the scope's thread is unwound | nothing that is an operation: the world lets the other threads be unwound first |
//! | the execution is over, and the world gives up the stacks without unwinding them | nothing: no thread of it runs any more. A closure that has never run is forgotten, not dropped |
//!
//! # Invariants
//! - *counted*: `Shared::running` counts the closures of threads that are still there: not begun, running, or
//!   unwinding. A closure is counted before it is given away, and no more when all that it borrows is dropped.
//! - *outlived*: `scope` returns or unwinds only while that count is 0. If its frame is given up otherwise, no closure is
//!   run or dropped after that.
#![allow(unsafe_code)]

use std::{
    collections::{BTreeMap, VecDeque},
    fmt, io,
    marker::PhantomData,
    mem::{take, transmute},
    panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind},
    sync::{
        Arc, Mutex,
        atomic::{
            AtomicBool, AtomicUsize,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
};

use super::{Builder, JoinHandle, PANICKED, Thread, asked, call, current, point, raw};
use crate::session::{
    self, Decision, Event, OpKind, Operator, Session, ThreadId as Number, locked,
};

/// A scope, in which threads are started that borrow from the frames around it. See [`scope`].
pub struct Scope<'scope, 'env: 'scope> {
    shared: Arc<Shared>,
    // As in `std`: neither lifetime may shrink or grow.
    lifetime: PhantomData<&'scope mut &'scope ()>,
    env: PhantomData<&'env mut &'env ()>,
}

struct Shared {
    /// The number of the thread that waits at the end.
    owner: u64,
    running: AtomicUsize,
    /// The threads that each thread has started, in order, by its number. Not all in one line: two threads may
    /// start threads in either order, and the scope waits in the same order in every execution.
    started: Mutex<BTreeMap<u64, Vec<Arc<Started>>>>,
}

/// A thread of a scope.
struct Started {
    end: raw::ThreadEnd,
    /// Its number, and its number in the execution.
    id: u64,
    thread: Option<Number>,
    has_returned: Arc<AtomicBool>,
    is_joined: AtomicBool,
    /// Whether the scope's own thread has waited for it already.
    is_awaited: AtomicBool,
}

/// Runs a closure in which threads can be started that borrow from the frames around it. Returns when all of them
/// have ended.
///
/// Does not see: that `std` does not wait for the destructors of its threads' thread-locals.
///
/// Not to be had under loom: a search of a body that starts a thread in a scope ends as unsupported. When loom
/// leaves an execution, it unwinds a thread before those that the thread has started.
///
/// # Panics
/// If the closure does; if a thread has that nobody has joined.
#[track_caller]
pub fn scope<'env, F, T>(body: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let location = Location::caller();
    let owner = current().id().0;
    let shared = Shared { owner, running: AtomicUsize::new(0), started: Mutex::default() };
    let scope = Scope { shared: Arc::new(shared), lifetime: PhantomData, env: PhantomData };
    let result = catch_unwind(AssertUnwindSafe(|| body(&scope)));
    // The wait ends in a panic if the execution is over.
    let waited = catch_unwind(AssertUnwindSafe(|| scope.shared.wait(location)));
    outlive(&scope.shared);
    match (result, waited) {
        (Err(panic), _) | (Ok(_), Err(panic)) => resume_unwind(panic),
        (Ok(_), Ok(true)) if !session::is_over() => panic!("a scoped thread panicked"),
        (Ok(result), Ok(_)) => result,
    }
}

/// Keeps the frames below from being left before all closures are gone. A panic cannot leave an `extern "C"`
/// function: it would end the process.
extern "C" fn outlive(shared: &Shared) {
    // ORDER: Acquire, edge closure->scope. Pairs with the end of Running: what a closure did to what it borrowed
    // comes before the end of that.
    raw::stay_until(|| shared.running.load(Acquire) == 0);
}

impl Shared {
    /// Waits for all threads; whether one has panicked that nobody has joined.
    fn wait(&self, location: &'static Location<'static>) -> bool {
        let mut all = Vec::new();
        let mut starters = VecDeque::from([self.owner]);
        while let Some(starter) = starters.pop_front().or_else(|| self.any_starter()) {
            let started = take(locked(&self.started).entry(starter).or_default());
            for thread in &started {
                // ORDER: Relaxed, no edge: written by this thread.
                if !thread.is_awaited.load(Relaxed) {
                    thread.wait(OpKind::JoinScoped, location);
                }
            }
            starters.extend(started.iter().map(|it| it.id));
            all.extend(started);
        }
        all.iter().any(|it| it.has_panicked())
    }

    /// A thread with threads that have not been waited for.
    fn any_starter(&self) -> Option<u64> {
        locked(&self.started).iter().find(|(_, started)| !started.is_empty()).map(|it| *it.0)
    }
}

impl Started {
    /// Waits until the thread has ended; false if that was left out.
    fn wait(&self, op: OpKind, location: &'static Location<'static>) -> bool {
        let read = self.thread.map(|thread| thread.0.into());
        let event = Event { read, ..Event::new(op, location) };
        let decision = point(event);
        if decision == Decision::Bypass {
            return false;
        }
        let waits = decision != Decision::Break(Operator::DoNotJoin);
        if waits {
            call(|| self.end.wait());
        }
        session::finish(event);
        waits
    }

    /// Whether it has ended by a panic that nobody has been told of. Known when all threads of the scope have ended.
    fn has_panicked(&self) -> bool {
        // ORDER: Relaxed, no edge: the joiner has ended.
        let is_joined = self.is_joined.load(Relaxed);
        // ORDER: Relaxed, no edge: the thread has ended.
        !is_joined && !self.has_returned.load(Relaxed)
    }
}

/// A closure that counts as running.
struct Running(Arc<Shared>);

impl Running {
    fn of(shared: &Arc<Shared>) -> Self {
        // ORDER: Relaxed, no edge: counts; the closure is not given away yet.
        shared.running.fetch_add(1, Relaxed);
        Running(shared.clone())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // ORDER: Release, edge closure->scope. Pairs with the Acquire in outlive.
        self.0.running.fetch_sub(1, Release);
    }
}

/// The closure of a thread, and all that it borrows. Fields are dropped in this order.
struct Borrowing {
    /// `None` as soon as it runs.
    body: Option<Box<dyn FnOnce() + Send>>,
    /// Counts it.
    _running: Running,
    /// The execution in which the thread has been started.
    session: Option<Arc<Session>>,
}

impl Borrowing {
    fn run(mut self) {
        if let Some(body) = self.body.take() {
            body();
        }
    }
}

impl Drop for Borrowing {
    /// If the world gives up the stacks of an execution that is over without unwinding them, what a closure borrows
    /// may be gone when the world drops a closure that has never run.
    fn drop(&mut self) {
        let is_over = self.session.as_ref().is_some_and(|it| it.is_over());
        if is_over && !raw::UNWINDS_STACKS {
            std::mem::forget(self.body.take());
        }
    }
}

/// Forgets what a closure borrows.
fn erased<'scope>(
    body: Box<dyn FnOnce() + Send + 'scope>,
    scope: &'scope Scope<'scope, '_>,
) -> Borrowing {
    let running = Running::of(&scope.shared);
    // SAFETY: only the lifetime changes. *counted*: from here on the closure is counted until it is dropped with
    // all that it has captured, in `Borrowing`. *outlived*: what it borrows lives for `'scope`, which lies outside
    // of the frame of `scope` above, and that frame is not left while the closure is counted. If the thread has
    // handed its result over, the result is in a place that a `ScopedJoinHandle<'scope, _>` owns.
    let body = unsafe {
        transmute::<Box<dyn FnOnce() + Send + 'scope>, Box<dyn FnOnce() + Send + 'static>>(body)
    };
    Borrowing { body: Some(body), _running: running, session: session::session() }
}

impl<'scope> Scope<'scope, '_> {
    /// Starts a thread, which may borrow from the frames around the scope.
    ///
    /// # Panics
    /// If the system refuses.
    #[track_caller]
    pub fn spawn<F, T>(&'scope self, body: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        Builder::new().spawn_scoped(self, body).expect("the system can start a thread")
    }
}

impl Builder {
    /// Starts a thread in a scope.
    ///
    /// # Errors
    /// As [`spawn`](Self::spawn); also, under heddle, in a destructor that a panic runs.
    #[track_caller]
    pub fn spawn_scoped<'scope, F, T>(
        self,
        scope: &'scope Scope<'scope, '_>,
        body: F,
    ) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        if !raw::may_borrow() {
            let reason = "a scope could not wait for a thread that is started now";
            return Err(io::Error::new(io::ErrorKind::WouldBlock, reason));
        }
        let result = Arc::new(Mutex::new(None));
        let has_returned = Arc::new(AtomicBool::new(false));
        let (place, returned) = (result.clone(), has_returned.clone());
        let borrowing = erased(
            Box::new(move || {
                *locked(&place) = Some(body());
                // ORDER: Relaxed, no edge: read when the thread has ended.
                returned.store(true, Relaxed);
            }),
            scope,
        );
        let JoinHandle { raw, thread, handle } = self.spawn(move || borrowing.run())?;
        let started = Arc::new(Started {
            end: raw::ThreadEnd::of(raw),
            id: handle.id().0,
            thread,
            has_returned,
            is_joined: AtomicBool::new(false),
            is_awaited: AtomicBool::new(false),
        });
        let starter = current().id().0;
        locked(&scope.shared.started).entry(starter).or_default().push(started.clone());
        let owner = scope.shared.owner;
        Ok(ScopedJoinHandle { started, owner, result, handle, scope: PhantomData })
    }
}

/// The right to wait for the result of a thread of a scope.
pub struct ScopedJoinHandle<'scope, T> {
    started: Arc<Started>,
    /// The number of the thread that waits at the end of the scope.
    owner: u64,
    result: Arc<Mutex<Option<T>>>,
    handle: Thread,
    scope: PhantomData<&'scope ()>,
}

impl<T> ScopedJoinHandle<'_, T> {
    /// The thread.
    pub fn thread(&self) -> &Thread {
        &self.handle
    }

    /// Whether the thread's closure has returned. Nothing that the thread has done is ordered by it.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        super::super::is_gone() || asked(|| self.started.end.is_finished())
    }

    /// Waits until the thread has finished.
    ///
    /// # Errors
    /// The thread has panicked: the error says no more than that.
    #[track_caller]
    pub fn join(self) -> std::thread::Result<T> {
        if !self.started.wait(OpKind::Join, Location::caller()) {
            return Err(Box::new("the join does not wait for a result"));
        }
        if current().id().0 == self.owner {
            // ORDER: Relaxed, no edge: read by this thread.
            self.started.is_awaited.store(true, Relaxed);
        }
        // ORDER: Relaxed, no edge: read when this thread has ended.
        self.started.is_joined.store(true, Relaxed);
        let result = locked(&self.result).take();
        result.ok_or_else(|| Box::new(PANICKED) as session::Payload)
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedJoinHandle").field("thread", &self.handle).finish_non_exhaustive()
    }
}
