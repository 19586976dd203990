//! Ends an execution before its threads end, because its search must end.
//!
//! | an execution is | a body that asks | its result | left by |
//! |---|---|---|---|
//! | under way | goes on | counts | the watcher's wish |
//! | deaf | goes on: the tool follows a path that it knows | counts | a fixed number of events |
//! | told | ends itself in order | says nothing | its end |
//! | stopped | is over: its threads end at their next operation | says nothing | the search's end |
//!
//! A body may ask with `is_to_stop`, or register how it can be interrupted from outside. The engines let
//! the execution run for as long as the body needs to end, and then end the search.

use std::sync::atomic::Ordering::Relaxed;

use super::{execution::Session, locked::locked, watcher::Interrupt};
use crate::verdict::Bound;

impl Session {
    /// Ends the execution, and the search with it. The first reason is kept.
    pub(crate) fn stop(&self, bound: Bound) {
        if !self.is_over() {
            locked(&self.stopping.stopped).get_or_insert(bound);
            self.cut_off(bound);
        }
    }

    /// Why the search must end with this execution, if it must.
    pub(crate) fn stopped(&self) -> Option<Bound> {
        *locked(&self.stopping.stopped)
    }

    /// Why the watcher wants the search to end, if it does.
    pub(crate) fn wish_to_stop(&self) -> Option<Bound> {
        self.probe.watcher.as_ref()?.stop()
    }

    /// Keeps the body from hearing that it must end until this many events have happened. Until then the
    /// tool follows a path that it knows, and a body that behaved differently there would confuse it.
    pub(crate) fn be_deaf_for(&self, events: u64) {
        // ORDER: Relaxed, no edge: a number that is set before the body begins.
        self.stopping.deaf_for.store(events, Relaxed);
    }

    /// Whether the body must end.
    pub(super) fn is_to_stop(&self) -> bool {
        // ORDER: Relaxed, no edge: see be_deaf_for.
        let can_hear = self.steps() >= self.stopping.deaf_for.load(Relaxed);
        self.told(can_hear && self.wish_to_stop().is_some())
    }

    fn told(&self, is_to_stop: bool) -> bool {
        if is_to_stop {
            // ORDER: Relaxed, no edge: read when the body has ended.
            self.stopping.was_told.store(true, Relaxed);
        }
        is_to_stop
    }

    /// Whether the body has been told to end.
    pub(crate) fn was_told_to_stop(&self) -> bool {
        // ORDER: Relaxed, no edge: the body has ended.
        self.stopping.was_told.load(Relaxed)
    }

    pub(super) fn on_stop(&self, interrupt: Option<Interrupt>) {
        *locked(&self.stopping.interrupt) = interrupt;
    }

    /// Tells the body to end, if it has registered how.
    pub(crate) fn interrupt(&self) {
        if let Some(interrupt) = &*locked(&self.stopping.interrupt) {
            self.told(true);
            interrupt();
        }
    }

    /// Whether the body may make a text of this many bytes.
    pub(super) fn may_make(&self, bytes: usize) -> bool {
        let Some(watcher) = &self.probe.watcher else { return true };
        // ORDER: Relaxed, no edge: a count.
        let made = self.stopping.made.fetch_add(bytes as u64, Relaxed);
        !self.told(!watcher.may_make(bytes, made))
    }
}
