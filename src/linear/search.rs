//! Searches for an order of the calls of a history that explains their results.
//!
//! The algorithm is that of Wing and Gong (JPDC 1993): a call may be next if no other call that has not been
//! placed yet is known to come before it, and if the specification then gives its result. With the
//! memoisation of Lowe (CCPE 2017), a set of placed calls that has led to the same state is not tried again.

use std::collections::HashSet;
use std::hash::Hash;

use super::history::{Call, Partial};

/// An order that explains all results, from the specification's first state.
///
/// # Errors
/// There is none.
pub(super) fn linearize<O, R: PartialEq, M: Clone + Eq + Hash>(
    calls: &[Call<O, R>],
    state: &M,
    apply: fn(&mut M, &O) -> R,
) -> Result<Vec<usize>, Partial<R>> {
    let (order, seen) = (Vec::with_capacity(calls.len()), HashSet::new());
    let mut search = Search { calls, apply, order, seen, best: None };
    if search.extend(0, state.clone()) {
        return Ok(search.order);
    }
    Err(search.best.expect("the first call that cannot be placed leaves one"))
}

struct Search<'a, O, R, M> {
    calls: &'a [Call<O, R>],
    apply: fn(&mut M, &O) -> R,
    order: Vec<usize>,
    /// The sets of placed calls, with the states that they have led to.
    seen: HashSet<(u64, M)>,
    best: Option<Partial<R>>,
}

impl<O, R: PartialEq, M: Clone + Eq + Hash> Search<'_, O, R, M> {
    /// Tries to place the calls that are not in `placed`.
    fn extend(&mut self, placed: u64, state: M) -> bool {
        if self.order.len() == self.calls.len() {
            return true;
        }
        let key = (placed, state);
        if self.seen.contains(&key) {
            return false;
        }
        let mut instead = Vec::new();
        for (index, call) in self.calls.iter().enumerate() {
            if placed & (1 << index) != 0 || call.earlier & !placed != 0 {
                continue;
            }
            let mut next = key.1.clone();
            let result = (self.apply)(&mut next, &call.operation);
            if result != call.result {
                instead.push((index, result));
                continue;
            }
            self.order.push(index);
            if self.extend(placed | 1 << index, next) {
                return true;
            }
            self.order.pop();
        }
        let longest = self.best.as_ref().map(|it| it.order.len());
        if longest.is_none_or(|longest| longest < self.order.len()) {
            self.best = Some(Partial { order: self.order.clone(), instead });
        }
        self.seen.insert(key);
        false
    }
}
