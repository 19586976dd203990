//! Computes the trace of an execution: a number that does not depend on the order of independent operations.
//!
//! Two executions are one trace if in both each operation comes after the same conflicting operations.
//! So the number of an operation is computed from the number of the thread's previous operation and from
//! those of the earlier operations that it conflicts with. The trace's number is the sum of all these
//! numbers. The traces counted in this way are those that a search over traces explores once each.
//!
//! Does not see the difference between two traces with the same number: among ten million traces, the
//! probability that two such traces exist is about one in 400,000.

use crate::interp::ThreadId;
use crate::reference::objects::{Touch, mix};
use crate::reference::{Course, ThreadSet, Turn};

/// The trace of the execution so far.
#[derive(Clone, Debug)]
pub(super) struct Trace {
    /// The number of each thread's latest operation.
    threads: [u64; ThreadSet::THREADS_MAX],
    /// By object number.
    objects: Vec<Conflicts>,
    sum: u64,
    /// The number of the execution; entries of an object from another execution do not count.
    generation: u32,
}

/// The operations that the next operation on an object can conflict with.
#[derive(Clone, Copy, Debug, Default)]
struct Conflicts {
    generation: u32,
    /// The latest one that wrote.
    written: u64,
    /// The sum of those that have read since then.
    read: u64,
}

/// Distinguishes a reader from a writer, and a started thread from the thread that starts it.
const READS: u64 = 0x5EAD;
const STARTED: u64 = 0x57A7;
/// Distinguishes an operation's other course from the usual one.
const OTHER: u64 = 0x07E4;

impl Trace {
    pub(super) fn new() -> Self {
        Trace { threads: [0; ThreadSet::THREADS_MAX], objects: Vec::new(), sum: 0, generation: 0 }
    }

    /// Begins another execution.
    pub(super) fn begin(&mut self) {
        self.threads = [0; ThreadSet::THREADS_MAX];
        self.sum = 0;
        self.generation += 1;
    }

    /// The number of what has happened since the execution began.
    pub(super) fn number(&self) -> u64 {
        self.sum
    }

    /// Adds an operation: its turn and its accesses.
    pub(super) fn add(&mut self, Turn { thread, course }: Turn, touched: &[Touch]) {
        let mut number = mix(self.threads[thread.0 as usize], u64::from(thread.0));
        if course == Course::Other {
            number = mix(number, OTHER);
        }
        for touch in touched {
            let before = self.conflicts(touch.object);
            let read = if touch.writes { before.read } else { READS };
            number = mix(number ^ before.written, read);
        }
        for touch in touched {
            let before = &mut self.objects[touch.object];
            if touch.writes {
                (before.written, before.read) = (number, 0);
            } else {
                before.read = before.read.wrapping_add(number);
            }
        }
        self.threads[thread.0 as usize] = number;
        self.sum = self.sum.wrapping_add(number);
    }

    /// A thread's operations come after its start.
    pub(super) fn start(&mut self, by: ThreadId, child: ThreadId) {
        self.threads[child.0 as usize] = mix(self.threads[by.0 as usize], STARTED);
    }

    fn conflicts(&mut self, object: usize) -> &mut Conflicts {
        if object >= self.objects.len() {
            self.objects.resize(object + 1, Conflicts::default());
        }
        let conflicts = &mut self.objects[object];
        if conflicts.generation != self.generation {
            *conflicts = Conflicts { generation: self.generation, ..Conflicts::default() };
        }
        conflicts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of these operations: thread, object, whether it is written.
    fn number(operations: &[(u32, usize, bool)]) -> u64 {
        let mut trace = Trace::new();
        trace.begin();
        for &(thread, object, writes) in operations {
            trace.add(ThreadId(thread).into(), &[Touch { object, writes }]);
        }
        trace.number()
    }

    #[test]
    fn operations_that_do_not_conflict_may_lie_in_any_order() {
        assert_eq!(number(&[(0, 1, true), (1, 2, true)]), number(&[(1, 2, true), (0, 1, true)]));
        assert_eq!(
            number(&[(0, 1, false), (1, 1, false)]),
            number(&[(1, 1, false), (0, 1, false)])
        );
        let (first, last) = ((0, 1, true), (0, 1, true));
        let readers = [(1, 1, false), (2, 1, false)];
        assert_eq!(
            number(&[first, readers[0], readers[1], last]),
            number(&[first, readers[1], readers[0], last])
        );
    }

    #[test]
    fn operations_that_conflict_may_not() {
        assert_ne!(number(&[(0, 1, true), (1, 1, true)]), number(&[(1, 1, true), (0, 1, true)]));
        assert_ne!(number(&[(0, 1, true), (1, 1, false)]), number(&[(1, 1, false), (0, 1, true)]));
        let (one, other) = ((0, 1, true), (1, 1, true));
        let reader = (2, 1, false);
        assert_ne!(number(&[one, reader, other]), number(&[one, other, reader]));
    }
}
