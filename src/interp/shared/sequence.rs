//! Sequences that never change (`Collections.Seq`): what a map had at one time.

use std::sync::Arc;

use super::class::{Class, Response, Way};
use crate::interp::{ThreadId, TrapKind};

/// A sequence of words.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sequence {
    elements: Elements,
    words: Arc<[u64]>,
}

/// What the words are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Elements {
    /// Objects.
    Objects,
    /// Strings.
    Strings,
}

/// What can be done with a sequence.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SequenceUse {
    /// The word at this position, from 0, if the words are of this kind.
    Get(Elements, i64),
    /// The number of words.
    Count,
}

impl Sequence {
    /// A sequence of these words.
    pub fn new(elements: Elements, words: Arc<[u64]>) -> Self {
        Sequence { elements, words }
    }
}

impl Class for Sequence {
    type Use = SequenceUse;
    const NAME: &'static str = "Seq";
    const NOUN: &'static str = "sequence";

    fn is_possible(&self, _: ThreadId, _: &SequenceUse) -> bool {
        true
    }

    fn perform(&mut self, _: ThreadId, way: &SequenceUse) -> Response<SequenceUse> {
        let SequenceUse::Get(elements, index) = *way else {
            return Response::Word(self.words.len() as u64);
        };
        let refused =
            |kind, what: &str| Response::Refused((kind, format!("Seq.{}: {what}", way.function())));
        match usize::try_from(index).ok().and_then(|index| self.words.get(index)) {
            None => refused(TrapKind::Bounds, "index out of bounds"),
            Some(&word) if elements == self.elements => Response::Word(word),
            Some(_) => match self.elements {
                Elements::Objects => refused(TrapKind::InvalidCast, "value is not a string"),
                Elements::Strings => refused(TrapKind::InvalidCast, "value is a string"),
            },
        }
    }
}

impl Way for SequenceUse {
    fn function(&self) -> &'static str {
        match self {
            SequenceUse::Get(Elements::Objects, _) => "Get",
            SequenceUse::Get(Elements::Strings, _) => "GetStr",
            SequenceUse::Count => "get_Count",
        }
    }

    fn arguments(&self) -> Vec<u64> {
        if let SequenceUse::Get(_, index) = *self { vec![index as u64] } else { Vec::new() }
    }

    fn is_told(&self) -> bool {
        true
    }
}
