//! One OS thread's part in a search, and how several of them search together.

use std::panic::{Location, resume_unwind};
use std::thread;

use super::super::search::{Explained, Search};
use super::super::{Bound, Fault, Reason, Verdict};
use super::Heddle;
use super::budget::Budget;
use super::execution::run;
use super::replay::{Done, repeat};
use super::supply::{Next, Supply};
use crate::runtime::guide::Guide;
use crate::runtime::sampler::Sampler;
use crate::runtime::{self, End, Known};
use crate::session::Detail;

/// What the latest execution means for the search.
pub(super) enum Step {
    GoesOn,
    /// The search begins again, and sees more.
    BeginsAgain,
    /// The search ends with this verdict.
    Ends(Verdict),
    /// The search stops at the limit of executions.
    IsAtLimit,
    /// The search has been told to stop.
    Stops,
}

impl Step {
    /// Whether it says nothing about the body, so that what another worker says counts for more. Of executions that
    /// are drawn, the first one counts that ends the search.
    fn is_only_a_bound(&self, are_drawn: bool) -> bool {
        match self {
            Step::IsAtLimit | Step::Stops => !are_drawn,
            Step::Ends(verdict) => {
                matches!(verdict, Verdict::Unsupported { reason: Reason::NoThread })
            }
            Step::GoesOn | Step::BeginsAgain => false,
        }
    }
}

/// Ends the search of all workers if this one panics: they would wait for its graphs.
struct EndsWithPanic<'a>(&'a Supply);

impl Drop for EndsWithPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.end(0);
        }
    }
}

/// The number of an execution that lets no other one follow, and what it means.
type Last = (u64, Step);

pub(super) struct Worker<'a> {
    options: &'a Heddle,
    budget: Budget,
    /// The executions of this worker alone.
    search: &'a Search,
    pub(super) runs: runtime::Search,
    /// What draws the executions, unless every one is run.
    sampler: Option<Sampler>,
    /// The first execution, if nothing cut it off and it may be another one the next time.
    first: Option<Done>,
    location: &'static Location<'static>,
}

impl<'a> Worker<'a> {
    /// The first worker of a search, or one that works for another, which knows this.
    pub(super) fn new(
        options: &'a Heddle,
        budget: Budget,
        search: &'a Search,
        known: Option<Known>,
        location: &'static Location<'static>,
    ) -> Self {
        let mut runs = options.runs();
        runs.watch(budget.watch());
        if let Some(known) = known {
            runs.know(known);
            runs.forget_open();
        }
        let sampler = options.strategy.sampler(search, &mut runs, location);
        Worker { options, budget, search, runs, sampler, first: None, location }
    }

    /// Runs all executions, with as many workers as the options want; `None` if nothing has ended the search before.
    pub(super) fn search_all(&mut self) -> Option<Step> {
        let mut number = 1;
        loop {
            let supply = Supply::new(self.options, number, self.sampler.is_some());
            let (last, step) = self.search_together(&supply)?;
            if !matches!(step, Step::BeginsAgain) {
                return Some(step);
            }
            self.search.begin_again();
            // What is seen now may be more than its estimates count.
            self.sampler =
                self.options.strategy.sampler(self.search, &mut self.runs, self.location);
            // What has been drawn is not drawn again.
            number = if self.sampler.is_some() { last + 1 } else { 1 };
        }
    }

    fn search_together(&mut self, supply: &Supply) -> Option<Last> {
        // The first execution shows most of what the search must see, and is compared with its repetition.
        while self.search.executions() == 0 {
            match self.turn(supply) {
                Some((_, Step::GoesOn)) => {}
                last => return last,
            }
        }
        if self.options.jobs < 2 {
            return self.work(supply);
        }
        let (options, budget, location) = (self.options, self.budget, self.location);
        let (last, known) = thread::scope(|scope| {
            supply.set_workers(options.jobs);
            let begin_other = |_| {
                let (search, known) = (self.search.another(), self.runs.known());
                let work = move || {
                    let _guard = EndsWithPanic(supply);
                    let mut worker = Worker::new(options, budget, &search, Some(known), location);
                    let last = worker.work(supply);
                    worker.runs.left_out().for_each(|bound| search.weaken(bound));
                    let known = worker.runs.known();
                    (search, last, known)
                };
                // If the system has no room for one more, the others do its work.
                thread::Builder::new().spawn_scoped(scope, work).ok()
            };
            let others: Vec<_> = (1..options.jobs).filter_map(begin_other).collect();
            supply.set_workers(others.len() + 1);
            let mut all = vec![(self.work(supply), self.runs.known())];
            for other in others {
                let (search, last, known) = other.join().unwrap_or_else(|it| resume_unwind(it));
                self.search.add(&search);
                all.push((last, known));
            }
            let lasts = all.into_iter().filter_map(|(last, known)| Some((last?, known)));
            let are_drawn = self.sampler.is_some();
            lasts.min_by_key(|((number, step), _)| (step.is_only_a_bound(are_drawn), *number))
        })?;
        if matches!(last.1, Step::BeginsAgain) {
            // With what was known then, and not with what executions after it have shown.
            self.runs = options.runs();
            self.runs.watch(budget.watch());
            self.runs.know(known);
        }
        Some(last)
    }

    /// Runs executions for as long as there are some; the last one that lets no other follow, if there is one.
    fn work(&mut self, supply: &Supply) -> Option<Last> {
        let _guard = EndsWithPanic(supply);
        loop {
            match self.turn(supply) {
                Some((_, Step::GoesOn)) => {}
                last => return last,
            }
        }
    }

    /// Runs the next execution; `None` if there is none.
    fn turn(&mut self, supply: &Supply) -> Option<Last> {
        let number = match supply.next(&mut self.runs) {
            Next::Execution(number) => number,
            Next::None => return None,
            Next::Limit(number) => {
                self.search.weaken(Bound::Executions);
                return Some((number, Step::IsAtLimit));
            }
        };
        if supply.is_time_to_look(number)
            && let Some(step) = self.look_at_few_preemptions(supply, number)
        {
            supply.end(number);
            return Some((number, step));
        }
        let before = self.search.executions();
        let guide = self.sampler.as_ref().map(|it| it.guide(number - 1));
        let step = self.run(number, guide);
        if self.search.executions() == before {
            supply.give_back();
        }
        if !matches!(step, Step::GoesOn) {
            supply.end(number);
        }
        Some((number, step))
    }

    /// What ends the search, if an execution with few preemptions does. Such executions are run again when their turn comes, and
    /// do not count unless one ends the search. `number` is that of the execution that comes next.
    fn look_at_few_preemptions(&self, supply: &Supply, number: u64) -> Option<Step> {
        let mut few = self.options.with_few_preemptions().take_while(|_| !supply.is_over(number));
        few.find_map(|options| {
            let search = self.search.another();
            let mut worker = Worker::new(&options, self.budget, &search, None, self.location);
            worker.runs.know(self.runs.known());
            let Some(Step::Ends(mut verdict)) = worker.search_all() else { return None };
            self.search.add_executions(&search);
            if let Verdict::Violated(shown) = &mut verdict {
                shown.execution += number - 1;
            }
            Some(Step::Ends(verdict))
        })
    }

    fn run(&mut self, number: u64, guide: Option<Box<dyn Guide>>) -> Step {
        let search = self.search;
        // What fails is repeated, and shown by its repetition, unless the body may do something else then.
        let detail = match number {
            _ if search.probe().trusts() => Detail::Events,
            1 => Detail::Shape,
            _ => Detail::Counts,
        };
        let session = search.begin_as(number, detail);
        let end = run(&mut self.runs, &session, &search.body, guide, self.location);
        let stop = session.stopped().or_else(|| session.wish_to_stop());
        match end {
            Err(_) if number == 1 => {
                return Step::Ends(Verdict::Unsupported { reason: Reason::NoThread });
            }
            // There was room before: executions may leave something behind.
            Err(_) => {
                search.take_back();
                search.weaken(Bound::Memory);
                return Step::Stops;
            }
            // A body that is told to end does not do what the graph says. The bound follows below.
            Ok(Some(End::NotRepeatable)) if stop.is_some() => {}
            Ok(Some(End::NotRepeatable)) => {
                return Step::Ends(Verdict::Unsupported { reason: Reason::NotRepeatable });
            }
            Ok(Some(End::SeesTooLittle)) => {
                search.take_back();
                return Step::BeginsAgain;
            }
            Ok(Some(End::Blocked)) => search.take_back(),
            Ok(Some(End::Waits)) => {
                search.take_back();
                search.weaken(Bound::Rounds);
            }
            Ok(Some(End::Spent(bound))) => {
                search.weaken(bound);
                return Step::Stops;
            }
            Ok(Some(End::TooLong)) => {
                search.weaken(Bound::Steps);
                if self.options.ends_when_too_long {
                    return Step::Stops;
                }
            }
            Ok(Some(End::Unwinding)) => search.weaken(Bound::Unwinding),
            Ok(_) => {}
        }
        match (search.objection(|_| Explained::Fault(Fault::Panic)), stop) {
            (Some(verdict), _) => Step::Ends(self.shown(verdict)),
            (None, Some(bound)) => {
                search.weaken(bound);
                Step::Stops
            }
            (None, None) => {
                if detail == Detail::Shape {
                    let is_whole = end.is_ok_and(|it| it == Some(End::Complete));
                    let done = || Done { graph: self.runs.latest(), shape: session.take_shape() };
                    self.first = (is_whole && session.bound().is_none()).then(done);
                }
                Step::GoesOn
            }
        }
    }

    /// Runs the first execution again, if it must be the same again.
    ///
    /// # Errors
    /// Why the body cannot be searched, if it is another one.
    pub(super) fn repeat_first(&mut self) -> Result<(), Reason> {
        let first = self.first.take();
        first.map_or(Ok(()), |it| repeat(it, self.search, &mut self.runs, self.location))
    }

    /// A verdict about the latest execution, with its counterexample made simpler.
    fn shown(&self, verdict: Verdict) -> Verdict {
        let Verdict::Violated(found) = verdict else { return verdict };
        let probe = self.search.probe();
        match self.options.simplified(self.search, &found, self.runs.path(), self.location) {
            Some(shown) => Verdict::Violated(shown),
            None if probe.trusts() => Verdict::Violated(found),
            None => Verdict::Unsupported { reason: Reason::NotRepeatable },
        }
    }
}
