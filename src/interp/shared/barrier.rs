//! Barriers: places where a number of threads wait for each other (`Threads.Barrier`).
//!
//! An arrival is two requests: the thread is counted, and it waits until it is no longer among those that have
//! arrived. The last one to arrive sends all of them on, so a barrier can be used again at once, also by threads
//! that were not there before.

use std::collections::BTreeSet;

use super::class::{Class, Response, Way};
use crate::interp::refusal::Refusal;
use crate::interp::{ThreadId, TrapKind};

/// A barrier.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Barrier {
    parties: u64,
    /// The threads that have arrived and are not sent on yet: fewer than `parties`.
    arrived: BTreeSet<ThreadId>,
}

/// What can be done with a barrier.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum BarrierUse {
    /// Arrives, and waits for the others.
    Arrive,
    /// Waits for the others; this many were there before.
    Pass(u64),
    /// Does nothing, and is refused if threads wait.
    Reset,
    /// How many threads wait for each other.
    Parties,
    /// How many threads wait now.
    Waiting,
}

impl Barrier {
    /// A barrier for this many threads.
    ///
    /// # Errors
    /// There must be at least one.
    pub fn new(parties: i64) -> Result<Self, Refusal> {
        match u64::try_from(parties) {
            Ok(parties) if parties > 0 => Ok(Barrier { parties, arrived: BTreeSet::new() }),
            _ => Err((TrapKind::DomainError, "Barrier.New: parties must be >= 1".into())),
        }
    }
}

impl Class for Barrier {
    type Use = BarrierUse;
    const NAME: &'static str = "Barrier";
    const NOUN: &'static str = "barrier";

    fn is_possible(&self, me: ThreadId, way: &BarrierUse) -> bool {
        !matches!(way, BarrierUse::Pass(_)) || !self.arrived.contains(&me)
    }

    /// All that have arrived are sent on at once.
    fn admits(&self, way: &BarrierUse) -> bool {
        !matches!(way, BarrierUse::Pass(_)) || self.arrived.is_empty()
    }

    fn perform(&mut self, me: ThreadId, way: &BarrierUse) -> Response<BarrierUse> {
        let before = self.arrived.len() as u64;
        match *way {
            BarrierUse::Arrive if before + 1 == self.parties => {
                self.arrived.clear();
                Response::Word(before)
            }
            BarrierUse::Arrive => {
                self.arrived.insert(me);
                Response::Begins(BarrierUse::Pass(before))
            }
            BarrierUse::Pass(index) => Response::Word(index),
            BarrierUse::Reset if before > 0 => {
                let message = "Barrier.Reset: threads are waiting".into();
                Response::Refused((TrapKind::InvalidOperation, message))
            }
            BarrierUse::Reset => Response::Word(0),
            BarrierUse::Parties => Response::Word(self.parties),
            BarrierUse::Waiting => Response::Word(before),
        }
    }

    fn rename(&mut self, to: &dyn Fn(ThreadId) -> ThreadId) {
        self.arrived = self.arrived.iter().map(|&thread| to(thread)).collect();
    }
}

impl Way for BarrierUse {
    fn function(&self) -> &'static str {
        match self {
            BarrierUse::Arrive => "Arrive",
            BarrierUse::Pass(_) => "Arrive (pass)",
            BarrierUse::Reset => "Reset",
            BarrierUse::Parties => "get_Parties",
            BarrierUse::Waiting => "get_Waiting",
        }
    }

    fn is_told(&self) -> bool {
        *self != BarrierUse::Reset
    }
}
