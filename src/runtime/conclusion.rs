//! How an execution has ended.

use super::execution::{End, Execution, Thread};
use super::operation::Act;

impl Execution {
    /// How the execution has ended, when no thread is next.
    pub(super) fn conclusion(&mut self) -> End {
        if self.must_see_more() {
            return End::SeesTooLittle;
        }
        if let Some(end) = self.ending {
            return end;
        }
        let live = || self.threads.iter().zip(0..).filter(|(it, _)| it.is_started && !it.has_ended);
        if live().next().is_none() {
            return End::Complete;
        }
        let waits_in_vain = |thread: &Thread| {
            let act = thread.pending.map(|it| it.act);
            matches!(
                act,
                Some(
                    Act::Acquire { is_tried: true, .. }
                        | Act::Woken { is_timed: true, .. }
                        | Act::Outlast
                )
            )
        };
        let is_stale = |(thread, number): (&Thread, u32)| {
            let has_newest = |operation| self.has_newest(number, operation);
            self.spins(number) && !thread.pending.as_ref().is_some_and(has_newest)
        };
        if live().any(is_stale) {
            return End::Waits;
        }
        if live().any(|(it, _)| waits_in_vain(it)) {
            return End::Blocked;
        }
        if live().any(|(_, number)| self.spins(number)) { End::Livelock } else { End::Deadlock }
    }
}
