//! What [`lazy_static!`](crate::lazy_static!) makes.

use std::fmt;

use drawloom::heddle::sync::Global;

use crate::one_thread::OnOneThread;

pub use crate::thread::{AccessError, panicking, yield_now};

/// Makes the value of a static.
#[doc(hidden)]
pub trait __Initial<T> {
    fn make() -> T;
}

/// A static that is made when it is first used, and fresh in every execution.
pub struct Lazy<T: Sync + 'static>(Global<OnOneThread<T>>);

impl<T: Sync> Lazy<T> {
    #[doc(hidden)]
    pub const fn __new<I: __Initial<T>>() -> Self {
        Lazy(Global::new(|| OnOneThread::new(I::make())))
    }

    /// The value. The first thread that asks makes it, and the others wait for that.
    pub fn get(&'static self) -> &'static T {
        self.0.get()
    }
}

impl<T: Sync> fmt::Debug for Lazy<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Lazy { .. }")
    }
}
