//! A shared object on the machine, with the threads that wait at it, and what a request there comes to.

use std::collections::VecDeque;

use crate::interp::refusal::Refusal;
use crate::interp::{Reply, Request, Shared, ThreadId};

/// An object, and the threads that wait at it, longest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    pub(super) object: Option<Shared>,
    pub(super) line: VecDeque<Waiter>,
}

/// A thread that waits, and what it wants.
#[derive(Clone, Debug)]
pub(super) struct Waiter {
    pub(super) thread: ThreadId,
    pub(super) request: Request,
}

/// What a thread in line has come to.
pub(super) type Served = Result<Reply, Refusal>;

/// How long a request may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Until it can go on.
    Endless,
    /// For a time that the caller measures.
    Timed,
    /// Not at all.
    None,
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Used {
    /// The caller goes on with this answer.
    Done(Reply),
    /// The caller is blocked until [`take_answer`](super::Coordination::take_answer) has its answer.
    Waiting,
    /// The object does not allow it.
    Refused(Refusal),
    /// The wait would never end; describes which thread waits for which.
    Deadlock(String),
}
