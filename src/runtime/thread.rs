//! Threads.

use std::io;
use std::panic::Location;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use super::atomic::AtomicBool;
use super::execution::{End, Execution};
use super::operation::{Act, Operation};
use super::unchecked::{Coroutine, suspend};
use super::{perform, run_thread, with_execution};
use crate::session;
use crate::verdict::Bound;

/// The right to wait for a thread's result.
pub(crate) struct JoinHandle<T> {
    thread: u32,
    result: Arc<Mutex<Option<T>>>,
    /// Whether the closure has returned, if the search sees that. Nothing is published by it.
    is_finished: Option<Arc<AtomicBool>>,
}

/// The error when no execution goes on.
const OVER: &str = "the execution is over";

impl<T> JoinHandle<T> {
    /// Whether the closure has returned. After the first time, the search begins again: if nobody asks, a thread's
    /// end need not be an event that can be read.
    #[track_caller]
    pub(crate) fn is_finished(&self) -> bool {
        match &self.is_finished {
            // ORDER: Relaxed, no edge: a hint, as in std.
            Some(is_finished) => is_finished.load(Ordering::Relaxed),
            None => {
                with_execution(Execution::must_see_returns);
                // It may ask for ever.
                yield_now();
                false
            }
        }
    }

    /// Waits until the thread has ended.
    ///
    /// # Errors
    /// It has no result, because the execution is over.
    #[track_caller]
    pub(crate) fn join(self) -> std::thread::Result<T> {
        self.wait(Location::caller());
        let result = self.result.lock().unwrap_or_else(PoisonError::into_inner).take();
        result.ok_or_else(|| Box::new(OVER) as Box<dyn std::any::Any + Send>)
    }

    fn wait(&self, site: &'static Location<'static>) {
        let act = Act::Join { thread: self.thread };
        perform(&Operation { act, object: None, order: None, site });
    }
}

/// The end of a thread, for which any number of threads may wait.
pub(crate) struct ThreadEnd(JoinHandle<Option<()>>);

impl ThreadEnd {
    pub(crate) fn of(thread: JoinHandle<Option<()>>) -> Self {
        ThreadEnd(thread)
    }

    /// Waits until the thread has ended.
    #[track_caller]
    pub(crate) fn wait(&self) {
        self.0.wait(Location::caller());
    }

    #[track_caller]
    pub(crate) fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

/// Does not leave the running thread's frames before it is time: when threads that borrow from them have ended. The
/// execution is over, and those threads are unwound while this one stays.
pub(crate) fn stay_until(is_time: impl Fn() -> bool) {
    while !is_time() {
        with_execution(|it| it.ending = Some(End::Failed));
        session::inside(suspend);
    }
}

/// Starts a thread.
///
/// The execution ends if the system has no memory for its stack.
///
/// # Errors
/// No execution goes on.
#[track_caller]
pub(crate) fn spawn<F, T>(body: F) -> io::Result<JoinHandle<T>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let site = Location::caller();
    let over = || io::Error::other(OVER);
    let (thread, stack) = with_execution(|it| (it.next_child(), it.stack())).ok_or_else(over)?;
    if stack.is_err() {
        with_execution(|it| _ = it.ending.get_or_insert(End::Spent(Bound::Memory)));
    }
    let sees_returns = with_execution(|it| it.sees_returns) == Some(true);
    let is_finished = sees_returns.then(|| Arc::new(AtomicBool::new(false)));
    let act = Act::Spawn { thread };
    perform(&Operation { act, object: None, order: None, site }).ok_or_else(over)?;
    let stack = stack?;
    let result = Arc::new(Mutex::new(None));
    let (place, finished) = (result.clone(), is_finished.clone());
    let coroutine = Coroutine::new(stack, move || {
        run_thread(move || {
            let result = body();
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
            if let Some(is_finished) = finished {
                // ORDER: Relaxed, no edge: a hint, as in std.
                is_finished.store(true, Ordering::Relaxed);
            }
        });
    });
    with_execution(|it| it.add_thread(thread, coroutine));
    Ok(JoinHandle { thread, result, is_finished })
}

/// Offers the processor to other threads.
#[track_caller]
pub(crate) fn yield_now() {
    let site = Location::caller();
    perform(&Operation { act: Act::Yield, object: None, order: None, site });
}
