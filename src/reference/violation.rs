//! The violations and the outcomes of an execution.

use std::fmt;

use crate::interp::{Place, Text, ThreadId, Trap, TrapKind};

/// The kind of a violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ViolationKind {
    /// `Core.Diagnostics.Assert` failed.
    Assertion,
    /// Another trap that no handler caught.
    Trap,
    /// A thread gave up a monitor that it did not own.
    DoubleUnlock,
    /// An access outside the allocation that its pointer belongs to.
    OutOfAllocation,
    /// An access to memory that has been freed.
    UseAfterFree,
    /// Memory that has been freed is freed again.
    DoubleFree,
    /// The freed address is not the start of an allocation from the heap.
    InvalidFree,
    /// An access to stack memory whose function has returned.
    DeadStackSlot,
    /// An access through a word that names no allocation.
    AddressFromInteger,
    /// An ordered comparison of pointers into different allocations.
    UnrelatedPointers,
    /// Two accesses to a cell, at least one of them plain and at least one a write, that nothing orders.
    DataRace,
    /// Threads wait for each other, for a monitor or a lock that an ended thread owns, or for a shared object that
    /// nobody is left to change.
    Deadlock,
    /// A thread waits for a notification that no thread is left to send.
    LostWakeup,
    /// Threads go on forever, each of them gets its turn, and none makes progress.
    Livelock,
    /// A thread that was never joined, or memory that was not freed and that no global leads to.
    Leak,
    /// An execution ends in a way that the program claims it never does.
    BrokenClaim,
    /// An outcome that the program's header does not allow.
    UnexpectedOutcome,
    /// Not a violation: an execution ends in a way that the program asks about. It is found and replayed
    /// like a violation, and counted separately.
    Witness,
}

impl ViolationKind {
    /// All kinds that are violations.
    pub const ALL: [ViolationKind; 17] = [
        ViolationKind::Assertion,
        ViolationKind::Trap,
        ViolationKind::DoubleUnlock,
        ViolationKind::OutOfAllocation,
        ViolationKind::UseAfterFree,
        ViolationKind::DoubleFree,
        ViolationKind::InvalidFree,
        ViolationKind::DeadStackSlot,
        ViolationKind::AddressFromInteger,
        ViolationKind::UnrelatedPointers,
        ViolationKind::DataRace,
        ViolationKind::Deadlock,
        ViolationKind::LostWakeup,
        ViolationKind::Livelock,
        ViolationKind::Leak,
        ViolationKind::BrokenClaim,
        ViolationKind::UnexpectedOutcome,
    ];

    /// Its only name: in headlines, outcomes, headers of programs, JSON and `JUnit` XML.
    pub fn name(self) -> &'static str {
        match self {
            ViolationKind::Assertion => "assertion",
            ViolationKind::Trap => "trap",
            ViolationKind::DoubleUnlock => "double unlock",
            ViolationKind::OutOfAllocation => "out of allocation",
            ViolationKind::UseAfterFree => "use after free",
            ViolationKind::DoubleFree => "double free",
            ViolationKind::InvalidFree => "invalid free",
            ViolationKind::DeadStackSlot => "dead stack slot",
            ViolationKind::AddressFromInteger => "address from integer",
            ViolationKind::UnrelatedPointers => "unrelated pointers",
            ViolationKind::DataRace => "data race",
            ViolationKind::Deadlock => "deadlock",
            ViolationKind::LostWakeup => "lost wakeup",
            ViolationKind::Livelock => "livelock",
            ViolationKind::Leak => "leak",
            ViolationKind::BrokenClaim => "broken claim",
            ViolationKind::UnexpectedOutcome => "unexpected outcome",
            ViolationKind::Witness => "witness",
        }
    }

    /// What it means, for the table in docs/CHECKING.md.
    pub fn describe(self) -> &'static str {
        match self {
            ViolationKind::Assertion => "`Core.Diagnostics.Assert` failed",
            ViolationKind::Trap => "another trap that nothing caught",
            ViolationKind::DoubleUnlock => "a thread gave up a monitor that it did not have",
            ViolationKind::OutOfAllocation => {
                "an access outside of the allocation that its pointer came from"
            }
            ViolationKind::UseAfterFree => {
                "an access to memory that has been freed, or may have been: the access does not come \
                 before the free"
            }
            ViolationKind::DoubleFree => "memory that has been freed is freed again",
            ViolationKind::InvalidFree => {
                "what is freed is not the start of an allocation from the heap"
            }
            ViolationKind::DeadStackSlot => {
                "an access to stack memory whose function has returned, or may have"
            }
            ViolationKind::AddressFromInteger => "an access through a word that is no pointer",
            ViolationKind::UnrelatedPointers => {
                "pointers into two allocations are compared for their order"
            }
            ViolationKind::DataRace => {
                "two accesses to a cell, at least one of them plain and one a write, that nothing \
                 orders"
            }
            ViolationKind::Deadlock => {
                "threads wait for each other in a circle, in which one may wait for a notification \
                 while it holds what the others want; or for a monitor that an ended thread has"
            }
            ViolationKind::LostWakeup => {
                "a thread waits for a notification that nobody is left to send"
            }
            ViolationKind::Livelock => {
                "threads go on for ever, each gets its turn, and none comes any further"
            }
            ViolationKind::Leak => {
                "a thread that nobody waited for, or memory that nobody has freed and no global leads \
                 to; only with `--leaks`, or where the header expects one"
            }
            ViolationKind::BrokenClaim => {
                "an execution ends in a way that the program claims it never does: the condition of \
                 a litmus test with `~exists` or `forall`"
            }
            ViolationKind::UnexpectedOutcome => "an outcome that the program does not allow",
            ViolationKind::Witness => {
                "no violation: an execution that the program asks for, as litmus tests do with `exists`"
            }
        }
    }

    /// Whether it stops the execution that shows it. Other kinds concern executions that continue, or
    /// that have ended.
    pub fn stops(self) -> bool {
        match self {
            ViolationKind::Assertion
            | ViolationKind::Trap
            | ViolationKind::DoubleUnlock
            | ViolationKind::OutOfAllocation
            | ViolationKind::UseAfterFree
            | ViolationKind::DoubleFree
            | ViolationKind::InvalidFree
            | ViolationKind::DeadStackSlot
            | ViolationKind::AddressFromInteger
            | ViolationKind::UnrelatedPointers
            | ViolationKind::Deadlock
            | ViolationKind::LostWakeup => true,
            ViolationKind::DataRace
            | ViolationKind::Livelock
            | ViolationKind::Leak
            | ViolationKind::BrokenClaim
            | ViolationKind::UnexpectedOutcome
            | ViolationKind::Witness => false,
        }
    }
}

impl ViolationKind {
    /// Whether it is not a violation, but an execution that the program asks for.
    pub fn is_witness(self) -> bool {
        self == ViolationKind::Witness
    }

    /// Whether it is a wrong use of an allocation.
    pub fn is_of_memory(self) -> bool {
        matches!(
            self,
            ViolationKind::OutOfAllocation
                | ViolationKind::UseAfterFree
                | ViolationKind::DoubleFree
                | ViolationKind::InvalidFree
                | ViolationKind::DeadStackSlot
                | ViolationKind::AddressFromInteger
                | ViolationKind::UnrelatedPointers
        )
    }
}

impl fmt::Display for ViolationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A violation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Violation {
    /// The kind.
    pub kind: ViolationKind,
    /// One line: the assertion's text, the two accesses, or which thread waits for which.
    pub message: String,
    /// The threads that took part, and their places; the one to look at first comes first.
    pub places: Vec<(ThreadId, Place)>,
}

impl Violation {
    /// The violation for a trap.
    pub fn of_trap(trap: &Trap) -> Self {
        let kind = match trap.kind {
            TrapKind::Assertion => ViolationKind::Assertion,
            TrapKind::DoubleUnlock => ViolationKind::DoubleUnlock,
            TrapKind::Deadlock => ViolationKind::Deadlock,
            TrapKind::OutOfAllocation => ViolationKind::OutOfAllocation,
            TrapKind::UseAfterFree => ViolationKind::UseAfterFree,
            TrapKind::DoubleFree => ViolationKind::DoubleFree,
            TrapKind::InvalidFree => ViolationKind::InvalidFree,
            TrapKind::DeadStackSlot => ViolationKind::DeadStackSlot,
            TrapKind::AddressFromInteger => ViolationKind::AddressFromInteger,
            TrapKind::UnrelatedPointers => ViolationKind::UnrelatedPointers,
            _ => ViolationKind::Trap,
        };
        let message = match kind {
            ViolationKind::Trap => format!("{}: {}", trap.kind, trap.message),
            _ => trap.message.clone(),
        };
        let thread = ThreadId(trap.thread);
        let places = trap.backtrace.first().map(|place| (thread, place.clone()));
        Violation { kind, message, places: places.into_iter().collect() }
    }
}

impl Violation {
    /// Whether the other one is the same mistake: a violation of the same kind at the same places of the
    /// program, whichever threads were there.
    pub fn is_like(&self, other: &Violation) -> bool {
        let places = |it: &Violation| {
            let mut places: Vec<String> =
                it.places.iter().map(|(_, place)| place.to_string()).collect();
            places.sort();
            places
        };
        // A broken claim is one violation, in whichever way it is broken, and so is an answered question.
        let has_words = !matches!(self.kind, ViolationKind::BrokenClaim | ViolationKind::Witness)
            && self.places.is_empty()
            && other.places.is_empty();
        self.kind == other.kind
            && places(self) == places(other)
            && (!has_words || self.message == other.message)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)
    }
}

/// The observable outcome of an execution.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The program ended by itself.
    Finished {
        /// What `main` returned; 0 if it is void.
        exit: i64,
        /// The whole output.
        output: Text,
    },
    /// It was stopped. The output up to that point does not count: the machine's other threads continue
    /// to print until they notice.
    Stopped {
        /// The kind of violation that stopped it.
        kind: ViolationKind,
        /// The reason, in words that do not depend on which thread noticed it first.
        reason: String,
    },
}

impl Outcome {
    /// The outcome of an execution that a trap ended.
    pub fn of_trap(trap: &Trap) -> Self {
        Outcome::of_violation(&Violation::of_trap(trap))
    }

    /// The outcome of an execution that shows a violation. If no thread can go on, it is only the kind,
    /// since each engine describes that in its own words. The same holds for a wrong use of memory,
    /// since the names of allocations depend on the order in which memory is handed out.
    pub fn of_violation(violation: &Violation) -> Self {
        let kind = violation.kind;
        let reason = match kind {
            ViolationKind::Deadlock | ViolationKind::LostWakeup | ViolationKind::Livelock => {
                kind.name().into()
            }
            kind if kind.is_of_memory() => kind.name().into(),
            _ => violation.to_string(),
        };
        Outcome::Stopped { kind, reason }
    }

    /// The outcome as the machine can tell it: for the machine, a lost wakeup is an ordinary deadlock.
    #[must_use]
    pub fn as_the_machine_tells_it(&self) -> Self {
        match self {
            Outcome::Stopped { kind: ViolationKind::LostWakeup, .. } => {
                let kind = ViolationKind::Deadlock;
                Outcome::Stopped { kind, reason: kind.name().into() }
            }
            other => other.clone(),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Finished { exit, output } => {
                let lines: Vec<&str> = output.lines().collect();
                write!(f, "{{{}}}", lines.join(" / "))?;
                if *exit != 0 { write!(f, " exit {exit}") } else { Ok(()) }
            }
            Outcome::Stopped { reason, .. } => f.write_str(reason),
        }
    }
}
