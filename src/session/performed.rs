//! Operations that were performed, with their orderings: from these, the list of mutants is made.

use std::sync::atomic::Ordering;

#[cfg(feature = "record")]
use serde::{Deserialize, Serialize};

#[cfg(feature = "record")]
use super::mutant::ordering_of;
use super::mutant::{Mutant, Operation, Operator};

/// An operation of the source that an execution has performed.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "record", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "record", serde(into = "Words", try_from = "Words"))]
pub struct Performed {
    /// Its place and its kind.
    pub operation: Operation,
    /// Its ordering, if it has one.
    pub ordering: Option<Ordering>,
    /// The ordering of its failure: a compare-exchange has one.
    pub ordering_failure: Option<Ordering>,
}

impl Performed {
    /// The orderings in words, by which operations of one place are sorted.
    pub(super) fn orderings(&self) -> String {
        format!("{:?} {:?}", self.ordering, self.ordering_failure)
    }

    /// Every way to break it, in the order of the operators.
    pub fn mutants(&self) -> Vec<Mutant> {
        let Performed { operation, ordering, ordering_failure } = self;
        let operators = Operator::that_apply(operation.op, *ordering, *ordering_failure);
        let of = |operator| Mutant { operation: operation.clone(), operator };
        operators.into_iter().map(of).collect()
    }

    /// Every way to break these, each once, sorted by place.
    pub fn mutants_of<'p>(performed: impl IntoIterator<Item = &'p Performed>) -> Vec<Mutant> {
        let mut mutants: Vec<Mutant> = performed.into_iter().flat_map(Performed::mutants).collect();
        mutants.sort_by(|a, b| a.rank().cmp(&b.rank()));
        // An operation that was seen with several orderings still has each other operator only once.
        mutants.dedup();
        mutants
    }
}

/// A word that names no ordering.
#[cfg(feature = "record")]
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("'{0}' is no ordering")]
pub struct UnknownOrdering(pub String);

/// The same in words, since `std` does not say how an ordering is written.
#[cfg(feature = "record")]
#[derive(Clone, Serialize, Deserialize)]
struct Words {
    #[serde(flatten)]
    operation: Operation,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ordering: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ordering_failure: Option<String>,
}

#[cfg(feature = "record")]
impl From<Performed> for Words {
    fn from(performed: Performed) -> Self {
        let word = |ordering: Option<Ordering>| ordering.map(|it| format!("{it:?}"));
        Words {
            ordering: word(performed.ordering),
            ordering_failure: word(performed.ordering_failure),
            operation: performed.operation,
        }
    }
}

#[cfg(feature = "record")]
impl TryFrom<Words> for Performed {
    type Error = UnknownOrdering;

    fn try_from(words: Words) -> Result<Self, UnknownOrdering> {
        let ordering = |word: Option<String>| {
            word.map(|it| ordering_of(&it).ok_or(UnknownOrdering(it))).transpose()
        };
        Ok(Performed {
            operation: words.operation,
            ordering: ordering(words.ordering)?,
            ordering_failure: ordering(words.ordering_failure)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::OpKind;
    use Ordering::{AcqRel, Acquire, Relaxed};

    fn exchange() -> Performed {
        let op = OpKind::CompareExchange;
        let operation = Operation { file: "src/a.rs".into(), line: 3, column: 9, op, name: None };
        Performed { operation, ordering: Some(AcqRel), ordering_failure: Some(Acquire) }
    }

    #[test]
    fn an_operation_that_was_seen_twice_has_each_mutant_once() {
        let relaxed = Performed { ordering_failure: Some(Relaxed), ..exchange() };
        let mutants = Performed::mutants_of([&exchange(), &relaxed]);
        let operators: Vec<String> = mutants.iter().map(|it| it.operator.to_string()).collect();
        let weaken = ["weaken AcqRel to Acquire", "weaken AcqRel to Release"];
        let others = ["weaken-failure Acquire to Relaxed", "split", "drop-store"];
        assert_eq!(operators, [&weaken[..], &others].concat());
    }

    #[cfg(feature = "record")]
    #[test]
    fn an_operation_is_read_as_it_is_written() {
        let text = serde_json::to_string(&exchange()).expect("texts and numbers");
        assert_eq!(serde_json::from_str::<Performed>(&text).expect("as written"), exchange());
        let wrong = text.replace("AcqRel", "Strong");
        let error = serde_json::from_str::<Performed>(&wrong).expect_err("no such ordering");
        assert!(error.to_string().contains("'Strong' is no ordering"), "{error}");
    }
}
