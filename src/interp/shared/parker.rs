//! Parking: a thread waits for a token, which another thread leaves. There is one token at most.

use super::class::{Class, Response, Way};
use crate::interp::ThreadId;

/// A place for one token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Parker {
    has_token: bool,
}

/// What can be done with it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ParkerUse {
    /// Takes the token, waiting for it.
    Park,
    /// Leaves a token, unless there is one.
    Unpark,
}

impl Class for Parker {
    type Use = ParkerUse;
    const NAME: &'static str = "Parker";
    const NOUN: &'static str = "parker";

    fn is_possible(&self, _: ThreadId, way: &ParkerUse) -> bool {
        *way != ParkerUse::Park || self.has_token
    }

    fn perform(&mut self, _: ThreadId, way: &ParkerUse) -> Response<ParkerUse> {
        self.has_token = *way == ParkerUse::Unpark;
        Response::Word(1)
    }
}

impl Way for ParkerUse {
    fn function(&self) -> &'static str {
        match self {
            ParkerUse::Park => "Park",
            ParkerUse::Unpark => "Unpark",
        }
    }

    fn is_told(&self) -> bool {
        false
    }

    fn is_notified(&self) -> bool {
        *self == ParkerUse::Park
    }
}
