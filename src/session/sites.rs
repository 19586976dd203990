//! The operations that an execution reaches, from which the list of mutants is made.

use std::{
    collections::HashSet,
    panic::Location,
    sync::{Mutex, PoisonError, atomic::Ordering},
};

use super::mutant::{Mutant, Operation, Operator};
use crate::verdict::{Event, OpKind};

/// The operations of all executions that record them here.
#[derive(Default, Debug)]
pub struct Sites(Mutex<HashSet<Seen>>);

#[derive(PartialEq, Eq, Hash, Debug)]
struct Seen {
    location: &'static Location<'static>,
    op: OpKind,
    ordering: Option<Ordering>,
    ordering_failure: Option<Ordering>,
    name: Option<&'static str>,
}

impl Sites {
    pub(super) fn note(&self, event: &Event) {
        let Event { location, op, ordering, ordering_failure, .. } = *event;
        self.insert(Seen { location, op, ordering, ordering_failure, name: None });
    }

    pub(super) fn note_local(&self, name: &'static str, location: &'static Location<'static>) {
        let (ordering, ordering_failure) = (None, None);
        let op = OpKind::Local;
        self.insert(Seen { location, op, ordering, ordering_failure, name: Some(name) });
    }

    fn insert(&self, seen: Seen) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(seen);
    }

    /// Every operation with every operator that applies to it, each once, sorted by place.
    pub fn mutants(&self) -> Vec<Mutant> {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut mutants: Vec<Mutant> = seen
            .iter()
            .flat_map(|seen| {
                let operation = Operation::at(seen.op, seen.location, seen.name);
                let operators = Operator::that_apply(seen.op, seen.ordering, seen.ordering_failure);
                operators
                    .into_iter()
                    .map(move |operator| Mutant { operation: operation.clone(), operator })
            })
            .collect();
        mutants.sort_by(|a, b| a.rank().cmp(&b.rank()));
        // An operation that was seen with several orderings still has each other operator only once.
        mutants.dedup();
        mutants
    }
}
