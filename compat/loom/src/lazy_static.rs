//! What [`lazy_static!`](crate::lazy_static!) makes.

use std::fmt;

use drawloom::heddle::sync::Global;

use crate::one_thread::SharedOnOneThread;

pub use crate::thread::{AccessError, panicking, yield_now};

/// Makes the value of a static.
#[doc(hidden)]
pub trait __Initial<T> {
    fn make() -> T;
}

/// A static that is made when it is first used, and fresh in every execution. Its value need not be `Sync`, as in loom.
pub struct Lazy<T: 'static>(Global<SharedOnOneThread<T>>);

impl<T> Lazy<T> {
    #[doc(hidden)]
    pub const fn __new<I: __Initial<T>>() -> Self {
        Lazy(Global::new(|| SharedOnOneThread::new(I::make())))
    }

    /// The value. The first thread that asks makes it, and the others wait for that.
    ///
    /// # Panics
    /// No model runs, and another OS thread has made it.
    pub fn get(&'static self) -> &'static T {
        self.0.get().get()
    }
}

impl<T> fmt::Debug for Lazy<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Lazy { .. }")
    }
}
