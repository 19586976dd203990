//! Visible operations: what a thread does to the shared world, one at a time.

use std::fmt;
use std::sync::Arc;

use super::Subject;
use crate::il::{MemoryOrder, RmwOp};
use crate::interp::allocation::{Allocation, are_equal};
use crate::interp::{Cell, Start, Text, ThreadId, Trap, TrapKind};

/// What a thread is about to do to the shared world.
///
/// A monitor that the thread has already is taken and given up once more without any operation:
/// nobody else can tell. Waiting takes three: giving the monitor up, being notified (or running out
/// of time), and taking the monitor back.
#[allow(missing_docs, reason = "the fields are the operands that the first lines name")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Reads a cell. `order` is `None` for a plain access.
    Load { cell: Cell, order: Option<MemoryOrder> },
    /// Writes a cell.
    Store { cell: Cell, word: u64, order: Option<MemoryOrder> },
    /// Replaces a cell's word by `op` of it and `word`.
    Rmw { cell: Cell, op: RmwOp, word: u64, order: MemoryOrder },
    /// Replaces a cell's word if it equals `expected`.
    Cas { cell: Cell, expected: Expected, desired: u64, success: MemoryOrder, failure: MemoryOrder },
    /// Orders what stands before it and after it.
    Fence { order: MemoryOrder },
    /// Decides whether a weak compare-exchange fails here without a cause: on the usual course it does
    /// not.
    MayFail,
    /// In a program that frees: takes cells from the heap, `fresh` ones, if there is room, or some that
    /// have been freed.
    Allocate { fresh: Option<Allocation>, cells: u64 },
    /// Gives an allocation back to the heap.
    Free { allocation: Allocation },
    /// A function has returned, and with it ends a stack slot that others may know.
    Leave { slot: Allocation },
    /// Prints whole lines.
    Print { text: Text },
    /// Reads a line of the input.
    ReadLine,
    /// Starts a thread.
    Start(Start),
    /// Waits until a thread has ended.
    Join { thread: ThreadId },
    /// Asks whether a thread has ended; or waits for it for a time, which comes to the same.
    HasEnded { thread: ThreadId },
    /// Asks for the error of a thread.
    ErrorOf { thread: ThreadId },
    /// Takes a monitor that the thread does not have, when nobody has it.
    Enter { object: u64 },
    /// Takes a monitor if nobody has it; or waits for it for a time, which comes to the same.
    TryEnter { object: u64 },
    /// Gives a monitor up for good.
    Exit { object: u64 },
    /// Gives a monitor up and begins to wait for a notification.
    Wait { object: u64, ends: Ends },
    /// Waits for a notification; when this is carried out, none has come.
    Await { object: u64, ends: Ends },
    /// Takes a monitor back after waiting.
    Reacquire { object: u64, notified: bool, ends: Ends },
    /// Notifies the thread that has waited longest, or all.
    Notify { object: u64, all: bool },
    /// The thread ends.
    End(Ending),
    /// A trap that nothing catches has stopped the thread: it does nothing any more.
    Trapped(Arc<Trap>),
}

/// The word that a compare-and-swap asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Expected {
    /// This word and no other.
    Word(u64),
    /// A pointer to this address, whichever life of its allocation that is from.
    Pointer(u64),
}

impl Expected {
    /// Whether a word is the one.
    pub fn is(self, word: u64) -> bool {
        match self {
            Expected::Word(expected) => word == expected,
            Expected::Pointer(expected) => are_equal(word, expected),
        }
    }

    fn word(self) -> u64 {
        match self {
            Expected::Word(word) | Expected::Pointer(word) => word,
        }
    }
}

/// What ends a wait besides a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ends {
    /// Nothing.
    Notified,
    /// That its time is up.
    InTime,
    /// Nothing at all: it may end without a cause, and need not.
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

/// What the shared world answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// The word read, the old word, the number of a thread, 0 or 1; 0 where nothing is asked.
    Word(u64),
    /// It cannot be done.
    Trap(TrapKind, Text),
}

/// A part of the shared world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Object {
    /// The word of a cell.
    Cell(Cell),
    /// Whether an allocation can be used.
    Life(Allocation),
    /// What has been freed and has so many cells.
    Freed(u64),
    /// Who has a monitor.
    Monitor(u64),
    /// Who waits for a notification on a monitor.
    Waiters(u64),
    /// Whether a thread has ended.
    Thread(ThreadId),
    /// Which numbers the threads have.
    Threads,
    /// What has been printed.
    Output,
    /// What has been read.
    Input,
}

impl Object {
    /// How it is called in messages.
    pub fn name(self, subject: &Subject) -> String {
        match self {
            Object::Cell(cell) => subject.cell_name(cell),
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
    /// To what.
    pub object: Object,
    /// Whether it may change it.
    pub writes: bool,
}

impl Access {
    /// Whether the order of the two matters.
    pub fn conflicts(self, other: Access) -> bool {
        self.object == other.object && (self.writes || other.writes)
    }
}

impl Operation {
    /// What a notification adds to its words, once it is known whom it has woken.
    pub fn whom_it_woke(&self, woken: impl Iterator<Item = ThreadId>) -> String {
        let Operation::Notify { .. } = self else { return String::new() };
        let mut woken: Vec<ThreadId> = woken.collect();
        woken.sort_unstable();
        let names: Vec<String> = woken.iter().map(|thread| thread.0.to_string()).collect();
        match &names[..] {
            [] => ": wakes nobody".into(),
            [one] => format!(": wakes thread {one}"),
            _ => format!(": wakes threads {}", names.join(", ")),
        }
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

    /// Whether it is an access that takes part in data races with every other one.
    pub fn is_plain(&self) -> bool {
        matches!(self, Operation::Load { order: None, .. } | Operation::Store { order: None, .. })
    }

    /// Whether it adds to the output.
    pub fn is_print(&self) -> bool {
        matches!(self, Operation::Print { .. })
    }

    /// Whether it waits for a monitor.
    pub fn is_acquire(&self) -> bool {
        matches!(self, Operation::Enter { .. } | Operation::Reacquire { .. })
    }

    /// Whether it can change what it accesses, whatever that is.
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
            _ => return self.describe(subject, None),
        };
        format!("{what} of {}", subject.cell_name(cell))
    }

    /// One line for a trace: what is done, to what, and what came of it.
    pub fn describe(&self, subject: &Subject, answer: Option<u64>) -> String {
        let cell = |cell: Cell| subject.cell_name(cell);
        let monitor = |object: u64| subject.monitor_name(object);
        let ordered = |order: Option<MemoryOrder>| {
            order.map_or(String::new(), |it| format!(" {}", it.name()))
        };
        let word = |word: u64| Word { word, subject };
        let read = |read: Option<u64>| read.map_or(String::new(), |it| format!(" = {}", word(it)));
        match self {
            Operation::Load { cell: at, order } => {
                format!("load {}{}{}", cell(*at), ordered(*order), read(answer))
            }
            Operation::Store { cell: at, word: new, order } => {
                format!("store {}{} := {}", cell(*at), ordered(*order), word(*new))
            }
            Operation::Rmw { cell: at, op, word: operand, order } => {
                let change = answer.map_or(String::new(), |old| {
                    format!(": {} -> {}", word(old), word(op.apply(old, *operand)))
                });
                format!("{} {} {} {}{change}", op.name(), cell(*at), word(*operand), order.name())
            }
            Operation::Cas { cell: at, expected, desired, success, .. } => {
                let came = match answer {
                    Some(old) if expected.is(old) => {
                        format!(": {} -> {}", word(old), word(*desired))
                    }
                    Some(old) => format!(": finds {}", word(old)),
                    None => String::new(),
                };
                let (expected, desired) = (word(expected.word()), word(*desired));
                format!("cas {} {expected} {desired} {}{came}", cell(*at), success.name())
            }
            Operation::Fence { order } => format!("fence {}", order.name()),
            Operation::MayFail => match answer {
                Some(0) => "a weak compare-exchange does as a strong one".into(),
                _ => "a weak compare-exchange fails without a cause".into(),
            },
            Operation::Allocate { cells, .. } => {
                format!("allocate {} bytes{}", cells * 8, read(answer))
            }
            Operation::Free { allocation } => {
                format!("free {}", subject.allocation_name(*allocation))
            }
            Operation::Leave { slot } => {
                format!("return from the function of {}", subject.allocation_name(*slot))
            }
            Operation::Print { text } => format!("print {:?}", text.trim_end_matches('\n')),
            Operation::ReadLine => "read a line".into(),
            Operation::Start(start) => {
                let function = &subject.code.functions[start.function as usize].name;
                let thread = answer.map_or(String::new(), |id| format!(" as thread {id}"));
                format!("start @{function}{thread}")
            }
            Operation::Join { thread } => format!("join thread {}", thread.0),
            Operation::HasEnded { thread } => {
                format!("has thread {} ended{}", thread.0, read(answer))
            }
            Operation::ErrorOf { thread } => format!("error of thread {}", thread.0),
            Operation::Enter { object } => format!("enter {}", monitor(*object)),
            Operation::TryEnter { object } => {
                format!("try to enter {}{}", monitor(*object), read(answer))
            }
            Operation::Exit { object } => format!("exit {}", monitor(*object)),
            Operation::Wait { object, .. } => format!("wait on {}", monitor(*object)),
            Operation::Await { object, ends: Ends::InTime } => {
                format!("stop waiting on {}", monitor(*object))
            }
            Operation::Await { object, ends: Ends::Spuriously } if answer.is_some() => {
                format!("wake without a cause from waiting on {}", monitor(*object))
            }
            Operation::Await { object, .. } => {
                format!("waits for a notification on {}", monitor(*object))
            }
            Operation::Reacquire { object, .. } => format!("enter {} again", monitor(*object)),
            Operation::Notify { object, all: false } => {
                format!("notify one on {}", monitor(*object))
            }
            Operation::Notify { object, all: true } => {
                format!("notify all on {}", monitor(*object))
            }
            Operation::End(Ending::Returned(_)) => "end".into(),
            Operation::End(Ending::Captured(error)) => format!("end with {error}"),
            Operation::Trapped(trap) => format!("trap {}: {}", trap.kind, trap.message),
        }
    }
}

/// A guest word as people write it.
struct Word<'a> {
    word: u64,
    subject: &'a Subject,
}

impl fmt::Display for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signed = self.word as i64;
        if signed.unsigned_abs() < 1 << 40 {
            return write!(f, "{signed}");
        }
        match self.subject.pointer_name(self.word) {
            Some(name) => f.write_str(&name),
            None => write!(f, "{:#x}", self.word),
        }
    }
}
