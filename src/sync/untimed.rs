//! Waits with a time limit, for worlds whose tool has no time: the other threads may run, and then the wait ends, in
//! time if there has been a notification for anybody, and late if not.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::raw;

/// What a tool's condition variable does for this one.
pub(in super::super) trait Notify {
    fn new() -> Self;
    fn notify_one(&self);
    fn notify_all(&self);
}

/// The tool's condition variable, and how many notifications there have been.
pub(in super::super) struct Condvar<Tool> {
    pub(in super::super) tool: Tool,
    notifications: AtomicU64,
}

impl<Tool: Notify> Condvar<Tool> {
    pub(in super::super) fn new() -> Self {
        Condvar { tool: Tool::new(), notifications: AtomicU64::new(0) }
    }

    pub(in super::super) fn notify_one(&self) {
        self.count();
        self.tool.notify_one();
    }

    pub(in super::super) fn notify_all(&self) {
        self.count();
        self.tool.notify_all();
    }

    fn count(&self) {
        // ORDER: Relaxed, no edge: counts; all threads of an execution share one OS thread.
        self.notifications.fetch_add(1, Relaxed);
    }

    fn notifications(&self) -> u64 {
        // ORDER: Relaxed, no edge: see count.
        self.notifications.load(Relaxed)
    }
}

/// A moment that is not there.
pub(in super::super) struct Deadline;

impl Deadline {
    pub(in super::super) fn after(_: Duration) -> Self {
        Deadline
    }
}

/// Lets the other threads run, and then ends; see `Condvar::wait_timeout` of `sync`.
pub(in super::super) fn wait_timeout<'mutex, Tool: Notify>(
    condvar: &Condvar<Tool>,
    mutex: &'mutex raw::Mutex<()>,
    guard: raw::MutexGuard<'mutex, ()>,
    _: &Deadline,
) -> (raw::MutexGuard<'mutex, ()>, bool) {
    let before = condvar.notifications();
    drop(guard);
    raw::yield_now();
    let guard = raw::lock(mutex);
    (guard, condvar.notifications() == before)
}

/// Lets the other threads run.
#[track_caller]
pub(in super::super) fn sleep(_: Duration) {
    raw::yield_now();
}
