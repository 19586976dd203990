//! A condition variable.

use std::{
    fmt,
    panic::Location,
    sync::{LockResult, PoisonError},
    time::Duration,
};

use super::{MutexGuard, call, create, point, raw};
use crate::session::{self, Decision, Event, ObjectId, ObjectKind, OpKind, Operator};

/// A condition variable, with the methods of `std`'s.
///
/// Does not see: wakeups without a cause, except under heddle with `spurious`; under loom and on real threads, `notify_one` waking a thread
/// other than the one that has waited longest. Wait in a loop all the same.
///
/// Once the execution is over, a wait during unwinding returns at once, and `wait_while` and
/// `wait_timeout_while` with it, whatever the condition says.
pub struct Condvar {
    object: ObjectId,
    /// `None` if it was created after the end of its execution.
    raw: Option<raw::Condvar>,
}

/// Whether a wait ended because its time was up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// Whether the time was up.
    pub fn timed_out(&self) -> bool {
        self.0
    }
}

impl Condvar {
    /// A condition variable without waiters.
    #[track_caller]
    pub fn new() -> Self {
        Condvar { object: session::new_object(ObjectKind::Condvar), raw: create(raw::Condvar::new) }
    }

    /// Releases the mutex, waits for a notification, and locks the mutex again.
    ///
    /// # Errors
    /// The guard, in an error, if the mutex is poisoned.
    #[track_caller]
    pub fn wait<'mutex, T: ?Sized>(
        &self,
        guard: MutexGuard<'mutex, T>,
    ) -> LockResult<MutexGuard<'mutex, T>> {
        let event = Event::new(OpKind::Wait, Location::caller()).on(self.object);
        self.wait_as(point(event), guard, event)
    }

    /// Waits until the condition no longer holds.
    ///
    /// # Errors
    /// The guard, in an error, if the mutex is poisoned.
    #[track_caller]
    pub fn wait_while<'mutex, T: ?Sized, F>(
        &self,
        mut guard: MutexGuard<'mutex, T>,
        mut condition: F,
    ) -> LockResult<MutexGuard<'mutex, T>>
    where
        F: FnMut(&mut T) -> bool,
    {
        let event = Event::new(OpKind::Wait, Location::caller()).on(self.object);
        while condition(&mut guard) && !session::is_over() {
            let decision = point(event);
            guard = self.wait_as(decision, guard, event)?;
            if decision == Decision::Break(Operator::WakeUncaused) {
                break;
            }
        }
        Ok(guard)
    }

    /// Waits for a notification, but not much longer than `time_max`.
    ///
    /// Under loom and shuttle every other thread may run once, and then the wait ends: in time
    /// if there has been a notification for anybody, and late otherwise. Does not see what
    /// [`wait_timeout_while`](Self::wait_timeout_while) does not see.
    ///
    /// # Errors
    /// The guard, in an error, if the mutex is poisoned.
    #[track_caller]
    pub fn wait_timeout<'mutex, T: ?Sized>(
        &self,
        guard: MutexGuard<'mutex, T>,
        time_max: Duration,
    ) -> LockResult<(MutexGuard<'mutex, T>, WaitTimeoutResult)> {
        let event = Event::new(OpKind::WaitTimeout, Location::caller()).on(self.object);
        self.wait_in_time(event, guard, &raw::Deadline::after(time_max), time_max)
    }

    /// Waits until the condition no longer holds, but not much longer than `time_max`.
    ///
    /// loom and shuttle have no time. There, if the condition holds, every other thread may run once,
    /// and if the condition then still holds, the wait times out. Each point of the other threads' runs
    /// is tried as the moment of the time-out. Does not see: a wait that outlasts several attempts of
    /// the others, a time-out before any of them has moved (loom's verdict is `Bounded` for that), or a
    /// missing notification, which a time-out hides.
    ///
    /// # Errors
    /// The guard, in an error, if the mutex is poisoned.
    #[track_caller]
    pub fn wait_timeout_while<'mutex, T: ?Sized, F>(
        &self,
        mut guard: MutexGuard<'mutex, T>,
        time_max: Duration,
        mut condition: F,
    ) -> LockResult<(MutexGuard<'mutex, T>, WaitTimeoutResult)>
    where
        F: FnMut(&mut T) -> bool,
    {
        let event = Event::new(OpKind::WaitTimeout, Location::caller()).on(self.object);
        let deadline = raw::Deadline::after(time_max);
        let mut is_late = false;
        loop {
            let holds = condition(&mut guard);
            if !holds || is_late || session::is_over() {
                return Ok((guard, WaitTimeoutResult(holds)));
            }
            let result;
            (guard, result) = self.wait_in_time(event, guard, &deadline, time_max)?;
            is_late = result.timed_out();
        }
    }

    /// A wait until the deadline, before which there is this much time.
    fn wait_in_time<'mutex, T: ?Sized>(
        &self,
        event: Event,
        guard: MutexGuard<'mutex, T>,
        deadline: &raw::Deadline,
        time_max: Duration,
    ) -> LockResult<(MutexGuard<'mutex, T>, WaitTimeoutResult)> {
        let mut is_late = false;
        let resumed = self.perform(point(event), guard, event, |raw, mutex, guard| {
            let (guard, late) = raw::wait_timeout(raw, mutex, guard, deadline);
            is_late = late;
            if late {
                raw::pass(time_max);
            }
            guard
        });
        match resumed {
            Ok(guard) => Ok((guard, WaitTimeoutResult(is_late))),
            Err(poisoned) => {
                Err(PoisonError::new((poisoned.into_inner(), WaitTimeoutResult(is_late))))
            }
        }
    }

    /// Wakes one waiter, if there is one.
    #[track_caller]
    pub fn notify_one(&self) {
        self.notify(OpKind::NotifyOne, Location::caller());
    }

    /// Wakes all waiters.
    #[track_caller]
    pub fn notify_all(&self) {
        self.notify(OpKind::NotifyAll, Location::caller());
    }

    fn notify(&self, op: OpKind, location: &'static Location<'static>) {
        let event = Event::new(op, location).on(self.object);
        let op = match (point(event), &self.raw) {
            (Decision::Bypass, _) | (_, None) => return,
            (Decision::Break(Operator::DoNotNotify), _) => None,
            (Decision::Break(Operator::NotifyOne), Some(raw)) => Some((raw, OpKind::NotifyOne)),
            (Decision::Perform | Decision::Weaken { .. } | Decision::Break(_), Some(raw)) => {
                Some((raw, op))
            }
        };
        if let Some((raw, op)) = op {
            call(|| if op == OpKind::NotifyOne { raw.notify_one() } else { raw.notify_all() });
        }
        session::finish(event);
    }

    fn wait_as<'mutex, T: ?Sized>(
        &self,
        decision: Decision,
        guard: MutexGuard<'mutex, T>,
        event: Event,
    ) -> LockResult<MutexGuard<'mutex, T>> {
        self.perform(decision, guard, event, |raw, mutex, guard| match decision {
            Decision::Break(Operator::WakeUncaused) => {
                drop(guard);
                raw::lock(mutex)
            }
            _ => raw::wait(raw, mutex, guard),
        })
    }

    /// Every wait goes through here. After the end of the execution `session::point` does not return
    /// from a wait, unless the thread unwinds; a wait during unwinding then returns at once.
    fn perform<'mutex, T: ?Sized>(
        &self,
        decision: Decision,
        guard: MutexGuard<'mutex, T>,
        event: Event,
        wait: impl FnOnce(
            &raw::Condvar,
            &'mutex raw::Mutex<()>,
            raw::MutexGuard<'mutex, ()>,
        ) -> raw::MutexGuard<'mutex, ()>,
    ) -> LockResult<MutexGuard<'mutex, T>> {
        match (decision, &self.raw) {
            (Decision::Bypass, _) | (_, None) => Ok(guard),
            (Decision::Perform | Decision::Weaken { .. } | Decision::Break(_), Some(raw)) => {
                let guard = guard.suspend(|mutex, guard| wait(raw, mutex, guard));
                session::finish(event);
                guard
            }
        }
    }
}

impl Default for Condvar {
    #[track_caller]
    fn default() -> Self {
        Condvar::new()
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.object)
    }
}
