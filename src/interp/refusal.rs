//! Why an operation on threads and monitors traps, in the words that every performer uses.

use super::{ThreadId, TrapKind};

/// The trap's kind, and its message.
pub type Refusal = (TrapKind, String);

/// A thread gives up a monitor that it does not have.
pub fn double_unlock() -> Refusal {
    (TrapKind::DoubleUnlock, "Monitor.Exit: not owner".into())
}

/// `operation`, which does not give up the monitor for good, needs one that the thread does not have.
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
