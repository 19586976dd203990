//! Scenarios: which thread carries out which operations; given, or drawn at random.

use std::fmt::{self, Debug, Display};

use super::error::{Error, OPERATIONS_MAX, SETS_MAX};
use crate::session::Chance;

/// The operations of each thread, in their order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scenario<O> {
    pub(super) before: Vec<O>,
    pub(super) threads: Vec<Vec<O>>,
    pub(super) after: Vec<O>,
    pub(super) has_signals: bool,
}

impl<O> Scenario<O> {
    /// One list of operations for each thread. The threads run at the same time.
    pub fn new<T: IntoIterator<Item = O>>(threads: impl IntoIterator<Item = T>) -> Self {
        let threads = threads.into_iter().map(|it| it.into_iter().collect()).collect();
        Scenario { before: Vec::new(), threads, after: Vec::new(), has_signals: true }
    }

    /// Operations that the main thread carries out before it starts the others.
    #[must_use]
    pub fn before(self, operations: impl IntoIterator<Item = O>) -> Self {
        Scenario { before: operations.into_iter().collect(), ..self }
    }

    /// Operations that the main thread carries out when the others have ended.
    #[must_use]
    pub fn after(self, operations: impl IntoIterator<Item = O>) -> Self {
        Scenario { after: operations.into_iter().collect(), ..self }
    }

    /// The same without signals (see [the module](super)). There are fewer executions to search, and fewer
    /// operations that are known to come one after the other.
    #[must_use]
    pub fn without_signals(self) -> Self {
        Scenario { has_signals: false, ..self }
    }

    /// Checks that there is something to run, and that its histories can be searched.
    pub(super) fn validate(&self, scenario: usize) -> Result<(), Error> {
        if self.threads.is_empty() {
            return Err(Error::NoThreads { scenario });
        }
        if let Some(thread) = self.threads.iter().position(Vec::is_empty) {
            return Err(Error::IdleThread { scenario, thread: thread + 1 });
        }
        let during: usize = self.threads.iter().map(Vec::len).sum();
        let operations = self.before.len() + during + self.after.len();
        if operations > OPERATIONS_MAX {
            return Err(Error::TooManyOperations { scenario, operations });
        }
        let sets = self.threads.iter().fold(1, |sets: usize, it| sets.saturating_mul(it.len() + 1));
        if sets > SETS_MAX {
            return Err(Error::TooManySets { scenario, sets });
        }
        Ok(())
    }
}

/// A line for each thread that has operations.
impl<O: Debug> Display for Scenario<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |thread: usize| format!("thread {thread}");
        let threads = self.threads.iter().zip(1..).map(|(it, number)| (name(number), it));
        let before = ("before".to_owned(), &self.before);
        let lines: Vec<(String, &Vec<O>)> = [before]
            .into_iter()
            .chain(threads)
            .chain([("after".to_owned(), &self.after)])
            .collect();
        let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, operations) in lines.iter().filter(|(_, operations)| !operations.is_empty()) {
            let operations: Vec<String> = operations.iter().map(|it| format!("{it:?}")).collect();
            writeln!(f, "  {name:width$}  {}", operations.join(", "))?;
        }
        Ok(())
    }
}

/// Scenarios that are drawn at random. The same seed gives the same scenarios, in every version of drawloom
/// in which [`Chance`] is the same.
///
/// ```
/// use drawloom::linear::Scenarios;
///
/// #[derive(Clone, Debug, PartialEq)]
/// enum Op { Push(u32), Pop }
///
/// let scenarios = Scenarios::drawn(7, |chance| match chance.below(2) {
///     0 => Op::Push(chance.below(100) as u32),
///     _ => Op::Pop,
/// });
/// let scenarios = scenarios.threads(2).operations(3).count(20);
/// assert_eq!(scenarios.into_iter().count(), 20);
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Scenarios<G> {
    seed: u64,
    generator: G,
    threads: usize,
    operations: usize,
    before: usize,
    after: usize,
    count: usize,
    has_signals: bool,
}

impl<G> Scenarios<G> {
    /// Ten scenarios with two threads of two operations each, and none before or after. `generator` draws an
    /// operation.
    pub fn drawn<O>(seed: u64, generator: G) -> Self
    where
        G: FnMut(&mut Chance) -> O,
    {
        Scenarios {
            seed,
            generator,
            threads: 2,
            operations: 2,
            before: 0,
            after: 0,
            count: 10,
            has_signals: true,
        }
    }

    /// The number of threads in each scenario.
    pub fn threads(self, threads: usize) -> Self {
        Scenarios { threads, ..self }
    }

    /// The number of operations of each thread.
    pub fn operations(self, operations: usize) -> Self {
        Scenarios { operations, ..self }
    }

    /// The number of operations before the threads start.
    pub fn before(self, operations: usize) -> Self {
        Scenarios { before: operations, ..self }
    }

    /// The number of operations after the threads have ended.
    pub fn after(self, operations: usize) -> Self {
        Scenarios { after: operations, ..self }
    }

    /// The number of scenarios. Fewer scenarios are the first ones of more.
    pub fn count(self, count: usize) -> Self {
        Scenarios { count, ..self }
    }

    /// As [`Scenario::without_signals`].
    pub fn without_signals(self) -> Self {
        Scenarios { has_signals: false, ..self }
    }
}

impl<O, G: FnMut(&mut Chance) -> O> IntoIterator for Scenarios<G> {
    type Item = Scenario<O>;
    type IntoIter = std::vec::IntoIter<Scenario<O>>;

    /// Draws them: for each scenario the operations before, those of each thread, and those after.
    fn into_iter(mut self) -> Self::IntoIter {
        let mut chance = Chance::new(self.seed);
        let mut draw = |operations: usize| -> Vec<O> {
            (0..operations).map(|_| (self.generator)(&mut chance)).collect()
        };
        let scenario = |_| Scenario {
            before: draw(self.before),
            threads: (0..self.threads).map(|_| draw(self.operations)).collect(),
            after: draw(self.after),
            has_signals: self.has_signals,
        };
        (0..self.count).map(scenario).collect::<Vec<_>>().into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_as_text_has_a_line_for_each_thread() {
        let scenario = Scenario::new([vec![1, 2], vec![3]]).after([4]);
        assert_eq!(scenario.to_string(), "  thread 1  1, 2\n  thread 2  3\n  after     4\n");
    }

    #[test]
    fn the_same_seed_gives_the_same_scenarios_and_fewer_are_the_first_of_more() {
        let drawn = |seed, count| {
            let scenarios = Scenarios::drawn(seed, |chance| chance.below(10));
            scenarios.threads(3).operations(2).before(1).after(1).count(count).into_iter()
        };
        assert!(drawn(1, 20).eq(drawn(1, 20)));
        assert!(drawn(1, 5).eq(drawn(1, 20).take(5)));
        assert!(!drawn(1, 20).eq(drawn(2, 20)));
        let first = drawn(1, 1).next().expect("there is one");
        let lengths: Vec<usize> = first.threads.iter().map(Vec::len).collect();
        assert_eq!((first.before.len(), lengths, first.after.len()), (1, vec![2, 2, 2], 1));
    }
}
