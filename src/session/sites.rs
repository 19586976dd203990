//! The operations that executions reach, and how many threads and shared objects they have.

use std::{
    collections::{HashMap, HashSet},
    panic::Location,
    sync::{Mutex, MutexGuard, atomic::Ordering},
};

use super::locked::locked;
use super::mutant::{Mutant, Operation};
use super::performed::Performed;
use crate::verdict::{Event, ObjectId, OpKind, ThreadId};

/// The operations of all executions that record them here.
#[derive(Default, Debug)]
pub struct Sites(Mutex<Known>);

#[derive(Default, Debug)]
struct Known {
    seen: HashSet<Seen>,
    /// The number of threads of the largest execution that have performed an operation.
    threads: u32,
    users: HashMap<ObjectId, Users>,
}

#[derive(PartialEq, Eq, Hash, Debug)]
struct Seen {
    location: &'static Location<'static>,
    op: OpKind,
    ordering: Option<Ordering>,
    ordering_failure: Option<Ordering>,
    name: Option<&'static str>,
}

/// The threads that have used an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Users {
    One(ThreadId),
    Several,
}

/// How large the executions of a body are.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Extent {
    /// The number of threads of the largest execution, including the first. Does not see threads that perform no
    /// operation.
    pub threads: u32,
    /// The number of objects that more than one thread uses. Executions that create their objects in different
    /// orders blur this.
    pub objects_shared: u32,
}

impl Sites {
    pub(super) fn note(&self, event: &Event) {
        let Event { location, op, ordering, ordering_failure, .. } = *event;
        let mut known = self.known();
        known.seen.insert(Seen { location, op, ordering, ordering_failure, name: None });
        known.threads = known.threads.max(event.thread.0 + 1);
        if let Some(object) = event.object {
            let users = known.users.entry(object).or_insert(Users::One(event.thread));
            if *users != Users::One(event.thread) {
                *users = Users::Several;
            }
        }
    }

    pub(super) fn note_local(&self, name: &'static str, location: &'static Location<'static>) {
        let (ordering, ordering_failure) = (None, None);
        let op = OpKind::Local;
        let seen = Seen { location, op, ordering, ordering_failure, name: Some(name) };
        self.known().seen.insert(seen);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        locked(&self.0)
    }

    /// How large the executions were.
    pub fn extent(&self) -> Extent {
        let known = self.known();
        let shared = known.users.values().filter(|users| **users == Users::Several);
        Extent { threads: known.threads, objects_shared: shared.count() as u32 }
    }

    /// The operations, sorted by place. One that has had several orderings is there with each.
    pub fn performed(&self) -> Vec<Performed> {
        let performed = |seen: &Seen| Performed {
            operation: Operation::at(seen.op, seen.location, seen.name),
            ordering: seen.ordering,
            ordering_failure: seen.ordering_failure,
        };
        let mut all: Vec<Performed> = self.known().seen.iter().map(performed).collect();
        all.sort_by_cached_key(|it| (it.operation.clone(), it.orderings()));
        // A generic function may have several locations that are the same place.
        all.dedup();
        all
    }

    /// Every operation with every operator that applies to it, each once, sorted by place.
    pub fn mutants(&self) -> Vec<Mutant> {
        Performed::mutants_of(&self.performed())
    }
}
