//! Futures, on the threads of the world: a thread that waits for one, and a place for the waker of whoever waits.
//!
//! Written once for all worlds, the native one included, over a token of its own and a lock. A waker is one of `std`, in
//! `std`'s `Arc`: how many there are is nothing that a checker looks at.

use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use super::Mutex;
use super::signal::Signal;

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
/// does, it waits forever. It does not touch the token of `park`.
#[track_caller]
pub fn block_on<F: Future>(future: F) -> F::Output {
    let wakes = Arc::new(Wakes(Signal::new()));
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
