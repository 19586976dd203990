//! Objects that guest threads share besides memory, threads and monitors: gates, barriers, locks, queues, promises, pools.
//!
//! An object is plain data. A thread uses it by a [`Request`], and [`Shared::apply`] decides the outcome:
//! the thread goes on with an answer, or must wait, or is refused. What a request means is written here once:
//! the machine applies it under its lock and keeps the waiting threads in a line
//! ([`Coordination`](super::Coordination)); the reference takes it as one operation, and lets any thread that
//! can go on be next. A request that changes the object before it waits, as an arrival at a barrier does, comes
//! out as [`Response::Begins`] with the request that waits.
//!
//! A new class is a file beside these, a line in the table below, and the rows of its functions in
//! `interp/builtin`.
//!
//! # Invariants
//! *all or nothing*: a request that waits or is refused leaves the object unchanged. *finite*: an object has no
//! counters of what has happened, so that a program that returns to where it was has the same objects there.

mod barrier;
mod channel;
mod class;
mod condition;
mod gate;
mod map;
mod mutex;
mod parker;
mod pool;
mod promise;
mod queue;
mod rwlock;
mod sequence;
mod token;
mod value;

pub use barrier::{Barrier, BarrierUse};
pub use channel::{Channel, ChannelUse};
pub use class::{Reply, Response};
pub use condition::{Condition, ConditionUse};
pub use gate::{Gate, GateUse};
pub use map::{Map, MapUse};
pub use mutex::{Mutex, MutexUse};
pub use parker::{Parker, ParkerUse};
pub use pool::{Pool, PoolUse};
pub use promise::{Promise, PromiseUse};
pub use queue::{Queue, QueueUse};
pub use rwlock::{RwLock, RwLockUse};
pub use sequence::{Elements, Sequence, SequenceUse};
pub use token::{Token, TokenUse};
pub use value::{Value, ValueKind, ValueUse};

use std::fmt;

use class::{Class, Way};

use super::refusal::Refusal;
use super::{ThreadId, TrapKind};

/// Declares the objects and the requests from the table of classes.
macro_rules! classes {
    ($( $(#[doc = $doc:literal])* $Class:ident by $Use:ident; )*) => {
        /// An object that threads share.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum Shared {
            $( $(#[doc = $doc])* $Class($Class), )*
        }

        /// What a thread asks of an object.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub enum Request {
            /// To be made.
            New(Box<Shared>),
            $( $(#[doc = $doc])* $Class($Use), )*
        }

        impl Shared {
            fn possible(&self, me: ThreadId, request: &Request) -> Option<bool> {
                match (self, request) {
                    $( (Shared::$Class(it), Request::$Class(way)) => Some(it.is_possible(me, way)), )*
                    _ => None,
                }
            }

            /// Whether there may be a thread that can go on with this request, or with another one to the same function.
            pub fn admits(&self, request: &Request) -> bool {
                match (self, request) {
                    $( (Shared::$Class(it), Request::$Class(way)) => it.admits(way), )*
                    _ => true,
                }
            }

            /// Whether a request may wait for one particular thread.
            pub fn has_owners(&self) -> bool {
                match self {
                    $( Shared::$Class(_) => $Class::HAS_OWNERS, )*
                }
            }

            fn perform(&mut self, me: ThreadId, request: &Request) -> Response<Request> {
                match (self, request) {
                    $( (Shared::$Class(it), Request::$Class(way)) => match it.perform(me, way) {
                        Response::Word(word) => Response::Word(word),
                        Response::Words(words) => Response::Words(words),
                        Response::Nothing => Response::Nothing,
                        Response::Begins(then) => Response::Begins(Request::$Class(then)),
                        Response::Waits => Response::Waits,
                        Response::Refused(refusal) => Response::Refused(refusal),
                    }, )*
                    (_, request) => Response::Refused(request.not_of_class()),
                }
            }

            /// The thread that must act before a request that waits can go on, if it is one particular thread.
            pub fn awaited(&self, me: ThreadId, request: &Request) -> Option<ThreadId> {
                match (self, request) {
                    $( (Shared::$Class(it), Request::$Class(way)) => it.awaited(me, way), )*
                    _ => None,
                }
            }

            /// Whether a request may wait for this very thread.
            pub fn may_await(&self, thread: ThreadId) -> bool {
                match self {
                    $( Shared::$Class(it) => it.may_await(thread), )*
                }
            }

            /// A thread whose time is up does not wait with a request any more. On the machine this lets no other
            /// thread go on: what is sent to a waiting receiver is received at once.
            pub fn give_up(&mut self, me: ThreadId, request: &Request) {
                match (self, request) {
                    $( (Shared::$Class(it), Request::$Class(way)) => it.give_up(me, way), )*
                    _ => {}
                }
            }

            /// Gives the threads in it other numbers.
            pub fn rename(&mut self, to: &dyn Fn(ThreadId) -> ThreadId) {
                match self {
                    $( Shared::$Class(it) => it.rename(to), )*
                }
            }

            fn class(&self) -> [&'static str; 2] {
                match self {
                    $( Shared::$Class(_) => [$Class::NAME, $Class::NOUN], )*
                }
            }
        }

        impl Request {
            fn class(&self) -> [&'static str; 2] {
                match self {
                    Request::New(object) => object.class(),
                    $( Request::$Class(_) => [$Class::NAME, $Class::NOUN], )*
                }
            }

            fn way(&self) -> Option<&dyn Way> {
                match self {
                    Request::New(_) => None,
                    $( Request::$Class(way) => Some(way), )*
                }
            }
        }

        $( impl From<$Use> for Request {
            fn from(way: $Use) -> Self {
                Request::$Class(way)
            }
        }

        impl From<$Class> for Shared {
            fn from(object: $Class) -> Self {
                Shared::$Class(object)
            }
        } )*
    };
}

classes! {
    /// Permits, which threads take and give back.
    Gate by GateUse;
    /// A place where a number of threads wait for each other.
    Barrier by BarrierUse;
    /// A lock for several readers or one writer.
    RwLock by RwLockUse;
    /// A lock that cannot be entered again.
    Mutex by MutexUse;
    /// A list of threads that wait for a notification.
    Condition by ConditionUse;
    /// A place for one token.
    Parker by ParkerUse;
    /// A queue without a bound.
    Queue by QueueUse;
    /// A map from strings.
    Map by MapUse;
    /// A channel with a capacity.
    Channel by ChannelUse;
    /// A promise and its future.
    Promise by PromiseUse;
    /// A token of cancellation.
    Token by TokenUse;
    /// A pool of workers.
    Pool by PoolUse;
    /// A sequence that never changes.
    Sequence by SequenceUse;
    /// A value that never changes.
    Value by ValueUse;
}

impl Shared {
    /// Carries out a request of a thread on what is at an address; `None` is no object.
    pub fn apply(
        object: &mut Option<Shared>,
        me: ThreadId,
        request: &Request,
    ) -> Response<Request> {
        match (object, request) {
            (object, Request::New(new)) => {
                *object = Some(Shared::clone(new));
                Response::Word(0)
            }
            (None, request) => Response::Refused(request.not_of_class()),
            (Some(object), request) if object.possible(me, request) == Some(false) => {
                Response::Waits
            }
            (Some(object), request) => object.perform(me, request),
        }
    }

    /// Whether a thread must wait with a request.
    pub fn keeps_waiting(&self, me: ThreadId, request: &Request) -> bool {
        self.possible(me, request) == Some(false)
    }

    /// What it is called in a sentence: `gate`.
    pub fn noun(&self) -> &'static str {
        self.class()[1]
    }
}

impl Request {
    /// Whether both are requests to the same function of a class.
    pub fn is_like(&self, other: &Request) -> bool {
        self.class() == other.class() && self.function() == other.function()
    }

    fn function(&self) -> &'static str {
        self.way().map_or("New", Way::function)
    }

    /// The class and the function: `Gate.Enter`.
    pub fn name(&self) -> String {
        format!("{}.{}", self.class()[0], self.function())
    }

    /// The name of the class: `Gate`.
    pub fn class_name(&self) -> &'static str {
        self.class()[0]
    }

    /// The words that it hands over.
    pub fn arguments(&self) -> Vec<u64> {
        self.way().map_or(Vec::new(), Way::arguments)
    }

    /// Whether its thread is told something.
    pub fn is_told(&self) -> bool {
        self.way().is_some_and(Way::is_told)
    }

    /// Whether what it waits for is a notification.
    pub fn is_notified(&self) -> bool {
        self.way().is_some_and(Way::is_notified)
    }

    /// Whether it takes a lock, which its owner alone gives back.
    pub fn is_lock(&self) -> bool {
        self.way().is_some_and(Way::is_lock)
    }

    fn not_of_class(&self) -> Refusal {
        (TrapKind::InvalidCast, format!("{}: not a {}", self.name(), self.class()[1]))
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

#[cfg(test)]
mod tests;
