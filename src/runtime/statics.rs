//! Statics that are fresh in every execution.
//!
//! Who uses a static first makes its value, and the others wait for that. If several threads may be the
//! first, each of them is, in executions of its own.

use std::any::Any;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::OnceLock;
use std::sync::atomic::Ordering;

use crate::graph::EventId;

use super::operation::{Act, Operation};
use super::unchecked::Static;
use super::{perform, with_execution, with_state};
use crate::session;

/// The statics of an execution, in the order in which they were made.
#[derive(Default)]
pub(super) struct Statics(Vec<Made>);

impl Statics {
    /// Drops them, latest first; whether no destructor has panicked.
    pub(super) fn end(mut self) -> bool {
        let mut ends_well = true;
        while let Some(latest) = self.0.pop() {
            let dropped = catch_unwind(AssertUnwindSafe(|| drop(latest)));
            ends_well &= dropped.map_err(session::discard).is_ok();
        }
        ends_well
    }
}

struct Made {
    address: usize,
    value: Box<dyn Any>,
    /// The event after which the value is there.
    by: EventId,
}

/// A static whose value `init` makes.
pub(crate) struct Lazy<T> {
    init: fn() -> T,
    outside: OnceLock<T>,
}

/// A static whose value `init` makes.
pub(crate) const fn lazy<T>(init: fn() -> T) -> Lazy<T> {
    Lazy { init, outside: OnceLock::new() }
}

impl<T: Send + Sync> Lazy<T> {
    /// The value, if this execution has made it and not dropped it.
    pub(crate) fn made(&'static self) -> Option<&'static T> {
        known(std::ptr::from_ref(self).addr(), false)
    }

    /// The value in this execution; outside of any execution, that of the process.
    #[track_caller]
    pub(crate) fn get(&'static self) -> &'static T {
        let key = std::ptr::from_ref(self).addr();
        let site = Location::caller();
        let Some(object) = with_execution(|it| it.static_object(key)) else {
            return self.outside.get_or_init(self.init);
        };
        if let Some(value) = known(key, true) {
            return value;
        }
        let act = Act::Exchange { expected: 0, new: 1, failure: Ordering::Relaxed, is_weak: false };
        let order = Some(Ordering::Relaxed);
        let claim = perform(&Operation { act, object: Some(object), order, site });
        let wait = |act| perform(&Operation { act, object: None, order: None, site });
        match claim {
            Some(claim) if claim.writes => {
                let value = Static::new((self.init)());
                let shared = value.get();
                let made = wait(Act::Unlock { ticket: claim.id });
                let by = made.map_or(claim.id, |it| it.id);
                let made = Made { address: key, value: Box::new(value), by };
                with_state(|it| it.statics.0.push(made));
                shared
            }
            Some(claim) => {
                let ticket = claim.source.expect("the word is no longer the first one");
                wait(Act::Outwait { ticket });
                known(key, false).unwrap_or_else(|| self.outside.get_or_init(self.init))
            }
            None => known(key, false).unwrap_or_else(|| self.outside.get_or_init(self.init)),
        }
    }
}

/// The value at an address, if it has been made, and if the running thread must and does know that.
fn known<T>(key: usize, must_know: bool) -> Option<&'static T> {
    with_state(|state| {
        let made = state.statics.0.iter().find(|it| it.address == key)?;
        if must_know && !state.execution.knows(made.by) {
            return None;
        }
        made.value.downcast_ref::<Static<T>>().map(Static::get)
    })
    .flatten()
}
