//! Sets of threads.

use crate::interp::ThreadId;

/// A set of threads, by number; there are at most 64.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ThreadSet(pub u64);

impl ThreadSet {
    /// The number of threads that a program may start in all, including the main one.
    pub const THREADS_MAX: usize = 64;

    /// Adds a thread.
    pub fn insert(&mut self, thread: ThreadId) {
        self.0 |= 1 << thread.0;
    }

    /// Removes a thread.
    pub fn remove(&mut self, thread: ThreadId) {
        self.0 &= !(1 << thread.0);
    }

    /// Whether the thread is in it.
    pub fn contains(self, thread: ThreadId) -> bool {
        self.0 >> thread.0 & 1 == 1
    }

    /// Whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The number of threads in it.
    pub fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// The thread with the lowest number.
    pub fn first(self) -> Option<ThreadId> {
        self.iter().next()
    }

    /// The threads in it, by number.
    pub fn iter(self) -> impl ExactSizeIterator<Item = ThreadId> + Clone {
        Iter(self.0)
    }
}

/// The threads that are left, as bits.
#[derive(Clone)]
struct Iter(u64);

impl Iterator for Iter {
    type Item = ThreadId;

    fn next(&mut self) -> Option<ThreadId> {
        let thread = self.0.trailing_zeros();
        self.0 &= self.0.wrapping_sub(1);
        (thread < 64).then_some(ThreadId(thread))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.0.count_ones() as usize;
        (len, Some(len))
    }
}

impl ExactSizeIterator for Iter {}
