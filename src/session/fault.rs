//! Violations: their kinds, and one in words.

use std::fmt;

/// The kind of violation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// A panic left a thread: a failed assertion, mostly.
    Panic,
    /// No thread could go on. A lost wakeup also looks like this.
    Deadlock,
    /// Two accesses to the same data overlap, or have no happens-before edge between them.
    DataRace,
    /// No thread could go on, except round loops that look for what nobody writes.
    Livelock,
    /// Something was not dropped.
    Leak,
    /// A thread's stack has overflowed, under loom; or, under heddle, an operation finds it nearly full. Elsewhere an
    /// overflow ends the process.
    StackOverflow,
    /// Memory is used, or freed again, after it has been freed, or nothing orders the use before the free.
    UseAfterFree,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fault::Panic => "panic",
            Fault::Deadlock => "deadlock",
            Fault::Livelock => "livelock",
            Fault::DataRace => "data race",
            Fault::Leak => "leak",
            Fault::StackOverflow => "stack overflow",
            Fault::UseAfterFree => "use after free",
        })
    }
}

/// A violation, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// What sort.
    pub violation: Fault,
    /// One or more lines: the panic's message, or who waits for what.
    pub message: String,
    /// The place where it was raised, as `file:line:column`.
    pub location: Option<String>,
}
