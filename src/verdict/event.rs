//! Events: one operation each, with its thread, object, place and values.

use std::{fmt, panic::Location, sync::atomic::Ordering};

#[cfg(feature = "record")]
use serde::{Deserialize, Serialize};

use super::place::place_of;
/// A thread of one execution, numbered from 0 (the body's own thread) in spawn order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ThreadId(pub u32);

impl fmt::Display for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "thread {}", self.0)
    }
}

/// The kind of object that an operation works on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ObjectKind {
    /// An atomic integer or flag.
    Atomic,
    /// A mutual exclusion lock with its data.
    Mutex,
    /// A lock with its data that readers may share.
    RwLock,
    /// A condition variable.
    Condvar,
    /// A cell without synchronisation of its own.
    Plain,
    /// A number that is read when nobody adds to it any more.
    Counter,
}

/// An object of one execution, numbered from 1 in the order of creation, over all kinds.
/// Number 0 is an object that was created outside any session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ObjectId {
    /// What it is.
    pub kind: ObjectKind,
    /// Its number among all objects of the execution.
    pub number: u32,
    /// The name that the code gives it.
    pub name: Option<ObjectName>,
}

/// The name that code gives to one of its objects.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ObjectName {
    /// A fixed text.
    Text(&'static str),
    /// The element at this index of the only array of atomics.
    Element(u32),
}

impl ObjectId {
    /// An object without a name.
    pub const fn new(kind: ObjectKind, number: u32) -> Self {
        ObjectId { kind, number, name: None }
    }

    /// The same object with a name.
    #[must_use]
    pub const fn named(self, name: ObjectName) -> Self {
        ObjectId { name: Some(name), ..self }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            Some(ObjectName::Text(name)) => f.write_str(name),
            Some(ObjectName::Element(index)) => write!(f, "element {index}"),
            None => write!(f, "{:?}#{}", self.kind, self.number),
        }
    }
}

/// The kinds of operations that are reported.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "record", derive(Serialize, Deserialize))]
pub enum OpKind {
    /// Acquires a mutex, or a read-write lock for writing.
    Lock,
    /// The same unless it is held; the value read is 1 if it was acquired, and 0 if not.
    TryLock,
    /// Acquires a read-write lock for reading.
    LockShared,
    /// The same unless it is held for writing; the value read is as for `TryLock`.
    TryLockShared,
    /// Releases a lock.
    Unlock,
    /// Waits on a condition variable; the mutex is released meanwhile.
    Wait,
    /// Waits on a condition variable for a limited time.
    WaitTimeout,
    /// Wakes one waiter.
    NotifyOne,
    /// Wakes all waiters.
    NotifyAll,
    /// Reads an atomic.
    Load,
    /// Writes an atomic.
    Store,
    /// Writes an atomic and returns what was there.
    Swap,
    /// Adds.
    FetchAdd,
    /// Subtracts.
    FetchSub,
    /// Bitwise and.
    FetchAnd,
    /// Not of the bitwise and.
    FetchNand,
    /// Bitwise or.
    FetchOr,
    /// Bitwise exclusive or.
    FetchXor,
    /// Minimum.
    FetchMin,
    /// Maximum.
    FetchMax,
    /// Writes if the value is the expected one.
    CompareExchange,
    /// The same; it may also fail without a cause.
    CompareExchangeWeak,
    /// A fence.
    Fence,
    /// Reads a plain cell.
    Read,
    /// Writes a plain cell.
    Write,
    /// Declares a thread-local. Not reported as an event; mutants name it.
    Local,
    /// Writes a thread-local.
    LocalWrite,
    /// Starts a thread; the value written is its number.
    Spawn,
    /// Waits for a thread; the value read is its number.
    Join,
    /// Waits, at the end of a scope, for one of its threads; the value read is its number.
    JoinScoped,
    /// Offers the processor.
    Yield,
    /// Waits for the thread's token, and takes it.
    Park,
    /// The same for a limited time.
    ParkTimeout,
    /// Gives a thread its token; the value written is the thread's number.
    Unpark,
    /// Receives a value from a channel if there is one. Not reported as an event; mutants name it.
    TryReceive,
    /// Adds to a counter.
    Count,
    /// Allocates memory; the value written is a number for its address.
    Allocate,
    /// Frees memory; the value written is a number for its address.
    Free,
    /// The thread's closure is done.
    Exit,
}

impl OpKind {
    /// A word for machines; where a guest's operation is the same, its word.
    pub fn name(self) -> &'static str {
        match self {
            OpKind::Lock => "lock",
            OpKind::TryLock => "try to lock",
            OpKind::LockShared => "lock for reading",
            OpKind::TryLockShared => "try to lock for reading",
            OpKind::Unlock => "unlock",
            OpKind::Wait => "wait",
            OpKind::WaitTimeout => "wait with a time limit",
            OpKind::NotifyOne => "notify one",
            OpKind::NotifyAll => "notify all",
            OpKind::Load => "load",
            OpKind::Store => "store",
            OpKind::Swap
            | OpKind::FetchAdd
            | OpKind::FetchSub
            | OpKind::FetchAnd
            | OpKind::FetchNand
            | OpKind::FetchOr
            | OpKind::FetchXor
            | OpKind::FetchMin
            | OpKind::FetchMax => "update",
            OpKind::CompareExchange | OpKind::CompareExchangeWeak => "compare-and-swap",
            OpKind::Fence => "fence",
            OpKind::Read => "read",
            OpKind::Write => "write",
            OpKind::Local => "thread-local",
            OpKind::LocalWrite => "write a thread-local",
            OpKind::Spawn => "start",
            OpKind::Join | OpKind::JoinScoped => "join",
            OpKind::Yield => "yield",
            OpKind::Park => "park",
            OpKind::ParkTimeout => "park with a time limit",
            OpKind::Unpark => "unpark",
            OpKind::TryReceive => "try to receive",
            OpKind::Count => "count",
            OpKind::Allocate => "allocate",
            OpKind::Free => "free",
            OpKind::Exit => "end",
        }
    }
}

impl OpKind {
    /// All of them, as they stand above.
    pub const ALL: [OpKind; 39] = {
        #[allow(clippy::enum_glob_use, reason = "all of them are named here")]
        use OpKind::*;
        [
            Lock,
            TryLock,
            LockShared,
            TryLockShared,
            Unlock,
            Wait,
            WaitTimeout,
            NotifyOne,
            NotifyAll,
            Load,
            Store,
            Swap,
            FetchAdd,
            FetchSub,
            FetchAnd,
            FetchNand,
            FetchOr,
            FetchXor,
            FetchMin,
            FetchMax,
            CompareExchange,
            CompareExchangeWeak,
            Fence,
            Read,
            Write,
            Local,
            LocalWrite,
            Spawn,
            Join,
            JoinScoped,
            Yield,
            Park,
            ParkTimeout,
            Unpark,
            TryReceive,
            Count,
            Allocate,
            Free,
            Exit,
        ]
    };

    /// Whether the operation reads and writes an atomic in one step.
    pub fn is_read_modify_write(self) -> bool {
        use OpKind::{
            FetchAdd, FetchAnd, FetchMax, FetchMin, FetchNand, FetchOr, FetchSub, FetchXor, Swap,
        };
        let is_update = matches!(
            self,
            Swap | FetchAdd
                | FetchSub
                | FetchAnd
                | FetchNand
                | FetchOr
                | FetchXor
                | FetchMin
                | FetchMax
        );
        is_update || self.is_compare_exchange()
    }

    /// Whether the operation writes an atomic only if it finds the expected value.
    pub fn is_compare_exchange(self) -> bool {
        matches!(self, OpKind::CompareExchange | OpKind::CompareExchangeWeak)
    }

    /// Whether the operation acquires a lock, or tries to.
    pub fn is_lock(self) -> bool {
        use OpKind::{Lock, LockShared, TryLock, TryLockShared};
        matches!(self, Lock | LockShared | TryLock | TryLockShared)
    }

    /// Whether the operation waits for the end of a thread, whose number is the value read.
    pub fn is_join(self) -> bool {
        matches!(self, OpKind::Join | OpKind::JoinScoped)
    }

    /// Whether a thread may wait forever by repeating only this operation. Once an execution is over,
    /// such an operation ends its thread instead of going on.
    pub(crate) fn may_wait(self) -> bool {
        use OpKind::{Join, JoinScoped, Load, Park, ParkTimeout, Spawn, Wait, WaitTimeout, Yield};
        matches!(
            self,
            Wait | WaitTimeout | Load | Join | JoinScoped | Spawn | Yield | Park | ParkTimeout
        ) || self.is_lock()
            || self.is_compare_exchange()
    }
}

/// A place in the source and the thread that was there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Site {
    /// The thread.
    pub thread: ThreadId,
    /// The place.
    pub location: &'static Location<'static>,
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at {}", self.thread, place_of(self.location))
    }
}

/// One operation that happened, or that had begun when the execution ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Event {
    /// Position in the execution, from 1. Gaps mean that older events were dropped.
    pub step: u64,
    /// The thread that performed it.
    pub thread: ThreadId,
    /// The kind of operation.
    pub op: OpKind,
    /// The object that it works on.
    pub object: Option<ObjectId>,
    /// The ordering; for a compare-exchange, that of the success.
    pub ordering: Option<Ordering>,
    /// The failure ordering of a compare-exchange.
    pub ordering_failure: Option<Ordering>,
    /// The value that was read: of the atomic, the number of the thread that was joined, or whether a lock
    /// that was tried was acquired.
    pub read: Option<u64>,
    /// The value that was written, or the number of the thread that was spawned or unparked.
    pub written: Option<u64>,
    /// The place of the operation in the source.
    pub location: &'static Location<'static>,
    /// False if the thread was still inside the operation when the execution ended.
    pub is_done: bool,
}

impl Event {
    /// An operation that is about to happen.
    pub(crate) fn new(op: OpKind, location: &'static Location<'static>) -> Self {
        Event {
            step: 0,
            thread: ThreadId(0),
            op,
            object: None,
            ordering: None,
            ordering_failure: None,
            read: None,
            written: None,
            location,
            is_done: false,
        }
    }

    /// The same operation on `object`.
    pub(crate) fn on(self, object: ObjectId) -> Self {
        Event { object: Some(object), ..self }
    }

    /// The same operation with `ordering`.
    pub(crate) fn ordered(self, ordering: Ordering) -> Self {
        Event { ordering: Some(ordering), ..self }
    }

    /// Whether the operation has acquired a lock.
    pub(crate) fn has_locked(&self) -> bool {
        let is_try = matches!(self.op, OpKind::TryLock | OpKind::TryLockShared);
        self.is_done && self.op.is_lock() && !(is_try && self.read == Some(0))
    }

    /// The ordering in the words of C11; of a compare-exchange, that of the success.
    pub fn ordering_name(&self) -> Option<&'static str> {
        Some(match self.ordering? {
            Ordering::Relaxed => "relaxed",
            Ordering::Acquire => "acquire",
            Ordering::Release => "release",
            Ordering::AcqRel => "acq_rel",
            _ => "seq_cst",
        })
    }

    /// Where it happened and who did it.
    pub fn site(&self) -> Site {
        Site { thread: self.thread, location: self.location }
    }
}
