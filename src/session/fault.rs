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

impl Fault {
    /// All kinds.
    pub const ALL: [Fault; 7] = [
        Fault::Panic,
        Fault::Deadlock,
        Fault::DataRace,
        Fault::Livelock,
        Fault::Leak,
        Fault::StackOverflow,
        Fault::UseAfterFree,
    ];

    /// Its only name.
    pub fn name(self) -> &'static str {
        match self {
            Fault::Panic => "panic",
            Fault::Deadlock => "deadlock",
            Fault::Livelock => "livelock",
            Fault::DataRace => "data race",
            Fault::Leak => "leak",
            Fault::StackOverflow => "stack overflow",
            Fault::UseAfterFree => "use after free",
        }
    }

    /// What it means, in one line.
    pub fn describe(self) -> &'static str {
        match self {
            Fault::Panic => "a panic leaves a thread: a failed assertion, mostly",
            Fault::Deadlock => "no thread can go on; a lost wakeup looks like this, too",
            Fault::Livelock => {
                "no thread can go on, except in loops that look for what nobody writes"
            }
            Fault::DataRace => {
                "two accesses to the same data overlap, or nothing orders them, and one of them writes"
            }
            Fault::Leak => "something is not dropped, or memory is not freed, before the body ends",
            Fault::StackOverflow => "the stack of a thread is full",
            Fault::UseAfterFree => {
                "memory is used, or freed again, after its free, or nothing orders the use before it"
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
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
