//! The operations of Rust code, as the search sees them.

use std::panic::Location;
use std::sync::atomic::Ordering;

use smallvec::SmallVec;

use crate::graph::EventId;

/// The number of an object that threads share. An object has the same number in every execution in which
/// its thread makes it.
pub(crate) type Object = u32;

/// What a thread wants to do next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation {
    pub(crate) act: Act,
    /// The object that it reads or writes.
    pub(crate) object: Option<Object>,
    pub(crate) order: Option<Ordering>,
    pub(crate) site: &'static Location<'static>,
}

impl Operation {
    /// Whether there is nothing that it could read, no choice, and nobody who could read it.
    pub(super) fn is_alone(&self) -> bool {
        self.object.is_none() && !matches!(self.act, Act::Choose { .. } | Act::Allocate { .. })
    }

    /// Whether this is the same operation, whatever values it works with.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        // Nearly always it is the same place, not only an equal one.
        let is_there = std::ptr::eq(self.site, other.site) || self.site == other.site;
        is_there && self.object == other.object && self.act.is_like(other.act)
    }
}

/// The kinds of operations.
///
/// A lock is a line of tickets: an event of its own takes the next place in the line, and another waits
/// for those before it. So two threads that want a lock differ in the order of their tickets alone, and no
/// execution is begun in which a thread finds the lock held and must be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Load,
    Store {
        word: u64,
    },
    /// A read-modify-write that always writes.
    Update(Update),
    /// A compare-exchange. A weak one may fail without a cause.
    Exchange {
        expected: u64,
        new: u64,
        failure: Ordering,
        is_weak: bool,
    },
    Fence,
    /// Takes the next ticket of a lock.
    Lock {
        access: Access,
    },
    /// The same, or finds the lock held.
    TryLock {
        access: Access,
    },
    /// Waits for those with earlier tickets, as far as they exclude this one. If the ticket was only tried
    /// for, an execution in which the wait does not end is none.
    Acquire {
        ticket: EventId,
        is_tried: bool,
    },
    /// Gives back what a ticket has got.
    Unlock {
        ticket: EventId,
    },
    /// Waits until the thread with a ticket has given it back; takes none itself.
    Outwait {
        ticket: EventId,
    },
    /// Joins those who wait on a condition variable.
    Wait,
    /// Waits for the notification. If the wait has a time limit, an execution in which the notification
    /// does not come is none: in another one the time is up.
    Woken {
        wait: EventId,
        is_timed: bool,
    },
    /// Leaves those who wait.
    Quit {
        wait: EventId,
    },
    Notify {
        all: bool,
    },
    Spawn {
        thread: u32,
    },
    Join {
        thread: u32,
    },
    End,
    /// Goes on in the usual way, or ends a wait early.
    Choose {
        early: Early,
    },
    /// Takes the token of the thread, and waits until there is one.
    Park,
    /// Offers the processor to others.
    Yield,
    /// Learns that time has passed: the next round of a loop may find another time.
    Tell,
    /// Takes one more share of a value.
    Share,
    /// Gives up a share of a value, or decides to be the last who does.
    Release,
    /// Waits until all others have given up their shares.
    Outlast,
    /// Gets memory with this layout: fresh, or what a free has given back.
    Allocate {
        size: usize,
        align: usize,
    },
    /// Gives such memory back.
    Free {
        size: usize,
        align: usize,
    },
}

/// What a read-modify-write makes of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Update {
    pub(crate) change: Change,
    pub(crate) operand: u64,
    /// The width of the word; the bits above it are 0.
    pub(crate) bits: u32,
}

/// The kinds of read-modify-writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Swap,
    Add,
    Sub,
    And,
    Nand,
    Or,
    Xor,
    Min,
    Max,
    SignedMin,
    SignedMax,
    /// Adds, unless the lower half of the word is 0.
    AddToSome,
    /// Subtracts, if the lower half of the word is 1.
    SubFromOne,
}

impl Update {
    /// The word that is written where this one was read.
    pub(crate) fn apply(self, word: u64) -> u64 {
        let Update { change, operand, bits } = self;
        let signed = |word: u64| (word << (64 - bits)) as i64;
        let is_kept = match change {
            Change::AddToSome => word as u32 == 0,
            Change::SubFromOne => word as u32 != 1,
            Change::SignedMin => signed(word) <= signed(operand),
            Change::SignedMax => signed(word) >= signed(operand),
            _ => false,
        };
        if is_kept {
            return word;
        }
        let new = match change {
            Change::Add | Change::AddToSome => word.wrapping_add(operand),
            Change::Sub | Change::SubFromOne => word.wrapping_sub(operand),
            Change::And => word & operand,
            Change::Nand => !(word & operand),
            Change::Or => word | operand,
            Change::Xor => word ^ operand,
            Change::Min => word.min(operand),
            Change::Max => word.max(operand),
            Change::Swap | Change::SignedMin | Change::SignedMax => operand,
        };
        new & (u64::MAX >> (64 - bits))
    }
}

/// What a ticket of a lock is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Exclusive,
    Shared,
}

/// Why an operation ends without what it has asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Early {
    /// The time for a wait is up.
    TimeOut,
    /// Without any cause: a wait ends, a weak compare-exchange fails.
    NoCause,
    /// The same for the wait for a future, which is polled once more.
    Polls,
}

impl Act {
    /// Why this operation ends early if it takes its second way, if that is what the second way means.
    pub(crate) fn early(self) -> Option<Early> {
        match self {
            Act::Choose { early } => Some(early),
            Act::Exchange { is_weak: true, .. } => Some(Early::NoCause),
            _ => None,
        }
    }

    /// Whether it reads its object.
    pub(crate) fn reads(self) -> bool {
        matches!(
            self,
            Act::Load
                | Act::Update(_)
                | Act::Exchange { .. }
                | Act::Lock { .. }
                | Act::TryLock { .. }
                | Act::Wait
                | Act::Quit { .. }
                | Act::Notify { .. }
                | Act::Park
        )
    }

    /// Whether it waits for events of other threads.
    pub(super) fn waits(self) -> bool {
        matches!(
            self,
            Act::Join { .. }
                | Act::Acquire { .. }
                | Act::Outwait { .. }
                | Act::Woken { .. }
                | Act::Outlast
        )
    }

    /// Whether it reads or writes its object, so that its place among others that do may matter.
    pub(crate) fn accesses(self) -> bool {
        self.reads() || matches!(self, Act::Store { .. })
    }

    /// The word that it writes where it has read this one.
    pub(crate) fn word(self, read: u64) -> u64 {
        match self {
            Act::Store { word } => word,
            Act::Update(update) => update.apply(read),
            Act::Exchange { new, .. } => new,
            _ => 0,
        }
    }

    /// Whether a round of a loop that waits may have it: it does not show whether it happened once or
    /// many times.
    pub(crate) fn may_be_idle(self) -> bool {
        matches!(
            self,
            Act::Load
                | Act::Update(_)
                | Act::Exchange { .. }
                | Act::TryLock { .. }
                | Act::Fence
                | Act::Yield
        )
    }

    /// Whether this is the same act, whatever values it works with.
    fn is_like(self, other: Self) -> bool {
        match (self, other) {
            (Act::Store { .. }, Act::Store { .. })
            | (Act::Update(_), Act::Update(_))
            | (Act::Exchange { .. }, Act::Exchange { .. }) => true,
            _ => self == other,
        }
    }
}

/// An operation that has been carried out.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) operation: Operation,
    /// Which of its ways it has taken.
    pub(crate) way: u32,
    /// The word that it has written, in the execution in which it was added to the graph.
    pub(crate) word: u64,
    /// For a notification: the waits that it ends.
    pub(crate) woken: SmallVec<[EventId; 2]>,
}
