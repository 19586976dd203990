//! The token of a thread, for which it parks.

use std::panic::Location;
use std::sync::atomic::Ordering;

use super::operation::{Act, Change, Early, Object, Operation, Update};
use super::{ends_early, new_object, perform, perform_checked, yield_now};

/// A word that is 1 if the token is there, and 0 if not. It is made before its thread begins, so everyone who
/// knows the thread knows it.
pub(crate) struct Token {
    object: Option<Object>,
}

impl Token {
    pub(crate) fn new() -> Self {
        Token { object: new_object(0) }
    }

    /// Waits until the token is there, and takes it.
    #[track_caller]
    pub(crate) fn take(&self) {
        let site = Location::caller();
        if !ends_early(self.object, Early::NoCause, site) {
            self.operate(Act::Park, Ordering::Acquire, site);
        }
    }

    /// Waits until the token is there, and takes it, for a thread that waits for a future: if the limits let it, the wait
    /// ends once without that, so that the future is polled once more.
    #[track_caller]
    pub(crate) fn take_or_poll(&self) {
        if !ends_early(self.object, Early::Polls, Location::caller()) {
            self.take();
        }
    }

    /// Takes the token if it is there; whether it was not. A wait for it would be the same at a later moment.
    #[track_caller]
    pub(crate) fn take_in_time(&self) -> bool {
        let site = Location::caller();
        yield_now();
        self.operate(swap(0), Ordering::Acquire, site) == Some(0)
    }

    /// Puts the token there. A waker comes to its thread by safe code, perhaps of a crate whose synchronisation is not
    /// seen here: so nobody asks whether the thread knows that the token has been made.
    #[track_caller]
    pub(crate) fn give(&self) {
        self.operation(swap(1), Ordering::Release, Location::caller()).and_then(|it| perform(&it));
    }

    /// The word before the operation.
    fn operate(&self, act: Act, order: Ordering, site: &'static Location<'static>) -> Option<u64> {
        let operation = self.operation(act, order, site)?;
        perform_checked(&operation).map(|it| it.read)
    }

    fn operation(
        &self,
        act: Act,
        order: Ordering,
        site: &'static Location<'static>,
    ) -> Option<Operation> {
        let object = Some(self.object?);
        Some(Operation { act, object, order: Some(order), site })
    }
}

fn swap(operand: u64) -> Act {
    Act::Update(Update { change: Change::Swap, operand, bits: 1 })
}
