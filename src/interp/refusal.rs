//! The reasons why an operation traps, in the words that every implementation uses.

use super::{ThreadId, TrapKind};

/// The trap's kind, and its message.
pub type Refusal = (TrapKind, String);

/// A thread gives up a monitor that it does not own.
pub fn double_unlock() -> Refusal {
    (TrapKind::DoubleUnlock, "Monitor.Exit: not owner".into())
}

/// `operation`, which does not give up the monitor for good, needs a monitor that the thread does not own.
pub fn not_owner(operation: &str) -> Refusal {
    (TrapKind::InvalidOperation, format!("Monitor.{operation}: not owner"))
}

/// A thread wants to wait for its own end.
pub fn joins_itself() -> Refusal {
    (TrapKind::InvalidOperation, "Thread.Join: cannot join self".into())
}

/// No thread has this number.
pub fn no_such_thread(thread: ThreadId) -> Refusal {
    (TrapKind::InvalidCast, format!("there is no thread {}", thread.0))
}

/// Nothing is registered under the name that the program declares.
pub fn not_registered(name: &str) -> Refusal {
    (TrapKind::InvalidOperation, format!("extern '{name}' is not registered"))
}

/// A word that should be a string's handle is not.
pub fn not_a_string(handle: u64) -> Refusal {
    if handle == 0 {
        (TrapKind::NullPointer, "null string".into())
    } else {
        (TrapKind::InvalidCast, "not a string".into())
    }
}

/// Pointers into different allocations are compared for their order.
pub fn unrelated(one: &str, other: &str) -> Refusal {
    (TrapKind::UnrelatedPointers, format!("{one} and {other} have no order"))
}

/// An access at `at`, which lies outside its allocation.
pub fn outside(at: &str, cells: u64) -> Refusal {
    (TrapKind::OutOfAllocation, format!("{at} is outside of its {} bytes", cells * 8))
}

/// An access at `at`, whose function has returned.
pub fn gone(at: &str) -> Refusal {
    (TrapKind::DeadStackSlot, format!("the function of {at} has returned"))
}

/// An access through a word that names no allocation.
pub fn no_allocation(word: u64) -> Refusal {
    (TrapKind::AddressFromInteger, format!("{word:#x} is no address of an allocation"))
}

/// An access at `at`, in memory that has been freed.
pub fn freed(at: &str) -> Refusal {
    (TrapKind::UseAfterFree, format!("{at} has been freed"))
}

/// Memory that has been freed is freed again.
pub fn freed_already(name: &str) -> Refusal {
    (TrapKind::DoubleFree, format!("{name} has been freed already"))
}

/// The freed address is not the start of an allocation from the heap.
pub fn not_of_heap(name: &str) -> Refusal {
    (TrapKind::InvalidFree, format!("{name} is not the start of an allocation from the heap"))
}

/// There is no room for another allocation.
pub fn memory_full() -> Refusal {
    (TrapKind::OutOfMemory, TrapKind::OutOfMemory.describe().into())
}

/// There is no room for another string.
pub fn string_memory_full() -> Refusal {
    (TrapKind::OutOfMemory, "the string memory is full".into())
}

/// The program has reached its output limit.
pub fn output_limit() -> Refusal {
    (TrapKind::OutputLimit, TrapKind::OutputLimit.describe().into())
}
