//! Histories: the operations of one execution with their results, and which are known to come before which.

use std::fmt::{self, Debug, Display};

/// Where an operation stands in its scenario. Numbers count from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// In the main thread, before the other threads.
    Before {
        /// Its number.
        operation: usize,
    },
    /// In a thread.
    Thread {
        /// The thread's number.
        thread: usize,
        /// Its number in the thread.
        operation: usize,
    },
    /// In the main thread, after the other threads.
    After {
        /// Its number.
        operation: usize,
    },
}

impl Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Before { operation } => write!(f, "before.{operation}"),
            Place::Thread { thread, operation } => write!(f, "{thread}.{operation}"),
            Place::After { operation } => write!(f, "after.{operation}"),
        }
    }
}

/// An operation that has returned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Call<O, R> {
    /// Where it stands in the scenario.
    pub place: Place,
    /// The operation.
    pub operation: O,
    /// What it returned.
    pub result: R,
    /// The calls that are known to come before it, one bit each; transitively closed.
    pub(super) earlier: u64,
}

impl<O: Debug, R: Debug> Display for Call<O, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} = {:?}", self.place, self.operation, self.result)
    }
}

/// The longest order that explains a part of a history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Partial<R> {
    /// The calls in that order.
    pub(super) order: Vec<usize>,
    /// What each call that could be next would have to return.
    pub(super) instead: Vec<(usize, R)>,
}

/// A history that the specification does not have.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct History<O, R> {
    calls: Vec<Call<O, R>>,
    partial: Partial<R>,
}

impl<O, R> History<O, R> {
    pub(super) fn new(calls: Vec<Call<O, R>>, partial: Partial<R>) -> Self {
        History { calls, partial }
    }

    /// The operations: those before, those of each thread, and those after.
    pub fn calls(&self) -> &[Call<O, R>] {
        &self.calls
    }

    /// Whether one call is known to come before another one; both as indices of [`calls`](Self::calls).
    pub fn is_before(&self, earlier: usize, later: usize) -> bool {
        self.calls[later].earlier & (1 << earlier) != 0
    }

    /// The longest order of operations that respects what comes before what, and explains the results of the
    /// operations in it; as indices of [`calls`](Self::calls).
    pub fn longest_order(&self) -> &[usize] {
        &self.partial.order
    }

    /// What each operation that could be next in [`longest_order`](Self::longest_order) would have to return
    /// there.
    pub fn instead(&self) -> &[(usize, R)] {
        &self.partial.instead
    }
}

impl<O: Debug, R: Debug> History<O, R> {
    /// The columns of the threads. A call stands below those that are known to come before it.
    fn columns(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let in_thread = |call: &Call<O, R>| match call.place {
            Place::Thread { thread, .. } => Some(thread - 1),
            _ => None,
        };
        let threads = self.calls.iter().filter_map(in_thread).max().map_or(0, |last| last + 1);
        let titles = (1..=threads).map(|thread| format!("thread {thread}")).collect();
        let mut rows: Vec<Vec<String>> = vec![titles];
        let mut row_of = vec![0; self.calls.len()];
        // The first call without a row whose predecessors have one.
        let mut open: Vec<usize> =
            (0..self.calls.len()).filter(|&it| in_thread(&self.calls[it]).is_some()).collect();
        while !open.is_empty() {
            let is_free = |call: usize| open.iter().all(|&it| !self.is_before(it, call));
            let next =
                open.iter().position(|&it| is_free(it)).expect("a partial order has a first");
            let index = open.remove(next);
            let column = in_thread(&self.calls[index]).expect("it is in a thread");
            let before = (0..self.calls.len()).filter(|&it| self.is_before(it, index));
            let row = before.map(|it| row_of[it] + 1).max().unwrap_or(1).max(1);
            row_of[index] = row;
            if rows.len() <= row {
                rows.resize_with(row + 1, || vec![String::new(); threads]);
            }
            rows[row][column] = format!("{}{}", self.calls[index], self.known_before(index));
        }
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
        let widths: Vec<usize> = (0..threads).map(|it| width(it).unwrap_or(0)).collect();
        for row in &rows {
            let cells = row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
            writeln!(f, "  {}", cells.collect::<Vec<_>>().join("   ").trim_end())?;
        }
        Ok(())
    }

    /// The latest call of each other thread that is known to come before a call, as far as the previous call
    /// in its own thread does not say so already.
    fn known_before(&self, call: usize) -> String {
        let Place::Thread { thread: own, operation } = self.calls[call].place else {
            return String::new();
        };
        let previous = if operation > 1 { self.calls[call - 1].earlier } else { 0 };
        let is_news = |&other: &usize| {
            let Place::Thread { thread, .. } = self.calls[other].place else { return false };
            let next = self.calls.get(other + 1).map(|it| it.place);
            let is_followed = self.is_before(other + 1, call)
                && matches!(next, Some(Place::Thread { thread: its, .. }) if its == thread);
            thread != own
                && self.is_before(other, call)
                && !is_followed
                && previous & (1 << other) == 0
        };
        let news = (0..self.calls.len() - 1).filter(is_news);
        let names: Vec<String> = news.map(|it| self.calls[it].place.to_string()).collect();
        if names.is_empty() { String::new() } else { format!(", after {}", names.join(" and ")) }
    }

    fn part(
        &self,
        f: &mut fmt::Formatter<'_>,
        title: &str,
        is_in: impl Fn(Place) -> bool,
    ) -> fmt::Result {
        let calls: Vec<_> = self.calls.iter().filter(|it| is_in(it.place)).collect();
        if !calls.is_empty() {
            writeln!(f, "  {title}")?;
        }
        calls.into_iter().try_for_each(|call| writeln!(f, "  {call}"))
    }
}

impl<O: Debug, R: Debug> Display for History<O, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "not linearizable: no order of these operations explains their results\n")?;
        self.part(f, "before", |place| matches!(place, Place::Before { .. }))?;
        self.columns(f)?;
        self.part(f, "after", |place| matches!(place, Place::After { .. }))?;
        if self.longest_order().is_empty() {
            writeln!(f, "\nno operation can be first:")?;
        } else {
            writeln!(f, "\nthe longest order that explains the results of its operations:")?;
            for &index in self.longest_order() {
                writeln!(f, "  {}", self.calls[index])?;
            }
            writeln!(f, "after which no operation can be next:")?;
        }
        for (index, result) in self.instead() {
            writeln!(f, "  {}, but the specification returns {result:?} here", self.calls[*index])?;
        }
        Ok(())
    }
}
