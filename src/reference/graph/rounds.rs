//! Records where a thread of a graph has been, to notice when it returns there.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::event::Event;
use crate::reference::{Thread, fingerprint_of};

/// The state of a thread before each of its operations.
///
/// A fingerprint takes time, so it is computed only if a thread has been at one instruction twice.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rounds {
    /// One more than the position of the last event that changed something.
    pub(super) idle_since: u32,
    /// The position of the first event at each instruction.
    first: BTreeMap<u32, u32>,
    /// The latest position of each fingerprint.
    latest: BTreeMap<u128, u32>,
}

impl Rounds {
    /// The rounds of all these events.
    pub(crate) fn of(events: &[Arc<Event>]) -> Self {
        let mut rounds = Rounds::default();
        for count in 1..=events.len() {
            rounds.add(&events[..count]);
        }
        rounds
    }

    /// Adds the last of these events; the others have been added already.
    pub(crate) fn add(&mut self, events: &[Arc<Event>]) {
        let Some(event) = events.last() else { return };
        let position = event.id.position;
        if !event.detail.is_idle {
            self.idle_since = position + 1;
        }
        if event.completes() {
            return;
        }
        let first = *self.first.entry(event.detail.before.instruction()).or_insert(position);
        if first != position {
            let first = &events[first as usize];
            self.latest.entry(first.stood()).or_insert(first.id.position);
            self.latest.insert(event.stood(), position);
        }
    }

    /// The latest event before which the thread was in this state.
    pub(super) fn position_of(&self, events: &[Arc<Event>], after: &Thread) -> Option<u32> {
        let first = *self.first.get(&after.instruction())?;
        let after = fingerprint_of(after);
        let is_first = || (events[first as usize].stood() == after).then_some(first);
        self.latest.get(&after).copied().or_else(is_first)
    }
}
