//! Gates: permits, which threads take and give back (`Threads.Gate`).

use super::class::{Class, Response, Way};
use crate::interp::refusal::Refusal;
use crate::interp::{ThreadId, TrapKind};

/// A gate. Anybody may give permits back, also more than have been taken.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Gate {
    /// At most `i64::MAX`.
    permits: u64,
}

/// What can be done with a gate.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum GateUse {
    /// Takes a permit.
    Enter,
    /// Gives back this many permits.
    Leave(i64),
    /// The number of permits.
    Permits,
}

impl Gate {
    /// A gate with this many permits.
    ///
    /// # Errors
    /// There cannot be fewer than none.
    pub fn new(permits: i64) -> Result<Self, Refusal> {
        match u64::try_from(permits) {
            Ok(permits) => Ok(Gate { permits }),
            Err(_) => Err((TrapKind::DomainError, "Gate.New: permits cannot be negative".into())),
        }
    }
}

impl Class for Gate {
    type Use = GateUse;
    const NAME: &'static str = "Gate";
    const NOUN: &'static str = "gate";

    fn is_possible(&self, _: ThreadId, way: &GateUse) -> bool {
        *way != GateUse::Enter || self.permits > 0
    }

    fn perform(&mut self, _: ThreadId, way: &GateUse) -> Response<GateUse> {
        match *way {
            GateUse::Enter => {
                self.permits -= 1;
                Response::Word(0)
            }
            GateUse::Leave(count) => {
                let refused =
                    |kind, what: &str| Response::Refused((kind, format!("Gate.Leave: {what}")));
                let Ok(count) = u64::try_from(count) else {
                    return refused(TrapKind::DomainError, "count cannot be negative");
                };
                let permits = self.permits + count;
                if permits > i64::MAX as u64 {
                    return refused(TrapKind::Overflow, "permit count overflow");
                }
                self.permits = permits;
                Response::Word(0)
            }
            GateUse::Permits => Response::Word(self.permits),
        }
    }
}

impl Way for GateUse {
    fn function(&self) -> &'static str {
        match self {
            GateUse::Enter => "Enter",
            GateUse::Leave(_) => "Leave",
            GateUse::Permits => "get_Permits",
        }
    }

    fn arguments(&self) -> Vec<u64> {
        match *self {
            GateUse::Leave(count) if count != 1 => vec![count as u64],
            _ => Vec::new(),
        }
    }

    fn is_told(&self) -> bool {
        *self == GateUse::Permits
    }
}
