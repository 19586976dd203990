//! Values in objects, which never change (`Core.Box`, `Option`), and objects that are only there to be
//! entered (`Collections.List`, `Collections.Seq`).

use super::class::{Class, Response, Way};
use crate::interp::{ThreadId, TrapKind};

/// A word, and what it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Value {
    /// What it is.
    pub kind: ValueKind,
    /// The word.
    pub word: u64,
}

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the types of IL")]
pub enum ValueKind {
    I64,
    F64,
    I1,
    Str,
    /// What an option has.
    Some,
    /// Nothing: an empty collection.
    Empty,
}

/// Asks for the word.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ValueUse {
    /// The word, if it is of this kind.
    As(ValueKind),
}

impl Class for Value {
    type Use = ValueUse;
    const NAME: &'static str = "Box";
    const NOUN: &'static str = "value";

    fn is_possible(&self, _: ThreadId, _: &ValueUse) -> bool {
        true
    }

    fn perform(&mut self, _: ThreadId, way: &ValueUse) -> Response<ValueUse> {
        let ValueUse::As(kind) = way;
        if *kind == self.kind {
            return Response::Word(self.word);
        }
        let message =
            format!("Box.{}: {} expected, {} found", way.function(), kind.name(), self.kind.name());
        Response::Refused((TrapKind::InvalidCast, message))
    }
}

impl ValueKind {
    fn name(self) -> &'static str {
        match self {
            ValueKind::I64 => "i64",
            ValueKind::F64 => "f64",
            ValueKind::I1 => "i1",
            ValueKind::Str => "str",
            ValueKind::Some => "an option",
            ValueKind::Empty => "a collection",
        }
    }
}

impl Way for ValueUse {
    fn function(&self) -> &'static str {
        let ValueUse::As(kind) = self;
        match kind {
            ValueKind::I64 => "ToI64",
            ValueKind::F64 => "ToF64",
            ValueKind::I1 => "ToI1",
            ValueKind::Str => "ToStr",
            ValueKind::Some => "Unwrap",
            ValueKind::Empty => "Look",
        }
    }

    fn is_told(&self) -> bool {
        true
    }
}
