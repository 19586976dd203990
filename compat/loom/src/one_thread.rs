//! Values that need not be `Send`, since the threads of an execution are coroutines of one OS thread.
#![allow(unsafe_code)]

use std::ops::Deref;

/// A value that goes from one thread of an execution to another, or is shared by them, and so never leaves the OS
/// thread on which the execution runs.
#[doc(hidden)]
#[derive(Debug)]
pub struct OnOneThread<T>(T);

// SAFETY: *one OS thread*: heddle's threads are coroutines of the OS thread that runs the execution, and a thread is
// started in an execution only. `new` is private to this crate, which uses it for what a thread takes along and what it
// returns. `shared` is for statics: the value of an execution stays on its OS thread, and that of the process is never
// moved or dropped, so that it is used through `&T` alone, for which `T: Sync` is enough.
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

impl<T: Sync> OnOneThread<T> {
    /// For the value of a static.
    #[doc(hidden)]
    pub fn shared(value: T) -> Self {
        OnOneThread(value)
    }
}

impl<T> Deref for OnOneThread<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
