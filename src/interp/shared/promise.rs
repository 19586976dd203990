//! Promises, which are kept or broken once (`Threads.Promise`); their futures are the same objects.

use super::class::{Class, Response, Way};
use crate::interp::{ThreadId, TrapKind};

/// A promise and its future.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Promise {
    /// Nobody has done anything.
    #[default]
    Pending,
    /// It has come to this word.
    Kept(u64),
    /// It has failed, with the text that has this handle.
    Broken(u64),
}

/// What can be done with a promise.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PromiseUse {
    /// Keeps it.
    Set(u64),
    /// Breaks it.
    SetError(u64),
    /// What it has come to, waiting for that; nothing if it is broken.
    Get,
    /// Waits until it is kept or broken.
    Wait,
    /// Whether it is kept or broken.
    IsDone,
    /// The handle of its error, if it is broken.
    Error,
}

impl Class for Promise {
    type Use = PromiseUse;
    const NAME: &'static str = "Promise";
    const NOUN: &'static str = "promise";

    fn is_possible(&self, _: ThreadId, way: &PromiseUse) -> bool {
        !matches!(way, PromiseUse::Get | PromiseUse::Wait) || *self != Promise::Pending
    }

    fn perform(&mut self, _: ThreadId, way: &PromiseUse) -> Response<PromiseUse> {
        let is_done = *self != Promise::Pending;
        match *way {
            PromiseUse::Set(_) | PromiseUse::SetError(_) if is_done => {
                let message = "Promise: already completed".into();
                return Response::Refused((TrapKind::InvalidOperation, message));
            }
            PromiseUse::Set(word) => *self = Promise::Kept(word),
            PromiseUse::SetError(text) => *self = Promise::Broken(text),
            PromiseUse::Get => {
                let Promise::Kept(word) = *self else { return Response::Nothing };
                return Response::Word(word);
            }
            PromiseUse::Error => {
                let Promise::Broken(text) = *self else { return Response::Nothing };
                return Response::Word(text);
            }
            PromiseUse::Wait | PromiseUse::IsDone => return Response::Word(u64::from(is_done)),
        }
        Response::Word(0)
    }
}

impl Way for PromiseUse {
    fn function(&self) -> &'static str {
        match self {
            PromiseUse::Set(_) => "Set",
            PromiseUse::SetError(_) => "SetError",
            PromiseUse::Get => "Get",
            PromiseUse::Wait => "Wait",
            PromiseUse::IsDone => "get_IsDone",
            PromiseUse::Error => "get_Error",
        }
    }

    fn arguments(&self) -> Vec<u64> {
        match *self {
            PromiseUse::Set(word) | PromiseUse::SetError(word) => vec![word],
            _ => Vec::new(),
        }
    }

    fn is_told(&self) -> bool {
        matches!(self, PromiseUse::Get | PromiseUse::IsDone | PromiseUse::Error)
    }
}
