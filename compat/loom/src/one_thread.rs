//! Values that need not be `Send` or `Sync`, since the threads of an execution are coroutines of one OS thread.
#![allow(unsafe_code)]

use std::thread::{self, ThreadId};

/// A value that goes from one thread of an execution to another, and so never leaves the OS thread on which the execution
/// runs.
#[derive(Debug)]
pub(crate) struct OnOneThread<T>(T);

// SAFETY: *one OS thread*: heddle's threads are coroutines of the OS thread that runs the execution, and a thread is
// started in an execution only. This crate alone can make such a value: for what a thread takes along and returns.
unsafe impl<T> Send for OnOneThread<T> {}

impl<T> OnOneThread<T> {
    /// For what a thread of an execution takes along or returns.
    pub(crate) fn new(value: T) -> Self {
        OnOneThread(value)
    }

    /// The value.
    pub(crate) fn into_inner(self) -> T {
        self.0
    }
}

/// A value that several threads of an execution can reach, which only the OS thread can use that has made it.
pub(crate) struct SharedOnOneThread<T> {
    value: T,
    made_by: ThreadId,
}

// SAFETY: *one OS thread*: a value in an execution is dropped with that at the latest, on its OS thread; that of a static of
// the process is never moved or dropped.
unsafe impl<T> Send for SharedOnOneThread<T> {}
// SAFETY: *one OS thread*: `get` gives the value to no other one.
unsafe impl<T> Sync for SharedOnOneThread<T> {}

impl<T> SharedOnOneThread<T> {
    /// For the value of a static, or for what belongs to a task of an execution.
    pub(crate) fn new(value: T) -> Self {
        SharedOnOneThread { value, made_by: thread::current().id() }
    }

    /// The value.
    ///
    /// # Panics
    /// Another OS thread has made it, outside of a model.
    pub(crate) fn get(&self) -> &T {
        let is_own = thread::current().id() == self.made_by;
        assert!(is_own, "a static of `lazy_static!` works for one OS thread outside of a model");
        &self.value
    }
}
