//! Visible operations: what a thread does to the shared world, one at a time.

use std::sync::Arc;

use super::Subject;
use crate::il::{MemoryOrder, RmwOp};
use crate::interp::allocation::{Allocation, are_equal};
use crate::interp::{Cell, Reply, Request, Start, Text, ThreadId, Trap, TrapKind};

/// The next operation of a thread on the shared world.
///
/// Entering a monitor that the thread already owns, and leaving it again, is not an operation: no other
/// thread can observe it. Waiting takes three operations: giving the monitor up, being notified (or
/// timing out), and taking the monitor back.
#[allow(missing_docs, reason = "the fields are the operands that the first lines name")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Reads a cell. `order` is `None` for a plain access.
    Load { cell: Cell, order: Option<MemoryOrder> },
    /// Writes a cell.
    Store { cell: Cell, word: u64, order: Option<MemoryOrder> },
    /// Replaces a cell's word by the result of `op` on it and `word`.
    Rmw { cell: Cell, op: RmwOp, word: u64, order: MemoryOrder },
    /// Replaces a cell's word if it equals `expected`.
    Cas { cell: Cell, expected: Expected, desired: u64, success: MemoryOrder, failure: MemoryOrder },
    /// Orders the operations before it and after it.
    Fence { order: MemoryOrder },
    /// Decides whether a weak compare-exchange fails here without a cause; on the usual course it does not.
    MayFail,
    /// In a program that frees memory: takes cells from the heap, either `fresh` ones, if there is room,
    /// or freed ones.
    Allocate { fresh: Option<Allocation>, cells: u64 },
    /// Returns an allocation to the heap.
    Free { allocation: Allocation },
    /// Ends a stack slot that other threads may know, because its function has returned.
    Leave { slot: Allocation },
    /// Prints whole lines.
    Print { text: Text },
    /// Reads a line of the input.
    ReadLine,
    /// Starts a thread.
    Start(Start),
    /// Waits until a thread has ended.
    Join { thread: ThreadId },
    /// Asks whether a thread has ended; a timed join is modelled as the same operation.
    HasEnded { thread: ThreadId },
    /// Asks for the error of a thread.
    ErrorOf { thread: ThreadId },
    /// Takes a monitor that the thread does not own, when no thread owns it.
    Enter { object: u64 },
    /// Takes a monitor if no thread owns it; a timed enter is modelled as the same operation.
    TryEnter { object: u64 },
    /// Gives a monitor up, without waiting on it.
    Exit { object: u64 },
    /// Gives a monitor up and begins to wait for a notification.
    Wait { object: u64, ends: Ends },
    /// Waits for a notification. If this operation is carried out, none has come.
    Await { object: u64, ends: Ends },
    /// Takes a monitor back after waiting.
    Reacquire { object: u64, notified: bool, ends: Ends },
    /// Notifies the thread that has waited longest, or all.
    Notify { object: u64, all: bool },
    /// Asks something of the shared object at a cell, when the object lets it go on. With a time limit it is
    /// always possible: the time may be up at once.
    Use { cell: Cell, request: Request, is_timed: bool },
    /// The thread ends.
    End(Ending),
    /// A trap that no handler catches has stopped the thread: it does nothing any more.
    Trapped(Arc<Trap>),
}

/// The word that a compare-and-swap expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expected {
    /// This word and no other.
    Word(u64),
    /// A pointer to this address, in any life of its allocation.
    Pointer(u64),
}

impl Expected {
    /// Whether a word is the expected one.
    pub fn is(self, word: u64) -> bool {
        match self {
            Expected::Word(expected) => word == expected,
            Expected::Pointer(expected) => are_equal(word, expected),
        }
    }

    /// The word itself.
    pub fn word(self) -> u64 {
        match self {
            Expected::Word(word) | Expected::Pointer(word) => word,
        }
    }
}

/// What can end a wait besides a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ends {
    /// Nothing.
    Notified,
    /// Its time-out.
    InTime,
    /// Nothing that the program does: the wait may end without a cause, but need not.
    Spuriously,
}

impl Ends {
    /// Whether it may end without a notification.
    pub fn may_stop(self) -> bool {
        self != Ends::Notified
    }
}

/// How a thread ends without stopping the program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// Its entry function returned this word.
    Returned(u64),
    /// A trap was kept for `Thread.Error`.
    Captured(Text),
}

/// The answer of the shared world.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// The word read, the old word, the number of a thread, 0 or 1; 0 if the operation has no answer. Only a
    /// request can come to another reply.
    Reply(Reply),
    /// The operation is not possible.
    Trap(TrapKind, Text),
}

/// A part of the shared world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Object {
    /// The word of a cell.
    Cell(Cell),
    /// Whether an allocation is alive.
    Life(Allocation),
    /// The freed memory with this many cells.
    Freed(u64),
    /// The owner of a monitor.
    Monitor(u64),
    /// The threads that wait for a notification on a monitor.
    Waiters(u64),
    /// The shared object at a cell.
    Shared(Cell),
    /// Whether a thread has ended.
    Thread(ThreadId),
    /// The set of thread numbers.
    Threads,
    /// The output.
    Output,
    /// The input.
    Input,
}

impl Object {
    /// Its name in messages.
    pub fn name(self, subject: &Subject) -> String {
        match self {
            Object::Cell(cell) | Object::Shared(cell) => subject.cell_name(cell),
            Object::Life(allocation) => {
                format!("the life of {}", subject.allocation_name(allocation))
            }
            Object::Freed(cells) => format!("freed memory of {} bytes", cells * 8),
            Object::Monitor(object) => format!("monitor {}", subject.monitor_name(object)),
            Object::Waiters(object) => format!("who waits on {}", subject.monitor_name(object)),
            Object::Thread(thread) => format!("thread {}", thread.0),
            Object::Threads => "the threads".into(),
            Object::Output => "the output".into(),
            Object::Input => "the input".into(),
        }
    }
}

/// What an operation does to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Access {
    /// The object.
    pub object: Object,
    /// Whether the operation may change it.
    pub writes: bool,
}

impl Access {
    /// Whether the order of the two matters.
    pub fn conflicts(self, other: Access) -> bool {
        self.object == other.object && (self.writes || other.writes)
    }
}

impl Operation {
    /// Its kind, as a word for machine-readable output and for sentences: `a thread cannot load from there`.
    pub fn name(&self) -> &'static str {
        match self {
            Operation::Load { .. } => "load",
            Operation::Store { .. } => "store",
            Operation::Rmw { .. } => "update",
            Operation::Cas { .. } => "compare-and-swap",
            Operation::Fence { .. } => "fence",
            Operation::MayFail => "may fail",
            Operation::Allocate { .. } => "allocate",
            Operation::Free { .. } => "free",
            Operation::Leave { .. } => "leave",
            Operation::Print { .. } => "print",
            Operation::ReadLine => "read a line",
            Operation::Start(_) => "start",
            Operation::Join { .. } => "join",
            Operation::HasEnded { .. } => "ask for the end of a thread",
            Operation::ErrorOf { .. } => "ask for the error of a thread",
            Operation::Enter { .. } => "enter",
            Operation::TryEnter { .. } => "try to enter",
            Operation::Exit { .. } => "exit",
            Operation::Wait { .. } => "wait",
            Operation::Await { .. } => "await",
            Operation::Reacquire { .. } => "reacquire",
            Operation::Notify { .. } => "notify",
            Operation::Use { .. } => "use",
            Operation::End(_) => "end",
            Operation::Trapped(_) => "trap",
        }
    }

    /// The ordering with which it accesses memory; for a compare-and-swap, that of the success.
    pub fn order(&self) -> Option<MemoryOrder> {
        match *self {
            Operation::Load { order, .. } | Operation::Store { order, .. } => order,
            Operation::Rmw { order, .. } | Operation::Fence { order } => Some(order),
            Operation::Cas { success, .. } => Some(success),
            _ => None,
        }
    }

    /// The word that it writes to its cell, if it has read this word there.
    pub fn written(&self, answer: Option<u64>) -> Option<u64> {
        match *self {
            Operation::Store { word, .. } => Some(word),
            Operation::Rmw { op, word, .. } => answer.map(|old| op.apply(old, word)),
            Operation::Cas { expected, desired, .. } => {
                answer.filter(|&old| expected.is(old)).map(|_| desired)
            }
            _ => None,
        }
    }

    /// Whether its thread is told something: a word that it reads, a number, or whether something is so.
    pub fn is_told(&self) -> bool {
        let asks = matches!(self, Operation::Use { request, is_timed, .. } if *is_timed || request.is_told());
        asks || matches!(
            self,
            Operation::Load { .. }
                | Operation::Rmw { .. }
                | Operation::Cas { .. }
                | Operation::MayFail
                | Operation::Allocate { .. }
                | Operation::ReadLine
                | Operation::Start(_)
                | Operation::HasEnded { .. }
                | Operation::ErrorOf { .. }
                | Operation::TryEnter { .. }
        )
    }

    /// Whether it wakes threads that wait for a notification.
    pub fn wakes(&self) -> bool {
        matches!(self, Operation::Notify { .. })
    }

    /// The cell that it accesses.
    pub fn cell(&self) -> Option<Cell> {
        match *self {
            Operation::Load { cell, .. }
            | Operation::Store { cell, .. }
            | Operation::Rmw { cell, .. }
            | Operation::Cas { cell, .. } => Some(cell),
            _ => None,
        }
    }

    /// The cell whose allocation must be alive.
    pub fn cell_alive(&self) -> Option<Cell> {
        match *self {
            Operation::Use { cell, .. } => Some(cell),
            _ => self.cell(),
        }
    }

    /// Whether it is a plain access, which can race with every other access.
    pub fn is_plain(&self) -> bool {
        matches!(self, Operation::Load { order: None, .. } | Operation::Store { order: None, .. })
    }

    /// Whether it adds to the output.
    pub fn is_print(&self) -> bool {
        matches!(self, Operation::Print { .. })
    }

    /// Whether it waits until a monitor or a shared object lets it go on, so that it could have come before
    /// earlier operations on the same but not between some of them.
    pub fn may_be_held_up(&self) -> bool {
        self.is_acquire() || matches!(self, Operation::Use { is_timed: false, .. })
    }

    /// Whether it waits for a monitor.
    pub fn is_acquire(&self) -> bool {
        matches!(self, Operation::Enter { .. } | Operation::Reacquire { .. })
    }

    /// The monitor that it enters, tries to enter, gives back or takes back.
    pub fn monitor(&self) -> Option<u64> {
        match *self {
            Operation::Enter { object }
            | Operation::TryEnter { object }
            | Operation::Exit { object }
            | Operation::Wait { object, .. }
            | Operation::Reacquire { object, .. } => Some(object),
            _ => None,
        }
    }

    /// Whether it wants a monitor: it waits for it, or tries to get it.
    pub fn wants_monitor(&self) -> bool {
        self.is_acquire() || matches!(self, Operation::TryEnter { .. })
    }

    /// Whether it gives a monitor back.
    pub fn gives_monitor_back(&self) -> bool {
        matches!(self, Operation::Exit { .. } | Operation::Wait { .. })
    }

    /// Whether it can change its object.
    pub fn may_write(&self) -> bool {
        !matches!(
            self,
            Operation::Load { .. }
                | Operation::Fence { .. }
                | Operation::MayFail
                | Operation::Join { .. }
                | Operation::HasEnded { .. }
                | Operation::ErrorOf { .. }
        )
    }

    /// An access to a cell, without values: `plain store of @counter`.
    pub fn access_name(&self, subject: &Subject) -> String {
        let (what, cell) = match *self {
            Operation::Load { cell, order: None } => ("plain load", cell),
            Operation::Load { cell, .. } => ("atomic load", cell),
            Operation::Store { cell, order: None, .. } => ("plain store", cell),
            Operation::Store { cell, .. } => ("atomic store", cell),
            Operation::Rmw { cell, .. } => ("atomic update", cell),
            Operation::Cas { cell, .. } => ("compare-and-swap", cell),
            Operation::Use { cell, ref request, .. } => {
                return format!("{request} of {}", subject.cell_name(cell));
            }
            _ => return self.name().to_owned(),
        };
        format!("{what} of {}", subject.cell_name(cell))
    }
}
