//! Estimates how many operations the threads of a program make, from executions of a random walk.
//!
//! Threads are identified by their role: the n-th thread that a given thread starts. Thread numbers
//! cannot be used, because they depend on which thread started first. The operations of a thread that
//! has not been started yet count for the thread that will start it: among the orders in which both can
//! go on, they come after that thread's next operation.

use std::collections::BTreeMap;

use super::chance::Chance;
use super::chooser::{Access, Accesses, Chooser, Random, Upcoming};
use crate::verdict::ThreadId;

/// Random walks for an estimate.
pub(crate) const SURVEYS: u64 = 16;

/// A thread's role, independent of its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Role(usize);

/// The main thread's role.
const MAIN: Role = Role(0);

/// By role, the roles of the threads that it starts, in order. A role has a higher index than the role that
/// starts it.
#[derive(Clone, Debug)]
struct Family(Vec<Vec<Role>>);

impl Family {
    fn child(&self, parent: Role, at: usize) -> Option<Role> {
        self.0[parent.0].get(at).copied()
    }

    /// The role of the `at`-th thread that this one starts; created if it does not exist.
    fn child_or_new(&mut self, parent: Role, at: usize) -> Role {
        if let Some(child) = self.child(parent, at) {
            return child;
        }
        let child = Role(self.0.len());
        self.0.push(Vec::new());
        self.0[parent.0].push(child);
        child
    }
}

/// What is known about a program's executions.
#[derive(Clone, Debug)]
pub(crate) struct Estimate<O> {
    family: Family,
    /// What each role does.
    work: Vec<Work<O>>,
    /// The largest number of steps of an execution.
    pub(crate) steps_max: u64,
    executions: u64,
}

#[derive(Clone, Debug)]
struct Work<O> {
    /// The number of operations in all executions.
    operations: u64,
    /// The number of operations on each object.
    by_object: BTreeMap<O, Use>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Use {
    operations: u64,
    writes: bool,
}

impl<O> Work<O> {
    fn none() -> Self {
        Work { operations: 0, by_object: BTreeMap::new() }
    }
}

impl<O: Copy + Ord> Estimate<O> {
    /// An empty estimate.
    pub(crate) fn new() -> Self {
        let family = Family(vec![Vec::new()]);
        Estimate { family, work: vec![Work::none()], steps_max: 0, executions: 0 }
    }

    /// Counts an operation.
    fn add(&mut self, role: Role, accesses: &Accesses<impl Access<Object = O>>) {
        let work = &mut self.work[role.0];
        work.operations += 1;
        for access in accesses.iter().flatten() {
            let uses = work.by_object.entry(access.object()).or_default();
            uses.operations += 1;
            uses.writes |= access.writes();
        }
    }

    /// The objects for which the order of operations may matter: more than one thread uses them, and at
    /// least one thread writes.
    pub(super) fn shared_objects(&self) -> Vec<O> {
        let mut users: BTreeMap<O, (u32, bool)> = BTreeMap::new();
        for work in &self.work {
            for (object, uses) in &work.by_object {
                let entry = users.entry(*object).or_default();
                entry.0 += 1;
                entry.1 |= uses.writes;
            }
        }
        let shared = users.into_iter().filter(|(_, (roles, writes))| *roles > 1 && *writes);
        shared.map(|(object, _)| object).collect()
    }

    /// For each role, the number of operations that it and the threads it starts make; only those on one
    /// object, if one is given.
    pub(super) fn weights(&self, object: Option<O>) -> Vec<u64> {
        let own = |work: &Work<O>| match object {
            Some(object) => work.by_object.get(&object).map_or(0, |uses| uses.operations),
            None => work.operations,
        };
        let executions = self.executions.max(1);
        let mut weights: Vec<u64> =
            self.work.iter().map(|work| own(work).div_ceil(executions)).collect();
        for (parent, children) in self.family.0.iter().enumerate().rev() {
            weights[parent] += children.iter().map(|child| weights[child.0]).sum::<u64>();
        }
        weights
    }
}

/// A random walk that counts what the threads do.
pub(crate) struct Surveyor<O> {
    estimate: Estimate<O>,
    roles: Roles,
    steps: u64,
}

impl<O: Copy + Ord> Surveyor<O> {
    pub(crate) fn new() -> Self {
        Surveyor { estimate: Estimate::new(), roles: Roles::new(), steps: 0 }
    }

    /// What it has counted.
    pub(crate) fn estimate(&self) -> &Estimate<O> {
        &self.estimate
    }
}

impl<A: Access> Chooser<A> for Surveyor<A::Object> {
    fn begin(&mut self, _: &mut impl Chance) {
        self.estimate.executions += 1;
        self.roles.begin();
        self.steps = 0;
    }

    fn choose(
        &mut self,
        upcoming: &impl Upcoming<Access = A>,
        chance: &mut impl Chance,
    ) -> ThreadId {
        let thread = Random.choose(upcoming, chance);
        if let Some(role) = self.roles.role(thread) {
            self.estimate.add(role, &upcoming.accesses(thread));
        }
        self.steps += 1;
        self.estimate.steps_max = self.estimate.steps_max.max(self.steps);
        thread
    }

    fn started(&mut self, by: ThreadId, child: ThreadId, _: &mut impl Chance) {
        let estimate = &mut self.estimate;
        self.roles.start(by, child, |parent, at| {
            let role = estimate.family.child_or_new(parent, at);
            if estimate.work.len() <= role.0 {
                estimate.work.push(Work::none());
            }
            Some(role)
        });
    }
}

/// The roles of an execution's threads.
#[derive(Clone, Debug)]
struct Roles {
    /// By thread: its role, if an earlier execution had it, and how many threads it has started.
    threads: Vec<(Option<Role>, usize)>,
}

impl Roles {
    /// The roles when only the main thread exists.
    fn new() -> Self {
        Roles { threads: vec![(Some(MAIN), 0)] }
    }

    fn begin(&mut self) {
        self.threads.clear();
        self.threads.push((Some(MAIN), 0));
    }

    fn role(&self, thread: ThreadId) -> Option<Role> {
        self.threads.get(thread.0 as usize)?.0
    }

    /// Records that a thread has started another one. The child's role is found by its parent's, and by how
    /// many threads that has started before.
    fn start(
        &mut self,
        by: ThreadId,
        child: ThreadId,
        child_of: impl FnOnce(Role, usize) -> Option<Role>,
    ) {
        let (parent, started) = &mut self.threads[by.0 as usize];
        *started += 1;
        let role = parent.and_then(|parent| child_of(parent, *started - 1));
        debug_assert_eq!(self.threads.len(), child.0 as usize, "threads start in order");
        self.threads.push((role, 0));
    }
}

/// How many operations the threads of an execution still have to make, including the threads that they
/// will start.
#[derive(Clone, Debug)]
pub(super) struct Remaining {
    family: Family,
    roles: Roles,
    of_thread: Vec<u64>,
}

impl Remaining {
    pub(super) fn new<O>(estimate: &Estimate<O>) -> Self {
        Remaining { family: estimate.family.clone(), roles: Roles::new(), of_thread: vec![0] }
    }

    /// Begins an execution in which the roles have these weights.
    pub(super) fn begin(&mut self, weights: &[u64]) {
        self.roles.begin();
        self.of_thread.clear();
        self.of_thread.push(weights[MAIN.0]);
    }

    /// The threads that have started.
    pub(super) fn threads(&self) -> impl Iterator<Item = ThreadId> + Clone + use<> {
        (0..self.of_thread.len() as u32).map(ThreadId)
    }

    /// The remaining operations of a thread.
    pub(super) fn of(&self, thread: ThreadId) -> u64 {
        self.of_thread[thread.0 as usize]
    }

    /// Records that a thread has made one of the operations that count.
    pub(super) fn did_one(&mut self, thread: ThreadId) {
        let remaining = &mut self.of_thread[thread.0 as usize];
        *remaining = remaining.saturating_sub(1);
    }

    /// Moves the operations of a started thread from the thread that started it.
    pub(super) fn start(&mut self, by: ThreadId, child: ThreadId, weights: &[u64]) {
        self.roles.start(by, child, |parent, at| self.family.child(parent, at));
        let weight = self.roles.role(child).map_or(0, |role| weights[role.0]);
        let parent = &mut self.of_thread[by.0 as usize];
        *parent = parent.saturating_sub(weight);
        self.of_thread.push(weight);
    }
}
