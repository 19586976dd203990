//! A token that one thread waits for and any thread may give, for futures.

use std::panic::Location;
use std::thread::panicking;

use super::thread::{give, take};
use super::{create, is_gone, raw};
use crate::session::{self, Event, OpKind};

/// Where a thread waits.
pub(super) type Site = &'static Location<'static>;

/// The caller's place.
#[track_caller]
pub(super) fn here() -> Site {
    Location::caller()
}

/// Whether other threads go on after a panic, and must be told of it.
pub(super) fn goes_on_after_panic() -> bool {
    session::session().is_none()
}

/// A token like a thread's own, but for one purpose: nobody else's park takes it away.
pub(super) struct Signal {
    /// `None` if it was made after the end of its execution.
    token: Option<raw::Token>,
    /// The thread that waits for it.
    thread: u64,
    /// Where that is. A waker does not say who calls it.
    location: Site,
    /// A waker that is never dropped is a leak.
    _kept: raw::Kept,
}

impl Signal {
    /// A token for the calling thread, which is not there yet. The thread will wait for it at this place.
    #[track_caller]
    pub(super) fn new(location: Site) -> Self {
        let thread = session::site(location).thread.0.into();
        Signal { token: create(raw::Token::new), thread, location, _kept: raw::Kept::new() }
    }

    /// Puts the token there.
    pub(super) fn give(&self) {
        let event = Event::new(OpKind::Unpark, self.location);
        give(self.token.as_ref(), Event { written: Some(self.thread), ..event });
    }

    /// Waits until the token is there, and takes it.
    pub(super) fn take(&self) {
        let event = Event::new(OpKind::Park, self.location);
        take(self.token.as_ref(), event, raw::await_waker);
        if is_gone() {
            // Nobody gives it any more. In a destructor that a panic runs, this panic ends the process.
            assert!(!panicking(), "a destructor waits for a future in an execution that is over");
            session::cancel();
        }
    }
}
