//! Condition variables.

use std::panic::Location;

use crate::graph::EventId;

use super::memory::note_use;
use super::mutex::MutexGuard;
use super::operation::{Act, Early, Object, Operation};
use super::{ends_early, new_object, perform, perform_checked};

/// The line of those who wait for a notification.
pub(crate) struct Condvar {
    object: Option<Object>,
}

impl Condvar {
    pub(crate) fn new() -> Self {
        Condvar { object: new_object(0) }
    }

    #[track_caller]
    pub(crate) fn notify_one(&self) {
        self.notify(false, Location::caller());
    }

    #[track_caller]
    pub(crate) fn notify_all(&self) {
        self.notify(true, Location::caller());
    }

    fn notify(&self, all: bool, site: &'static Location<'static>) {
        if self.object.is_some() {
            self.operate(Act::Notify { all }, site);
        }
    }

    /// Releases the lock, waits for a notification and takes the lock again.
    #[track_caller]
    pub(crate) fn wait<'mutex, T>(&self, guard: MutexGuard<'mutex, T>) -> MutexGuard<'mutex, T> {
        let site = Location::caller();
        if ends_early(self.object, Early::NoCause, site) {
            self.leave(guard, site)
        } else {
            self.wait_until(guard, false, site)
        }
    }

    /// The same with a time limit, and whether the time was up. Time orders nothing: the wait may end
    /// at any moment.
    #[track_caller]
    pub(crate) fn wait_timeout<'mutex, T>(
        &self,
        guard: MutexGuard<'mutex, T>,
    ) -> (MutexGuard<'mutex, T>, bool) {
        let site = Location::caller();
        let is_late = ends_early(self.object, Early::TimeOut, site);
        let guard = if is_late || ends_early(self.object, Early::NoCause, site) {
            self.leave(guard, site)
        } else {
            self.wait_until(guard, true, site)
        };
        (guard, is_late)
    }

    /// A wait that ends with a notification.
    fn wait_until<'mutex, T>(
        &self,
        guard: MutexGuard<'mutex, T>,
        is_timed: bool,
        site: &'static Location<'static>,
    ) -> MutexGuard<'mutex, T> {
        self.release(guard, site, |wait| {
            let act = Act::Woken { wait, is_timed };
            perform(&Operation { act, object: None, order: None, site });
        })
    }

    /// A wait that ends before a notification comes.
    fn leave<'mutex, T>(
        &self,
        guard: MutexGuard<'mutex, T>,
        site: &'static Location<'static>,
    ) -> MutexGuard<'mutex, T> {
        self.release(guard, site, |wait| {
            self.operate(Act::Quit { wait }, site);
        })
    }

    /// Begins to wait, releases the lock until the wait has ended, and takes it again.
    fn release<'mutex, T>(
        &self,
        guard: MutexGuard<'mutex, T>,
        site: &'static Location<'static>,
        end: impl FnOnce(EventId),
    ) -> MutexGuard<'mutex, T> {
        let mutex = guard.mutex();
        let wait = self.operate(Act::Wait, site);
        drop(guard);
        if let Some(wait) = wait {
            end(wait.id);
        }
        mutex.lock()
    }

    fn operate(&self, act: Act, site: &'static Location<'static>) -> Option<super::Outcome> {
        note_use(std::ptr::from_ref(self).addr(), site);
        let object = self.object?;
        perform_checked(&Operation { act, object: Some(object), order: None, site })
    }
}
