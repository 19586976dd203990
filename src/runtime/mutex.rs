//! Locks.

use std::marker::PhantomData;
use std::panic::Location;

use crate::graph::EventId;

use super::memory::note_use;
use super::operation::{Access, Act, Object, Operation};
use super::{Outcome, new_object, perform, perform_checked};

/// A lock without data.
pub(crate) struct Mutex<T> {
    object: Option<Object>,
    data: PhantomData<T>,
}

/// Gives the lock back when it is dropped.
pub(crate) struct MutexGuard<'mutex, T> {
    mutex: &'mutex Mutex<T>,
    _held: Held,
}

impl<T> Mutex<T> {
    pub(crate) fn new(_: T) -> Self {
        Mutex { object: new_object(0), data: PhantomData }
    }

    #[track_caller]
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        let held = Held::lock(self, self.object, Access::Exclusive, Location::caller());
        MutexGuard { mutex: self, _held: held }
    }

    #[track_caller]
    pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        let held = Held::try_lock(self, self.object, Access::Exclusive, Location::caller())?;
        Some(MutexGuard { mutex: self, _held: held })
    }
}

impl<'mutex, T> MutexGuard<'mutex, T> {
    /// The lock that it will give back.
    pub(super) fn mutex(&self) -> &'mutex Mutex<T> {
        self.mutex
    }
}

/// The right to a lock, given back when it is dropped.
pub(super) struct Held {
    /// `None` if no execution went on when it was taken.
    ticket: Option<EventId>,
    /// The address of the lock.
    lock: usize,
    site: &'static Location<'static>,
    /// It stays on its thread, as a guard of `std` does, and may be shared.
    on_thread: PhantomData<std::sync::MutexGuard<'static, ()>>,
}

impl Held {
    /// Takes a ticket of a lock and waits until it is its turn.
    pub(super) fn lock<L>(
        lock: &L,
        object: Option<Object>,
        access: Access,
        site: &'static Location<'static>,
    ) -> Self {
        let lock = std::ptr::from_ref(lock).addr();
        note_use(lock, site);
        let ticket = object.and_then(|object| {
            let ticket = take(object, Act::Lock { access }, site)?.id;
            acquire(ticket, false, site)
        });
        Held { ticket, lock, site, on_thread: PhantomData }
    }

    /// The same, unless the lock is held.
    pub(super) fn try_lock<L>(
        lock: &L,
        object: Option<Object>,
        access: Access,
        site: &'static Location<'static>,
    ) -> Option<Self> {
        let lock = std::ptr::from_ref(lock).addr();
        note_use(lock, site);
        let tried = object.and_then(|object| take(object, Act::TryLock { access }, site));
        let ticket = match tried {
            Some(tried) if !tried.writes => return None,
            Some(tried) => acquire(tried.id, true, site),
            None => None,
        };
        Some(Held { ticket, lock, site, on_thread: PhantomData })
    }
}

fn take(object: Object, act: Act, site: &'static Location<'static>) -> Option<Outcome> {
    perform_checked(&Operation { act, object: Some(object), order: None, site })
}

/// Waits until it is the turn of a ticket.
fn acquire(ticket: EventId, is_tried: bool, site: &'static Location<'static>) -> Option<EventId> {
    let act = Act::Acquire { ticket, is_tried };
    perform(&Operation { act, object: None, order: None, site })?;
    Some(ticket)
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            note_use(self.lock, self.site);
            let act = Act::Unlock { ticket };
            perform(&Operation { act, object: None, order: None, site: self.site });
        }
    }
}
