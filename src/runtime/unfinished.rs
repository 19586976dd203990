//! The threads that have not ended when an execution is over.

use super::execution::Execution;
use super::operation::Act;

impl Execution {
    /// Leaves the threads that have not ended where they are. What they own is never dropped, and their stacks are not
    /// given back: something else may point into them.
    pub(super) fn abandon_threads(&mut self) {
        self.threads.iter_mut().filter_map(|it| it.coroutine.take()).for_each(std::mem::forget);
    }

    /// The threads that have begun and not ended. Those that hold locks come first: destructors of others may want them.
    pub(super) fn unfinished(&self) -> Vec<u32> {
        let threads = self.threads.iter().zip(0..).filter(|(it, _)| it.coroutine.is_some());
        let mut unfinished: Vec<u32> = threads.map(|(_, number)| number).collect();
        unfinished.sort_by_key(|&it| !self.holds_a_lock(it));
        unfinished
    }

    fn holds_a_lock(&self, thread: u32) -> bool {
        let Some(line) = self.graph.lines.get(thread as usize) else { return false };
        let done = line.events.iter().take(self.threads[thread as usize].position);
        let (mut taken, mut given_back) = (0, 0);
        for event in done {
            match event.detail.operation.act {
                Act::Acquire { .. } => taken += 1,
                Act::Unlock { .. } => given_back += 1,
                _ => {}
            }
        }
        taken > given_back
    }
}
