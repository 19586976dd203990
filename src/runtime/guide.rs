//! Executions that do not come from a search: someone else decides who goes on, and how.

use std::cell::Cell;
use std::rc::Rc;

use super::operation::Operation;
use crate::verdict::Turn;

/// A thread that can go on, and what it wants to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Able<'a> {
    /// How many threads have started before it.
    pub(crate) thread: u32,
    pub(crate) operation: &'a Operation,
}

/// Decides what happens next in an execution.
pub(crate) trait Guide {
    /// A thread that may be chosen even while its loop has found nothing new, by how many have started before it.
    fn wanted(&self) -> Option<u32> {
        None
    }

    /// The index of the thread that goes on, out of these.
    fn thread(&mut self, able: &[Able<'_>]) -> usize;

    /// The index of the way in which its operation comes out, out of so many. The first is what a search
    /// would try first: it reads and replaces the latest write.
    fn way(&mut self, ways: usize) -> usize;
}

/// Repeats the decisions of an execution, for as long as they last; then the lowest thread goes on in the
/// first way.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    turns: Vec<Turn>,
    at: usize,
    /// Whether a decision was not possible.
    has_departed: bool,
    /// Whether all decisions have been made, and all were possible.
    was_followed: Rc<Cell<bool>>,
}

impl Script {
    pub(crate) fn new(turns: Vec<Turn>, was_followed: Rc<Cell<bool>>) -> Self {
        was_followed.set(turns.is_empty());
        Script { turns, at: 0, has_departed: false, was_followed }
    }
}

impl Guide for Script {
    fn wanted(&self) -> Option<u32> {
        self.turns.get(self.at).map(|turn| turn.thread)
    }

    fn thread(&mut self, able: &[Able<'_>]) -> usize {
        let Some(turn) = self.turns.get(self.at) else { return 0 };
        let index = able.iter().position(|it| it.thread == turn.thread);
        self.has_departed |= index.is_none();
        index.unwrap_or(0)
    }

    fn way(&mut self, ways: usize) -> usize {
        let Some(turn) = self.turns.get(self.at) else { return 0 };
        self.at += 1;
        let way = turn.way as usize;
        self.has_departed |= way >= ways;
        self.was_followed.set(self.at == self.turns.len() && !self.has_departed);
        if way < ways { way } else { 0 }
    }
}
