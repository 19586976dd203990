//! Why an engine cannot search a body.

use std::fmt;

/// Why an engine cannot search a body.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Reason {
    /// loom has room for five threads in an execution, and the body starts more.
    Threads,
    /// A guest program starts more than three threads besides its main one. loom has five, but the stack
    /// of its first thread is too small for a guest.
    GuestThreads,
    /// The system refuses to start the thread that would run the body.
    NoThread,
    /// A panic unwound through a mutex guard and was caught; loom's locks do not survive that.
    CaughtThroughGuard,
    /// A thread waits for another thread while a panic unwinds it.
    WaitsWhileUnwinding,
    /// No two threads can ever run at once, so PCT has nothing to choose.
    NothingToChoose,
    /// The schedule that is to be replayed does not fit the body.
    ForeignSchedule,
    /// The body behaved differently under the same schedule: it reads the time or random numbers, compares addresses that
    /// the allocator may give out again, asks for something that no checker sees, such as the number of owners of `std`'s
    /// `Arc`, or uses something that outlives an execution.
    NotRepeatable,
    /// The body performs operations of another world than the engine's.
    ForeignWorld,
    /// The body uses an object that was made outside of it, or in an earlier execution.
    ForeignObject,
    /// In words: what a checking tool says, or what a guest program has that cannot be run.
    Other(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Threads => {
                "loom has room for five threads in an execution, the first included"
            }
            Reason::GuestThreads => {
                "the program starts more than three threads besides the main one: loom has room for \
                 five in an execution, and its first one has too small a stack for a guest"
            }
            Reason::NoThread => "the system refuses a thread",
            Reason::CaughtThroughGuard => {
                "a panic unwound through a mutex guard and was caught; loom's locks do not survive \
                 that"
            }
            Reason::WaitsWhileUnwinding => "a thread waits for another one while it unwinds a panic",
            Reason::NothingToChoose => {
                "no two threads can ever run at once, so PCT has nothing to choose"
            }
            Reason::ForeignSchedule => "the schedule does not fit the body",
            Reason::NotRepeatable => {
                "the body does not do the same under the same schedule: it reads time or chance, compares \
                 addresses, asks for what no checker sees, such as the number of owners of std's Arc, or uses \
                 something that outlives an execution"
            }
            Reason::ForeignWorld => {
                "the body names the primitives of another world, whose operations this engine does not \
                 schedule"
            }
            Reason::ForeignObject => {
                "the body uses an atomic, a lock or a cell that it has not made in this execution"
            }
            Reason::Other(text) => text,
        })
    }
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Reason::Other(text)
    }
}

impl From<&str> for Reason {
    fn from(text: &str) -> Self {
        Reason::Other(text.to_owned())
    }
}
