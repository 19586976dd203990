//! The errors of a guest, and their data.

use std::fmt;

/// The kind of a trap. The numbers 0 to 11 are Viper's; from 12 on they are ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum TrapKind {
    /// Integer division or remainder by zero.
    DivideByZero = 0,
    /// A result that does not fit its type.
    Overflow = 1,
    /// A value of the wrong kind: a handle where an address belongs, a bad string handle.
    InvalidCast = 2,
    /// An argument outside a function's domain; the plain `trap` instruction.
    DomainError = 3,
    /// An index or an address outside its range.
    Bounds = 4,
    /// A file that is not there.
    FileNotFound = 5,
    /// Input ended.
    Eof = 6,
    /// Input or output failed.
    IoError = 7,
    /// An operation that the state does not allow.
    InvalidOperation = 8,
    /// Anything else.
    RuntimeError = 9,
    /// Another thread or the embedder stopped the program.
    Interrupt = 10,
    /// A connection failed.
    NetworkError = 11,
    /// A load, store or call through null.
    NullPointer = 12,
    /// An access that is not aligned to a cell.
    Misaligned = 13,
    /// The guest stack is full: calls nest too deeply.
    StackOverflow = 14,
    /// The guest memory is full.
    OutOfMemory = 15,
    /// The step budget is spent.
    StepLimit = 16,
    /// The program may not start more threads.
    ThreadLimit = 17,
    /// The program printed more than its limit.
    OutputLimit = 18,
    /// An assertion of the guest failed.
    Assertion = 19,
    /// Threads wait for each other and none can go on.
    Deadlock = 20,
    /// A thread gave up a monitor that it did not own.
    DoubleUnlock = 21,
    /// An access outside the allocation that its pointer belongs to.
    OutOfAllocation = 22,
    /// An access to memory that has been freed.
    UseAfterFree = 23,
    /// Memory that has been freed is freed again.
    DoubleFree = 24,
    /// The freed address is not the start of an allocation from the heap.
    InvalidFree = 25,
    /// An access to stack memory whose function has returned.
    DeadStackSlot = 26,
    /// An access through a word that names no allocation.
    AddressFromInteger = 27,
    /// An ordered comparison of pointers into different allocations.
    UnrelatedPointers = 28,
}

impl TrapKind {
    /// All kinds; the index is the number.
    pub const ALL: [TrapKind; 29] = [
        TrapKind::DivideByZero,
        TrapKind::Overflow,
        TrapKind::InvalidCast,
        TrapKind::DomainError,
        TrapKind::Bounds,
        TrapKind::FileNotFound,
        TrapKind::Eof,
        TrapKind::IoError,
        TrapKind::InvalidOperation,
        TrapKind::RuntimeError,
        TrapKind::Interrupt,
        TrapKind::NetworkError,
        TrapKind::NullPointer,
        TrapKind::Misaligned,
        TrapKind::StackOverflow,
        TrapKind::OutOfMemory,
        TrapKind::StepLimit,
        TrapKind::ThreadLimit,
        TrapKind::OutputLimit,
        TrapKind::Assertion,
        TrapKind::Deadlock,
        TrapKind::DoubleUnlock,
        TrapKind::OutOfAllocation,
        TrapKind::UseAfterFree,
        TrapKind::DoubleFree,
        TrapKind::InvalidFree,
        TrapKind::DeadStackSlot,
        TrapKind::AddressFromInteger,
        TrapKind::UnrelatedPointers,
    ];

    /// The stable name.
    pub fn name(self) -> &'static str {
        match self {
            TrapKind::DivideByZero => "divide-by-zero",
            TrapKind::Overflow => "overflow",
            TrapKind::InvalidCast => "invalid-cast",
            TrapKind::DomainError => "domain-error",
            TrapKind::Bounds => "bounds",
            TrapKind::FileNotFound => "file-not-found",
            TrapKind::Eof => "eof",
            TrapKind::IoError => "io-error",
            TrapKind::InvalidOperation => "invalid-operation",
            TrapKind::RuntimeError => "runtime-error",
            TrapKind::Interrupt => "interrupt",
            TrapKind::NetworkError => "network-error",
            TrapKind::NullPointer => "null-pointer",
            TrapKind::Misaligned => "misaligned",
            TrapKind::StackOverflow => "stack-overflow",
            TrapKind::OutOfMemory => "out-of-memory",
            TrapKind::StepLimit => "step-limit",
            TrapKind::ThreadLimit => "thread-limit",
            TrapKind::OutputLimit => "output-limit",
            TrapKind::Assertion => "assertion",
            TrapKind::Deadlock => "deadlock",
            TrapKind::DoubleUnlock => "double-unlock",
            TrapKind::OutOfAllocation => "out-of-allocation",
            TrapKind::UseAfterFree => "use-after-free",
            TrapKind::DoubleFree => "double-free",
            TrapKind::InvalidFree => "invalid-free",
            TrapKind::DeadStackSlot => "dead-stack-slot",
            TrapKind::AddressFromInteger => "address-from-integer",
            TrapKind::UnrelatedPointers => "unrelated-pointers",
        }
    }

    /// The message if the place of the trap has nothing to add.
    pub fn describe(self) -> &'static str {
        match self {
            TrapKind::DivideByZero => "division by zero",
            TrapKind::Overflow => "the result does not fit its type",
            TrapKind::InvalidCast => "a value of the wrong kind",
            TrapKind::DomainError => "an argument outside the function's domain",
            TrapKind::Bounds => "outside the valid range",
            TrapKind::FileNotFound => "no such file",
            TrapKind::Eof => "the input has ended",
            TrapKind::IoError => "input or output failed",
            TrapKind::InvalidOperation => "not allowed in this state",
            TrapKind::RuntimeError => "trapped",
            TrapKind::Interrupt => "interrupted",
            TrapKind::NetworkError => "the connection failed",
            TrapKind::NullPointer => "access through a null pointer",
            TrapKind::Misaligned => "the address is not a multiple of 8",
            TrapKind::StackOverflow => "calls nest too deeply",
            TrapKind::OutOfMemory => "the guest memory is full",
            TrapKind::StepLimit => "the step budget is spent",
            TrapKind::ThreadLimit => "thread limit reached",
            TrapKind::OutputLimit => "the output limit is reached",
            TrapKind::Assertion => "assertion failed",
            TrapKind::Deadlock => "deadlock",
            TrapKind::DoubleUnlock => "the thread does not have what it gives up",
            TrapKind::OutOfAllocation => "outside of its allocation",
            TrapKind::UseAfterFree => "the memory has been freed",
            TrapKind::DoubleFree => "the memory has been freed already",
            TrapKind::InvalidFree => "not the start of an allocation from the heap",
            TrapKind::DeadStackSlot => "the function that allocated it has returned",
            TrapKind::AddressFromInteger => "an integer is no address",
            TrapKind::UnrelatedPointers => "pointers into different allocations have no order",
        }
    }

    /// Whether a handler of the guest may catch it. A guest may not ignore traps that stop the whole
    /// program, that limit its resources, or that only a checked run finds.
    pub fn is_catchable(self) -> bool {
        let stops = matches!(
            self,
            TrapKind::Interrupt | TrapKind::StepLimit | TrapKind::OutputLimit | TrapKind::Deadlock
        );
        !stops && !self.is_of_memory()
    }

    /// Whether it is a wrong use of an allocation.
    pub fn is_of_memory(self) -> bool {
        matches!(
            self,
            TrapKind::OutOfAllocation
                | TrapKind::UseAfterFree
                | TrapKind::DoubleFree
                | TrapKind::InvalidFree
                | TrapKind::DeadStackSlot
                | TrapKind::AddressFromInteger
                | TrapKind::UnrelatedPointers
        )
    }

    /// The kind with this number; `RuntimeError` for an unknown number.
    pub fn from_number(number: i64) -> TrapKind {
        usize::try_from(number)
            .ok()
            .and_then(|number| TrapKind::ALL.get(number).copied())
            .unwrap_or(TrapKind::RuntimeError)
    }
}

impl fmt::Display for TrapKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A place in a guest program: one frame of a stack trace.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The function's name, without sigil.
    pub function: String,
    /// The block's label.
    pub block: String,
    /// The instruction's position in its block, from 0.
    pub instruction: u32,
    /// The file that `line` refers to: 0 is the IL text itself, another number comes from `.loc`.
    pub file: u32,
    /// The line, from 1; 0 if the place of the instruction is unknown.
    pub line: u32,
    /// The column, from 1; 0 if the place of the instruction is unknown.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}#{}#{}", self.function, self.block, self.instruction)?;
        if self.line > 0 {
            write!(f, " line {}", self.line)?;
        }
        Ok(())
    }
}

/// A guest error that no handler caught.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Trap {
    /// The kind of error.
    pub kind: TrapKind,
    /// One line with more details than the kind.
    pub message: String,
    /// The number of the thread that trapped; 0 is the main thread.
    pub thread: u32,
    /// The innermost frames, innermost first. Empty if the trap did not come from a guest instruction.
    pub backtrace: Vec<Place>,
    /// The number of outer frames that are not in the backtrace.
    pub frames_omitted: usize,
}

impl Trap {
    /// A trap that did not come from a guest instruction.
    pub fn outside(kind: TrapKind, message: impl Into<String>, thread: u32) -> Self {
        Trap { kind, message: message.into(), thread, backtrace: Vec::new(), frames_omitted: 0 }
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)?;
        if let Some(place) = self.backtrace.first() {
            write!(f, " at {place}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Trap {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_found_by_its_number() {
        for (number, kind) in TrapKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, number);
            assert_eq!(TrapKind::from_number(number as i64), kind);
        }
        assert_eq!(TrapKind::from_number(-1), TrapKind::RuntimeError);
        assert_eq!(TrapKind::from_number(999), TrapKind::RuntimeError);
    }
}
