//! Threads of an execution, as in [`std::thread`].

use std::marker::PhantomData;
use std::sync::{Arc, Mutex};
use std::{fmt, io};

use drawloom::heddle::sync::thread as heddle;

use crate::one_thread::OnOneThread;

pub use drawloom::heddle::sync::{AccessError, LocalKey};
pub use heddle::{
    Scope, ScopedJoinHandle, Thread, ThreadId, current, park, park_timeout, scope, sleep, yield_now,
};
pub use std::thread::panicking;

/// The right to wait for a thread's result.
pub struct JoinHandle<T> {
    thread: heddle::JoinHandle<OnOneThread<T>>,
    /// It is sent and shared as loom's is.
    result: PhantomData<Arc<Mutex<T>>>,
}

/// Settings of a thread that is to be started.
#[derive(Debug)]
pub struct Builder(heddle::Builder);

/// Starts a thread. What it takes along and returns need not be `Send`, as in loom.
///
/// # Panics
/// If the system has no memory for its stack, or no model runs.
#[track_caller]
pub fn spawn<F, T>(body: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + 'static,
    T: 'static,
{
    start(heddle::Builder::new(), body).expect("the system can start a thread")
}

#[track_caller]
fn start<F, T>(builder: heddle::Builder, body: F) -> io::Result<JoinHandle<T>>
where
    F: FnOnce() -> T + 'static,
    T: 'static,
{
    let body = OnOneThread::new(body);
    let thread = builder.spawn(move || OnOneThread::new(body.into_inner()()))?;
    Ok(JoinHandle { thread, result: PhantomData })
}

impl Builder {
    /// The default settings.
    #[expect(clippy::new_without_default, reason = "std's and loom's have no default either")]
    pub fn new() -> Builder {
        Builder(heddle::Builder::new())
    }

    /// Names the thread.
    #[must_use]
    pub fn name(self, name: String) -> Builder {
        Builder(self.0.name(name))
    }

    /// Has no effect: all stacks have the same size, which is larger than loom's.
    #[must_use]
    pub fn stack_size(self, size: usize) -> Builder {
        Builder(self.0.stack_size(size))
    }

    /// Starts a thread.
    ///
    /// # Errors
    /// If the system has no memory for its stack, or no model runs.
    #[track_caller]
    pub fn spawn<F, T>(self, body: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        start(self.0, body)
    }
}

impl<T> JoinHandle<T> {
    /// Waits until the thread has ended.
    ///
    /// # Errors
    /// None in an execution that goes on: a panic that leaves a thread is the model's failure, as in loom.
    #[track_caller]
    pub fn join(self) -> std::thread::Result<T> {
        self.thread.join().map(OnOneThread::into_inner)
    }

    /// The thread.
    pub fn thread(&self) -> &Thread {
        self.thread.thread()
    }

    /// Whether the thread's closure has returned.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.thread.is_finished()
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.thread.fmt(f)
    }
}
