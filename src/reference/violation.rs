//! What can go wrong in an execution, and what an execution comes to.

use std::fmt;

use crate::interp::{Place, Text, ThreadId, Trap, TrapKind};

/// What sort of violation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ViolationKind {
    /// `Core.Diagnostics.Assert` failed.
    Assertion,
    /// Another trap that nothing caught.
    Trap,
    /// A thread gave up a monitor that it did not have.
    DoubleUnlock,
    /// An access outside of the allocation that its pointer belongs to.
    OutOfAllocation,
    /// An access to memory that has been freed.
    UseAfterFree,
    /// Memory that has been freed is freed again.
    DoubleFree,
    /// What is freed is not the start of an allocation from the heap.
    InvalidFree,
    /// An access to stack memory whose function has returned.
    DeadStackSlot,
    /// An access through a word that names no allocation.
    AddressFromInteger,
    /// An ordered comparison of pointers into different allocations.
    UnrelatedPointers,
    /// Two accesses to a cell, at least one of them plain and one a write, that nothing orders.
    DataRace,
    /// Threads wait for each other, or for a monitor that an ended thread has.
    Deadlock,
    /// A thread waits for a notification that nobody is left to send.
    LostWakeup,
    /// Threads go on for ever, every one of them gets its turn, and none comes any further.
    Livelock,
    /// A thread that nobody waited for; memory that nobody has freed and that no global leads to.
    Leak,
    /// An execution ends in a way that the program claims it never does.
    BrokenClaim,
    /// An outcome that the program's header does not allow.
    UnexpectedOutcome,
    /// No violation: an execution ends in a way that the program asks about. It is found and replayed as
    /// violations are, and whoever counts findings keeps it apart from them.
    Witness,
}

impl ViolationKind {
    /// All that are violations.
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

    /// Whether it stops the execution that shows it. Others are about executions that go on, or
    /// that have come to their end.
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
    /// Whether it is no violation, but what the program asks for.
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

/// Something that went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Violation {
    /// What sort.
    pub kind: ViolationKind,
    /// One line: the assertion's text, the two accesses, who waits for whom.
    pub message: String,
    /// Who took part, and where each stood; the one to look at first comes first.
    pub places: Vec<(ThreadId, Place)>,
}

impl Violation {
    /// The violation that a trap is.
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
    /// Whether the other one is the same mistake: the same sort of violation at the same places of
    /// the program, whichever threads were there.
    pub fn is_like(&self, other: &Violation) -> bool {
        let places = |it: &Violation| {
            let mut places: Vec<String> =
                it.places.iter().map(|(_, place)| place.to_string()).collect();
            places.sort();
            places
        };
        // A claim is one, in whichever way it is broken, and so is a question.
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

/// What an execution comes to, as far as it can be told from outside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The program ended by itself.
    Finished {
        /// What `main` returned; 0 if it is void.
        exit: i64,
        /// All that it printed.
        output: Text,
    },
    /// It was stopped. What it had printed by then does not count: the machine's other threads
    /// print on until they hear of it.
    Stopped {
        /// By what sort of violation.
        kind: ViolationKind,
        /// Why, in words that do not depend on who noticed it first.
        reason: String,
    },
}

impl Outcome {
    /// The outcome of an execution that a trap ended.
    pub fn of_trap(trap: &Trap) -> Self {
        Outcome::of_violation(&Violation::of_trap(trap))
    }

    /// The outcome of an execution that shows a violation. Where nobody goes on it is the kind
    /// alone, since each engine describes that in its own words; so it is for a wrong use of memory,
    /// since allocations are named differently where memory is handed out in another order.
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

    /// The outcome as the machine can tell it: to the machine, a wakeup that was lost is a deadlock
    /// as any other.
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
