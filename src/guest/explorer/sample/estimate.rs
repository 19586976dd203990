//! Estimates how many operations the threads of a program make, from executions of a random walk.
//!
//! Threads are identified by their role: the n-th thread that a given thread starts. Thread numbers
//! cannot be used, because they depend on which thread started first. The operations of a thread that
//! has not been started yet count for the thread that will start it: among the orders in which both can
//! go on, they come after that thread's next operation.
//! operations that come after its next one.

use std::collections::BTreeMap;

use crate::interp::ThreadId;
use crate::reference::{Access, Object, ThreadSet};

/// A thread's role, independent of its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Role(usize);

/// What is known about a program's executions.
#[derive(Clone, Debug)]
pub(super) struct Estimate {
    /// The first one is the main thread's.
    roles: Vec<RoleEstimate>,
    /// The largest number of steps of an execution.
    pub(super) steps_max: u64,
    executions: u64,
}

#[derive(Clone, Debug, Default)]
struct RoleEstimate {
    /// The roles of the threads that it starts, in order.
    children: Vec<Role>,
    /// The number of its operations in all executions.
    operations: u64,
    /// The number of its operations on each object.
    by_object: BTreeMap<Object, Use>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Use {
    operations: u64,
    writes: bool,
}

impl Estimate {
    /// An empty estimate.
    pub(super) fn new() -> Self {
        Estimate { roles: vec![RoleEstimate::default()], steps_max: 0, executions: 0 }
    }

    /// Begins to count an execution.
    pub(super) fn begin(&mut self) {
        self.executions += 1;
    }

    /// Counts an operation.
    pub(super) fn add(&mut self, role: Option<Role>, accesses: &[Option<Access>; 2]) {
        let Some(Role(role)) = role else { return };
        let role = &mut self.roles[role];
        role.operations += 1;
        for access in accesses.iter().flatten() {
            let uses = role.by_object.entry(access.object).or_default();
            uses.operations += 1;
            uses.writes |= access.writes;
        }
    }

    /// The role of the `at`-th thread that this one starts; created if it does not exist.
    fn child_or_new(&mut self, parent: Role, at: usize) -> Role {
        if let Some(child) = self.child(parent, at) {
            return child;
        }
        let child = Role(self.roles.len());
        self.roles.push(RoleEstimate::default());
        self.roles[parent.0].children.push(child);
        child
    }

    fn child(&self, parent: Role, at: usize) -> Option<Role> {
        self.roles[parent.0].children.get(at).copied()
    }

    /// The objects for which the order of operations may matter: more than one thread uses them, and at
    /// least one thread writes.
    pub(super) fn shared_objects(&self) -> Vec<Object> {
        let mut users: BTreeMap<Object, (u32, bool)> = BTreeMap::new();
        for role in &self.roles {
            for (object, uses) in &role.by_object {
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
    pub(super) fn weights(&self, object: Option<Object>) -> Vec<u64> {
        let own = |role: &RoleEstimate| match object {
            Some(object) => role.by_object.get(&object).map_or(0, |uses| uses.operations),
            None => role.operations,
        };
        let executions = self.executions.max(1);
        let mut weights: Vec<u64> =
            self.roles.iter().map(|role| own(role).div_ceil(executions)).collect();
        // A role has a higher index than the role that starts it.
        for parent in (0..self.roles.len()).rev() {
            let children = &self.roles[parent].children;
            weights[parent] += children.iter().map(|child| weights[child.0]).sum::<u64>();
        }
        weights
    }
}

/// The roles of an execution's threads.
#[derive(Clone, Debug)]
pub(super) struct Roles {
    of_thread: [Option<Role>; ThreadSet::THREADS_MAX],
    started: [u8; ThreadSet::THREADS_MAX],
}

impl Roles {
    /// The roles when only the main thread exists.
    pub(super) fn new() -> Self {
        let mut roles = Roles {
            of_thread: [None; ThreadSet::THREADS_MAX],
            started: [0; ThreadSet::THREADS_MAX],
        };
        roles.of_thread[0] = Some(Role(0));
        roles
    }

    /// The role of a thread; `None` if no earlier execution had it.
    pub(super) fn role(&self, thread: ThreadId) -> Option<Role> {
        self.of_thread[thread.0 as usize]
    }

    /// Records that a thread has started another one.
    pub(super) fn start(&mut self, by: ThreadId, child: ThreadId, estimate: &Estimate) {
        let at = self.next_child(by);
        let role = self.role(by).and_then(|parent| estimate.child(parent, at));
        self.of_thread[child.0 as usize] = role;
    }

    /// As [`start`](Roles::start), but a new role is added to the estimate.
    pub(super) fn start_new(&mut self, by: ThreadId, child: ThreadId, estimate: &mut Estimate) {
        let at = self.next_child(by);
        let role = self.role(by).map(|parent| estimate.child_or_new(parent, at));
        self.of_thread[child.0 as usize] = role;
    }

    fn next_child(&mut self, by: ThreadId) -> usize {
        let started = &mut self.started[by.0 as usize];
        *started += 1;
        usize::from(*started) - 1
    }
}

/// How many operations the threads of an execution still have to make, including the threads that they
/// will start.
#[derive(Clone, Debug)]
pub(super) struct Remaining<'e> {
    estimate: &'e Estimate,
    roles: Roles,
    of_thread: [u64; ThreadSet::THREADS_MAX],
}

impl<'e> Remaining<'e> {
    pub(super) fn new(estimate: &'e Estimate) -> Self {
        Remaining { estimate, roles: Roles::new(), of_thread: [0; ThreadSet::THREADS_MAX] }
    }

    /// Begins an execution in which the roles have these weights.
    pub(super) fn begin(&mut self, weights: &[u64]) {
        self.roles = Roles::new();
        self.of_thread[0] = weights[0];
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
        self.roles.start(by, child, self.estimate);
        let weight = self.roles.role(child).map_or(0, |role| weights[role.0]);
        let parent = &mut self.of_thread[by.0 as usize];
        *parent = parent.saturating_sub(weight);
        self.of_thread[child.0 as usize] = weight;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interp::Cell;

    #[test]
    fn what_a_thread_will_start_counts_for_it_until_it_is_started() {
        let (main, child) = (ThreadId(0), ThreadId(1));
        let object = Object::Cell(Cell(1));
        let writes = [Some(Access { object, writes: true }), None];
        let mut estimate = Estimate::new();
        for _ in 0..2 {
            estimate.begin();
            let mut roles = Roles::new();
            estimate.add(roles.role(main), &[None, None]);
            roles.start_new(main, child, &mut estimate);
            estimate.add(roles.role(main), &writes);
            for _ in 0..3 {
                estimate.add(roles.role(child), &writes);
            }
        }
        assert_eq!(estimate.shared_objects(), [object]);
        assert_eq!(estimate.weights(Some(object)), [4, 3]);
        let weights = estimate.weights(None);
        assert_eq!(weights, [5, 3]);

        let mut remaining = Remaining::new(&estimate);
        remaining.begin(&weights);
        remaining.did_one(main);
        assert_eq!(remaining.of(main), 4);
        remaining.start(main, child, &weights);
        assert_eq!((remaining.of(main), remaining.of(child)), (1, 3));
        // A second child is new: nothing is known about it.
        remaining.start(main, ThreadId(2), &weights);
        assert_eq!((remaining.of(main), remaining.of(ThreadId(2))), (1, 0));
    }
}
