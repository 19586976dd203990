//! Queues without a bound (`Threads.ConcurrentQueue`).

use std::collections::VecDeque;

use super::class::{Class, Response, WORDS_MAX, Way, full};
use crate::interp::{ThreadId, TrapKind};

/// A queue of words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Queue {
    /// The oldest comes first.
    items: VecDeque<u64>,
    is_closed: bool,
}

/// What can be done with a queue.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum QueueUse {
    /// Adds an item.
    Push(u64),
    /// Takes the oldest item, waiting for one unless the queue is closed.
    Pop,
    /// The oldest item, which stays.
    Peek,
    /// Removes all items.
    Clear,
    /// Lets nobody add or wait any more.
    Close,
    /// The number of items.
    Count,
    /// Whether there is no item.
    IsEmpty,
    /// Whether it is closed.
    IsClosed,
}

impl Class for Queue {
    type Use = QueueUse;
    const NAME: &'static str = "ConcurrentQueue";
    const NOUN: &'static str = "queue";

    fn is_possible(&self, _: ThreadId, way: &QueueUse) -> bool {
        *way != QueueUse::Pop || !self.items.is_empty() || self.is_closed
    }

    fn perform(&mut self, _: ThreadId, way: &QueueUse) -> Response<QueueUse> {
        match *way {
            QueueUse::Push(_) if self.is_closed => {
                let message = "ConcurrentQueue.Enqueue: queue is closed".into();
                return Response::Refused((TrapKind::InvalidOperation, message));
            }
            QueueUse::Push(_) if self.items.len() >= WORDS_MAX => {
                return Response::Refused(full("ConcurrentQueue.Enqueue"));
            }
            QueueUse::Push(item) => self.items.push_back(item),
            QueueUse::Pop => {
                return self.items.pop_front().map_or(Response::Nothing, Response::Word);
            }
            QueueUse::Peek => {
                return self.items.front().map_or(Response::Nothing, |&item| Response::Word(item));
            }
            QueueUse::Clear => self.items.clear(),
            QueueUse::Close => self.is_closed = true,
            QueueUse::Count => return Response::Word(self.items.len() as u64),
            QueueUse::IsEmpty => return Response::Word(u64::from(self.items.is_empty())),
            QueueUse::IsClosed => return Response::Word(u64::from(self.is_closed)),
        }
        Response::Word(0)
    }
}

impl Way for QueueUse {
    fn function(&self) -> &'static str {
        match self {
            QueueUse::Push(_) => "Enqueue",
            QueueUse::Pop => "Dequeue",
            QueueUse::Peek => "Peek",
            QueueUse::Clear => "Clear",
            QueueUse::Close => "Close",
            QueueUse::Count => "get_Count",
            QueueUse::IsEmpty => "get_IsEmpty",
            QueueUse::IsClosed => "get_IsClosed",
        }
    }

    fn arguments(&self) -> Vec<u64> {
        if let QueueUse::Push(item) = *self { vec![item] } else { Vec::new() }
    }

    fn is_told(&self) -> bool {
        !matches!(self, QueueUse::Push(_) | QueueUse::Clear | QueueUse::Close)
    }
}
