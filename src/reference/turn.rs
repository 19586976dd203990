//! Turns: the thread of a step, and the course that the step takes if there are two.

use super::ThreadSet;
use crate::interp::ThreadId;

/// A step: its thread, and how its operation comes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Turn {
    /// The thread that makes the step.
    pub thread: ThreadId,
    /// How it comes out.
    pub course: Course,
}

/// How an operation comes out. Most have one course only, the usual one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Course {
    /// A weak compare-exchange does not fail without a cause; an allocation gets the memory of its
    /// size that was freed last.
    Usual,
    /// It fails; the allocation gets fresh memory.
    Other,
}

impl Course {
    /// Both courses, the usual one first.
    pub const ALL: [Course; 2] = [Course::Usual, Course::Other];
}

impl From<ThreadId> for Turn {
    fn from(thread: ThreadId) -> Self {
        Turn { thread, course: Course::Usual }
    }
}

/// A set of turns: for each course, the threads whose turns with it are in the set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TurnSet([ThreadSet; 2]);

impl TurnSet {
    /// Adds a turn.
    pub fn insert(&mut self, turn: Turn) {
        self.0[turn.course as usize].insert(turn.thread);
    }

    /// Removes a turn.
    pub fn remove(&mut self, turn: Turn) {
        self.0[turn.course as usize].remove(turn.thread);
    }

    /// Whether the turn is in it.
    pub fn contains(self, turn: Turn) -> bool {
        self.0[turn.course as usize].contains(turn.thread)
    }

    /// The turns in it: by course, then by thread.
    pub fn iter(self) -> impl Iterator<Item = Turn> {
        let of = move |course| {
            let threads = self.0[course as usize];
            threads.iter().map(move |thread| Turn { thread, course })
        };
        Course::ALL.into_iter().flat_map(of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_tells_the_courses_of_one_thread_apart() {
        let usual = Turn::from(ThreadId(63));
        let other = Turn { course: Course::Other, ..usual };
        let mut set = TurnSet::default();
        set.insert(other);
        assert!(set.contains(other) && !set.contains(usual));
        set.insert(usual);
        assert_eq!(set.iter().collect::<Vec<_>>(), [usual, other]);
        set.remove(other);
        assert_eq!(set.iter().collect::<Vec<_>>(), [usual]);
    }
}
