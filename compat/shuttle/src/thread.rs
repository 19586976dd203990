//! Threads of an execution, as in [`std::thread`].

pub use drawloom::heddle::sync::thread::{
    Builder, JoinHandle, Scope, ScopedJoinHandle, Thread, ThreadId, current, park, park_timeout,
    scope, sleep, spawn, yield_now,
};
pub use drawloom::heddle::sync::{AccessError, LocalKey};
pub use std::thread::{Result, panicking};
