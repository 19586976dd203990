//! A state as somebody sees it who steps through an execution.

use std::sync::Arc;

use super::state::Slot;
use super::{Impasse, Operation, State};
use crate::interp::{Cell, Frame, Place, Shared, Text, ThreadId};

/// What can be seen of a state.
#[derive(Clone, Debug)]
pub struct View {
    /// By number.
    pub threads: Vec<ThreadView>,
    /// The words of all globals, in order, and of other cells if they are not zero.
    pub words: Vec<(Cell, u64)>,
    /// The monitors that have an owner or waiters: the owner, and the threads that wait for a notification.
    pub monitors: Vec<(u64, Option<ThreadId>, Vec<ThreadId>)>,
    /// The objects that threads share.
    pub shared: Vec<(Cell, Arc<Shared>)>,
    /// What has been printed.
    pub output: Text,
}

/// What can be seen of a thread.
#[derive(Clone, Debug)]
pub enum ThreadView {
    /// It is before its next operation.
    Live {
        /// That operation.
        next: Operation,
        /// Where it is.
        place: Place,
        /// Whether it can make the operation now.
        is_enabled: bool,
        /// The thread that must act first, if it waits for a single one.
        waits_for: Option<ThreadId>,
        /// Its calls that have not returned, the innermost first.
        frames: Vec<Frame>,
    },
    /// A trap has stopped it.
    Stopped {
        /// Where it was.
        place: Place,
        /// Its calls that have not returned, the innermost first.
        frames: Vec<Frame>,
    },
    /// It has ended.
    Ended,
}

impl View {
    /// The word of a cell.
    pub fn word(&self, cell: Cell) -> u64 {
        self.words.iter().find(|(it, _)| *it == cell).map_or(0, |&(_, word)| word)
    }

    /// Whether a thread can make its next operation.
    pub fn is_enabled(&self, thread: ThreadId) -> bool {
        matches!(
            self.threads.get(thread.0 as usize),
            Some(ThreadView::Live { is_enabled: true, .. })
        )
    }
}

impl State {
    /// What can be seen of it; the program has this many globals.
    pub fn view(&self, globals: usize) -> View {
        let of_globals = (1..=globals as u64).map(|it| (Cell(it), self.memory.load(Cell(it))));
        let others = self.memory.words().into_iter().filter(|(cell, _)| cell.0 > globals as u64);
        let monitors = self.monitors.iter();
        View {
            threads: self.threads.iter().map(|slot| self.view_of(slot)).collect(),
            words: of_globals.chain(others).collect(),
            monitors: monitors
                .map(|(&object, it)| (object, it.owner, it.waiters.iter().copied().collect()))
                .collect(),
            shared: self.shared.iter().map(|(&cell, object)| (cell, object.clone())).collect(),
            output: self.output.text(),
        }
    }

    fn view_of(&self, slot: &Slot) -> ThreadView {
        match slot {
            Slot::Live(thread) => ThreadView::Live {
                next: thread.next().clone(),
                place: thread.place(),
                is_enabled: self.is_enabled(thread.id()),
                waits_for: self.waits_for(thread.id()),
                frames: thread.frames(),
            },
            Slot::Stopped(thread) => {
                ThreadView::Stopped { place: thread.place(), frames: thread.frames() }
            }
            Slot::Ended { .. } => ThreadView::Ended,
        }
    }
}
