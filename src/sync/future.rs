//! Futures, on the threads of the world: a thread that waits for one, tasks, and a place for the waker of whoever waits.
//!
//! Written once for all worlds, the native one included, over a token of its own and a lock. A waker is one of `std`, in
//! `std`'s `Arc`: how many there are is nothing that a checker looks at.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use super::signal::{Signal, Site, goes_on_after_panic, here};
use super::{Mutex, thread};

/// Tells a thread that its future can go on.
struct Wakes(Signal);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.give();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.give();
    }
}

/// Waits for a future on the calling thread. Between two polls the thread is parked until somebody wakes it: if nobody
/// does, it waits forever. It does not touch the token of `park`. Under heddle a waker that is never dropped is a leak.
#[track_caller]
pub fn block_on<F: Future>(future: F) -> F::Output {
    block_at(here(), future)
}

/// The same, at this place.
#[track_caller]
fn block_at<F: Future>(site: Site, future: F) -> F::Output {
    let wakes = Arc::new(Wakes(Signal::new(site)));
    let waker = Waker::from(wakes.clone());
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        wakes.0.take();
    }
}

/// Starts a task: a thread of its own that waits for the future. If nobody wakes it, it waits forever, and a checker
/// shows the place of this call.
///
/// # Panics
/// If the system refuses a thread.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let (site, end) = (here(), Arc::new(End { state: Mutex::new(State::Running(None)) }));
    let told = end.clone();
    let thread = thread::spawn(move || {
        let result = catch_unwind(AssertUnwindSafe(|| block_at(site, future)));
        if result.is_ok() || goes_on_after_panic() {
            told.tell();
        }
        result.unwrap_or_else(|payload| resume_unwind(payload))
    });
    JoinHandle { end, thread: Some(thread) }
}

/// A task's result, as a future: an error is what the task has panicked with. If this is dropped, the task goes on.
pub struct JoinHandle<T> {
    end: Arc<End>,
    /// `None` if the result has been taken.
    thread: Option<thread::JoinHandle<T>>,
}

/// The end of a task.
struct End {
    state: Mutex<State>,
}

enum State {
    /// The task runs, and this waits for it.
    Running(Option<Waker>),
    Ended,
}

impl End {
    /// Whether the task has ended. If not, the waker is told when it does.
    fn has_come(&self, waker: &Waker) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match &mut *state {
            State::Ended => return true,
            State::Running(waits) => waits.replace(waker.clone()),
        };
        // A waker's destructor is code of others.
        drop(state);
        drop(before);
        false
    }

    fn tell(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *state, State::Ended);
        drop(state);
        if let State::Running(Some(waker)) = before {
            waker.wake();
        }
    }
}

impl<T> JoinHandle<T> {
    /// Whether the task has ended. Nothing that it has done is ordered by a `true`.
    ///
    /// Not to be had under loom: a search of a body that asks ends as unsupported.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.thread.as_ref().is_none_or(thread::JoinHandle::is_finished)
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = std::thread::Result<T>;

    /// # Panics
    /// If it has been ready before.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if !self.end.has_come(context.waker()) {
            return Poll::Pending;
        }
        let thread = self.thread.take().expect("a result is taken once");
        // It has nothing left to do.
        Poll::Ready(thread.join())
    }
}

impl<T> Unpin for JoinHandle<T> {}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}

/// A place for the waker of the task that waits for something. Several threads may wake it.
///
/// A task registers its waker and looks *after that* whether it has to wait. If it looks first, it may miss the wake
/// in between.
pub struct AtomicWaker {
    waker: Mutex<Option<Waker>>,
}

impl AtomicWaker {
    /// An empty place.
    #[track_caller]
    pub fn new() -> Self {
        AtomicWaker { waker: Mutex::new(None) }
    }

    /// Puts a waker there, in place of an earlier one.
    #[track_caller]
    pub fn register(&self, waker: Waker) {
        let before = self.replace(Some(waker));
        drop(before);
    }

    /// The same with a clone, unless the waker there wakes the same task.
    #[track_caller]
    pub fn register_by_ref(&self, waker: &Waker) {
        let mut place = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match &mut *place {
            Some(known) if known.will_wake(waker) => None,
            place => place.replace(waker.clone()),
        };
        // A waker's destructor is code of others.
        drop(place);
        drop(before);
    }

    /// Takes the waker out and wakes its task, if there is one.
    #[track_caller]
    pub fn wake(&self) {
        if let Some(waker) = self.take_waker() {
            waker.wake();
        }
    }

    /// Takes the waker out.
    #[track_caller]
    pub fn take_waker(&self) -> Option<Waker> {
        self.replace(None)
    }

    #[track_caller]
    fn replace(&self, waker: Option<Waker>) -> Option<Waker> {
        let mut place = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *place, waker)
    }
}

impl Default for AtomicWaker {
    #[track_caller]
    fn default() -> Self {
        AtomicWaker::new()
    }
}

impl fmt::Debug for AtomicWaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AtomicWaker").finish_non_exhaustive()
    }
}
