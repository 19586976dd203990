//! A notification that one thread waits for.

use std::fmt;
use std::panic::Location;
use std::sync::Mutex;

use super::thread::{give, take};
use super::{create, raw};
use crate::session::{self, Event, OpKind, Site, locked};

/// A notification for one thread, as the crate loom has it: a wait ends at once if it has been given already, and a
/// second one before that has no effect. For tests that mock a wait by it.
pub struct Notify {
    /// `None` if it was made after the end of its execution.
    token: Option<raw::Token>,
    /// Who waits, so that a second one is noticed.
    waits: Mutex<Option<Site>>,
}

/// The end of a wait, however it ends.
struct Ends<'notify>(&'notify Notify);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        *locked(&self.0.waits) = None;
    }
}

impl Notify {
    /// A notification that has not been given.
    pub fn new() -> Self {
        Notify { token: create(raw::Token::new), waits: Mutex::new(None) }
    }

    /// Gives the notification.
    #[track_caller]
    pub fn notify(&self) {
        let event = Event::new(OpKind::Unpark, Location::caller());
        let waits = *locked(&self.waits);
        let written = waits.map(|it| it.thread.0.into());
        give(self.token.as_ref(), Event { written, ..event });
    }

    /// Waits until the notification has been given, and takes it.
    ///
    /// # Panics
    /// If another thread waits for it.
    #[track_caller]
    pub fn wait(&self) {
        let event = Event::new(OpKind::Park, Location::caller());
        let earlier = locked(&self.waits).replace(session::site(event.location));
        if let Some(other) = earlier {
            panic!("only a single thread may wait on `Notify`, and {other} does");
        }
        let _ends = Ends(self);
        take(self.token.as_ref(), event, raw::park);
    }
}

impl Default for Notify {
    fn default() -> Self {
        Notify::new()
    }
}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notify").finish_non_exhaustive()
    }
}
