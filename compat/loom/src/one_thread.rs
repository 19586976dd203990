//! Values that need not be `Send`, since the threads of an execution are coroutines of one OS thread.
#![allow(unsafe_code)]

use std::ops::Deref;

/// A value that goes from one thread of an execution to another, or is shared by them, and so never leaves the OS
/// thread on which the execution runs.
#[derive(Debug)]
pub(crate) struct OnOneThread<T>(T);

// SAFETY: *one OS thread*: heddle's threads are coroutines of the OS thread that runs the execution, and a thread is
// started in an execution only. This crate alone can make such a value, in two places: for what a thread takes along and
// what it returns, and for a static. The static's value in an execution stays on the OS thread of that, and the one of the
// process is never moved or dropped, so that it is used through `&T` alone: `Lazy` demands `T: Sync`.
unsafe impl<T> Send for OnOneThread<T> {}

impl<T> OnOneThread<T> {
    /// For what a thread of an execution takes along or returns, and for the value of a static whose type is `Sync`.
    pub(crate) fn new(value: T) -> Self {
        OnOneThread(value)
    }

    /// The value.
    pub(crate) fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for OnOneThread<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
