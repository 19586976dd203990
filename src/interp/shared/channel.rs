//! Channels with a capacity, which may be 0 (`Threads.Channel`).
//!
//! A channel of capacity 0 holds at most one item, on its way from a sender to a receiver that has announced
//! itself:
//!
//! | sender | receiver |
//! |---|---|
//! | | announces that it waits (`Recv`) |
//! | waits for a receiver that has, and puts its item there (`Send`) | |
//! | | takes the item (`Take`) |
//! | waits until its item is gone (`Sent`) | |
//!
//! A thread that only tries to send does not wait until its item is gone. A thread that only tries to receive does not
//! announce itself.

use std::collections::{BTreeSet, VecDeque};

use super::class::{Class, Response, Way};
use crate::interp::{ThreadId, TrapKind};

/// A channel.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Channel {
    capacity: u64,
    /// The oldest comes first.
    items: VecDeque<u64>,
    is_closed: bool,
    /// For capacity 0: the threads that wait for an item.
    receivers: BTreeSet<ThreadId>,
    /// For capacity 0: the thread that waits until the item is gone.
    sender: Option<ThreadId>,
}

/// What can be done with a channel.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ChannelUse {
    /// Sends an item; refused once the channel is closed.
    Send(u64),
    /// The same, but to a closed channel it comes to nothing.
    SendFor(u64),
    /// Waits until the item that it has sent is gone.
    Sent,
    /// Sends an item if that needs no waiting; whether it did.
    TrySend(u64),
    /// Receives an item, or nothing from a channel that is closed and empty.
    Recv,
    /// The same for a receiver that has announced itself.
    Take,
    /// Receives an item if there is one.
    TryRecv,
    /// Lets nobody send any more.
    Close,
    /// The number of items.
    Count,
    /// How many items there can be.
    Capacity,
    /// Whether it is closed.
    IsClosed,
    /// Whether there is no item.
    IsEmpty,
    /// Whether a sender would wait.
    IsFull,
}

impl Channel {
    const CAPACITY_MAX: i64 = 1_000_000;

    /// A channel of this capacity, or the nearest that is possible.
    pub fn new(capacity: i64) -> Self {
        Channel {
            capacity: capacity.clamp(0, Self::CAPACITY_MAX) as u64,
            items: VecDeque::new(),
            is_closed: false,
            receivers: BTreeSet::new(),
            sender: None,
        }
    }

    fn hands_over(&self) -> bool {
        self.capacity == 0
    }

    fn has_room(&self) -> bool {
        if self.hands_over() {
            self.items.is_empty() && !self.receivers.is_empty()
        } else {
            (self.items.len() as u64) < self.capacity
        }
    }

    fn send(&mut self, me: ThreadId, item: u64) -> Response<ChannelUse> {
        self.items.push_back(item);
        if self.hands_over() {
            self.sender = Some(me);
            return Response::Begins(ChannelUse::Sent);
        }
        Response::Word(1)
    }

    fn receive(&mut self, me: ThreadId) -> Response<ChannelUse> {
        self.receivers.remove(&me);
        self.sender = None;
        self.items.pop_front().map_or(Response::Nothing, Response::Word)
    }
}

impl Class for Channel {
    type Use = ChannelUse;
    const NAME: &'static str = "Channel";
    const NOUN: &'static str = "channel";

    fn is_possible(&self, me: ThreadId, way: &ChannelUse) -> bool {
        match way {
            ChannelUse::Send(_) | ChannelUse::SendFor(_) => self.has_room() || self.is_closed,
            ChannelUse::Sent => self.sender != Some(me) || self.is_closed,
            ChannelUse::Recv if self.hands_over() => true,
            ChannelUse::Recv | ChannelUse::Take => !self.items.is_empty() || self.is_closed,
            _ => true,
        }
    }

    fn admits(&self, way: &ChannelUse) -> bool {
        match way {
            ChannelUse::Sent => self.sender.is_none() || self.is_closed,
            way => self.is_possible(ThreadId(u32::MAX), way),
        }
    }

    fn perform(&mut self, me: ThreadId, way: &ChannelUse) -> Response<ChannelUse> {
        let is_closed = self.is_closed;
        match *way {
            ChannelUse::Send(_) if is_closed => {
                let message = "Channel.Send: send on closed channel".into();
                Response::Refused((TrapKind::InvalidOperation, message))
            }
            ChannelUse::SendFor(_) if is_closed => Response::Nothing,
            ChannelUse::Send(item) | ChannelUse::SendFor(item) => self.send(me, item),
            ChannelUse::Sent => Response::Word(1),
            ChannelUse::TrySend(_) if is_closed || !self.has_room() => Response::Word(0),
            ChannelUse::TrySend(item) => {
                self.items.push_back(item);
                Response::Word(1)
            }
            ChannelUse::Recv if self.hands_over() && self.items.is_empty() && !is_closed => {
                self.receivers.insert(me);
                Response::Begins(ChannelUse::Take)
            }
            ChannelUse::TryRecv if self.items.is_empty() => Response::Nothing,
            ChannelUse::Recv | ChannelUse::Take | ChannelUse::TryRecv => self.receive(me),
            ChannelUse::Close => {
                self.is_closed = true;
                Response::Word(0)
            }
            ChannelUse::Count => Response::Word(self.items.len() as u64),
            ChannelUse::Capacity => Response::Word(self.capacity),
            ChannelUse::IsClosed => Response::Word(u64::from(is_closed)),
            ChannelUse::IsEmpty => Response::Word(u64::from(self.items.is_empty())),
            ChannelUse::IsFull => Response::Word(u64::from(!self.has_room())),
        }
    }

    fn give_up(&mut self, me: ThreadId, way: &ChannelUse) {
        match way {
            ChannelUse::Take => drop(self.receivers.remove(&me)),
            ChannelUse::Sent if self.sender == Some(me) => {
                self.items.clear();
                self.sender = None;
            }
            _ => {}
        }
    }

    fn rename(&mut self, to: &dyn Fn(ThreadId) -> ThreadId) {
        self.receivers = self.receivers.iter().map(|&thread| to(thread)).collect();
        self.sender = self.sender.map(to);
    }
}

impl Way for ChannelUse {
    fn function(&self) -> &'static str {
        match self {
            ChannelUse::Send(_) => "Send",
            ChannelUse::SendFor(_) => "SendFor",
            ChannelUse::Sent => "Send (be received)",
            ChannelUse::TrySend(_) => "TrySend",
            ChannelUse::Recv => "Recv",
            ChannelUse::Take => "Recv (take)",
            ChannelUse::TryRecv => "TryRecv",
            ChannelUse::Close => "Close",
            ChannelUse::Count => "get_Count",
            ChannelUse::Capacity => "get_Capacity",
            ChannelUse::IsClosed => "get_IsClosed",
            ChannelUse::IsEmpty => "get_IsEmpty",
            ChannelUse::IsFull => "get_IsFull",
        }
    }

    fn arguments(&self) -> Vec<u64> {
        match *self {
            ChannelUse::Send(item) | ChannelUse::SendFor(item) | ChannelUse::TrySend(item) => {
                vec![item]
            }
            _ => Vec::new(),
        }
    }

    fn is_told(&self) -> bool {
        !matches!(self, ChannelUse::Send(_) | ChannelUse::Sent | ChannelUse::Close)
    }
}
