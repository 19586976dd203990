//! The token of a thread, for worlds whose tool has none that works like `std`'s.
//!
//! A token is there or not. Parking waits until it is there and takes it; unparking puts it there. Here it is a
//! flag under one of the tool's locks. So it also orders what `std` leaves unordered: a park before a later unpark.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use super::raw;
use crate::session;

/// The token of one thread.
pub(in super::super) struct Token {
    is_there: AtomicBool,
    /// Made when somebody parks or unparks the thread.
    tools: OnceLock<(raw::Mutex<()>, raw::Condvar)>,
}

impl Token {
    pub(in super::super) fn new() -> Self {
        Token { is_there: AtomicBool::new(false), tools: OnceLock::new() }
    }

    fn tools(&self) -> &(raw::Mutex<()>, raw::Condvar) {
        self.tools.get_or_init(|| (raw::Mutex::new(()), raw::Condvar::new()))
    }

    fn take(&self) -> bool {
        // ORDER: Relaxed, no edge: the lock orders all accesses.
        self.is_there.swap(false, Relaxed)
    }
}

/// Waits until the token is there, and takes it.
pub(in super::super) fn park(token: &Token) {
    let (mutex, condvar) = token.tools();
    let mut guard = raw::lock(mutex);
    while !token.take() && !session::is_over() {
        guard = raw::wait(condvar, mutex, guard);
    }
}

/// The same, but not for much longer than the deadline; whether the token was not there in time.
pub(in super::super) fn park_timeout(token: &Token, deadline: &raw::Deadline) -> bool {
    let (mutex, condvar) = token.tools();
    let guard = raw::lock(mutex);
    if token.take() {
        return false;
    }
    let (guard, _) = raw::wait_timeout(condvar, mutex, guard, deadline);
    let is_late = !token.take();
    drop(guard);
    is_late
}

/// Puts the token there.
pub(in super::super) fn unpark(token: &Token) {
    let (mutex, condvar) = token.tools();
    let guard = raw::lock(mutex);
    // ORDER: Relaxed, no edge: the lock orders all accesses.
    token.is_there.store(true, Relaxed);
    condvar.notify_one();
    drop(guard);
}
