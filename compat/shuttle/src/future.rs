//! Futures: tasks, each on a thread of its own.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use drawloom::heddle::sync::future::AtomicWaker;
use drawloom::heddle::sync::{AtomicBool, AtomicU8, Ordering, future as heddle, local, thread};

use crate::one_thread::{OnOneThread, SharedOnOneThread};

pub use heddle::block_on;

/// What a task and those who may abort it share.
struct Abort {
    /// One of the states below.
    wanted: AtomicU8,
    has_ended: AtomicBool,
    /// The task, while it waits.
    waits: AtomicWaker,
}

/// The task goes on.
const GO_ON: u8 = 0;
/// The task ends, and drops its future.
const ABORT: u8 = 1;
/// The task ends with the execution, and drops nothing: other tasks could tell, and would go on from there.
const STOP: u8 = 2;

/// The right to abort a task.
#[derive(Clone)]
pub struct AbortHandle(Arc<Abort>);

impl AbortHandle {
    /// Has the task end when it is polled the next time. Does nothing if it has ended.
    #[track_caller]
    pub fn abort(&self) {
        self.end(ABORT);
    }

    #[track_caller]
    fn end(&self, how: u8) {
        if self.0.wanted.swap(how, Ordering::AcqRel) == GO_ON {
            self.0.waits.wake();
        }
    }

    /// Whether the task has ended. Nothing that it has done is ordered by a `true`.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.0.has_ended.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortHandle").finish_non_exhaustive()
    }
}

/// A future that ends early if that is wanted.
struct Abortable<F> {
    /// `None` when it has ended. Its task alone touches it.
    future: SharedOnOneThread<RefCell<Option<Pin<Box<F>>>>>,
    abort: Arc<Abort>,
}

impl<F: Future> Future for Abortable<F> {
    type Output = OnOneThread<Result<F::Output, JoinError>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.abort.waits.register_by_ref(context.waker());
        let result = match self.abort.wanted.load(Ordering::Acquire) {
            GO_ON => {
                let mut future = self.future.get().borrow_mut();
                let future = future.as_mut().expect("a future is not polled once it has ended");
                match future.as_mut().poll(context) {
                    Poll::Ready(output) => Ok(output),
                    Poll::Pending => return Poll::Pending,
                }
            }
            wanted => {
                if wanted == STOP {
                    std::mem::forget(self.future.get().take());
                }
                Err(JoinError::Cancelled)
            }
        };
        drop(self.future.get().take());
        self.abort.has_ended.store(true, Ordering::Relaxed);
        Poll::Ready(OnOneThread::new(result))
    }
}

/// Starts a task.
///
/// # Panics
/// If the system has no memory for its stack, or no body runs.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    spawn_local(future)
}

/// Starts a task whose future need not be `Send`.
///
/// # Panics
/// If the system has no memory for its stack, or no body runs.
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let abort = Arc::new(Abort {
        wanted: AtomicU8::new(GO_ON),
        has_ended: AtomicBool::new(false),
        waits: AtomicWaker::new(),
    });
    let future = SharedOnOneThread::new(RefCell::new(Some(Box::pin(future))));
    let task = heddle::spawn(Abortable { future, abort: abort.clone() });
    JoinHandle { task, abort: AbortHandle(abort), has_result: false }
}

local! {
    /// The tasks that nobody waits for, since the thread has dropped their handles.
    static DETACHED: RefCell<Vec<AbortHandle>> = RefCell::new(Vec::new());
}

/// Ends the tasks that nobody waits for. The first thread calls it at its end: a task that waits for ever is then no
/// deadlock, as in shuttle and in executors. Does not see handles that other
/// threads have dropped, nor tasks that wait elsewhere than in a future.
pub(crate) fn end_detached() {
    DETACHED.with(RefCell::take).iter().for_each(|task| task.end(STOP));
}

/// A task's result, as a future. If this is dropped, the task goes on, at most until the first thread ends.
pub struct JoinHandle<T> {
    task: heddle::JoinHandle<OnOneThread<Result<T, JoinError>>>,
    abort: AbortHandle,
    /// Whether the task has ended, and the result was taken.
    has_result: bool,
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        if !self.has_result {
            // In a destructor of a thread-local value, the list may be gone.
            let _ = DETACHED.try_with(|detached| detached.borrow_mut().push(self.abort.clone()));
        }
    }
}

impl<T> JoinHandle<T> {
    /// Has the task end when it is polled the next time, with [`JoinError::Cancelled`] as its result. Does nothing if
    /// it has ended.
    #[track_caller]
    pub fn abort(&self) {
        self.abort.abort();
    }

    /// The right to do that.
    pub fn abort_handle(&self) -> AbortHandle {
        self.abort.clone()
    }

    /// Whether the task has ended. Nothing that it has done is ordered by a `true`.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.abort.is_finished()
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Poll::Ready(result) = Pin::new(&mut self.task).poll(context) else {
            return Poll::Pending;
        };
        self.has_result = true;
        // A panic of the task is the end of the execution, unless no machine has that: then it is one here, too.
        Poll::Ready(result.unwrap_or_else(|payload| resume_unwind(payload)).into_inner())
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}

/// Why a task has no result.
#[derive(Debug)]
pub enum JoinError {
    /// It was aborted.
    Cancelled,
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            JoinError::Cancelled => f.write_str("the task was aborted"),
        }
    }
}

impl std::error::Error for JoinError {}

/// Lets other tasks go first.
pub async fn yield_now() {
    let mut has_yielded = false;
    std::future::poll_fn(|context| {
        if has_yielded {
            return Poll::Ready(());
        }
        has_yielded = true;
        thread::yield_now();
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
