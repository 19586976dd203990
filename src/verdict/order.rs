//! What an engine knows of an operation's place among the others of its execution.

/// An operation's place among the others of a trace.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Order {
    /// The number of operations of each thread that happen before it, itself and the earlier ones of its own thread
    /// included; the index is the thread's number.
    pub clock: Vec<u32>,
    /// The write that it reads; `None` if it reads no atomic, or if that is not known.
    pub read: Option<Read>,
    /// The positions of the operations that it has waited for: the end of the thread that it joins, the release of
    /// the lock that it gets, the notification.
    pub awaited: Vec<usize>,
}

/// A write as a read has found it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Read {
    /// Its position in the trace; `None` is the initial value.
    pub write: Option<usize>,
    /// The positions of the writes before the read that are newer.
    pub newer: Vec<usize>,
}
