//! Waits that end early, and weak exchanges that fail: without what they have asked for.

use std::panic::Location;
use std::sync::Arc;

use super::execution::Execution;
use super::meaning::Event;
use super::operation::{Act, Early, Object, Operation};
use super::{perform, with_execution};
use crate::verdict::Bound;

/// Whether a wait on an object ends early: a choice, unless the limits leave no other way.
pub(super) fn ends_early(
    object: Option<Object>,
    early: Early,
    site: &'static Location<'static>,
) -> bool {
    let may_end = with_execution(|it| {
        let may_end = object.is_none_or(|object| it.may_end(object, early));
        if !may_end {
            it.note_limit(early);
        }
        may_end
    });
    match may_end {
        Some(false) => false,
        // A wait with a time limit need not wait when no execution goes on.
        None => early == Early::TimeOut,
        Some(true) => {
            let act = Act::Choose { early };
            let choice = Operation { act, object, order: None, site };
            perform(&choice).map_or(early == Early::TimeOut, |it| it.way == 1)
        }
    }
}

impl Execution {
    /// Whether another operation of the running thread on an object may end early.
    pub(super) fn may_end(&self, object: Object, early: Early) -> bool {
        let limit = match early {
            Early::TimeOut => self.limits.timeouts_max,
            Early::NoCause => usize::from(self.limits.spurious),
            Early::Polls => usize::from(self.limits.polls_again),
        };
        let Some(line) = self.graph.lines.get(self.running as usize) else { return limit > 0 };
        let position = self.threads[self.running as usize].position;
        let has_ended = |event: &&Arc<Event>| {
            let done = &event.detail;
            done.way == 1
                && done.operation.object == Some(object)
                && done.operation.act.early() == Some(early)
        };
        line.events[..position].iter().filter(has_ended).take(limit).count() < limit
    }

    /// An operation would have ended early once more if the limits did not keep it from that.
    pub(super) fn note_limit(&mut self, early: Early) {
        match early {
            Early::TimeOut => _ = self.left_out.insert(Bound::TimeOuts),
            Early::NoCause if self.limits.spurious => _ = self.left_out.insert(Bound::Uncaused),
            // One more poll is a courtesy. All of them are promised by `spurious` alone.
            Early::NoCause | Early::Polls => {}
        }
    }
}
