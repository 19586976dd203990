//! The search: depth first over all graphs, on one core or on several.
//!
//! On several cores the graphs near the root are made first; what they grow into are independent
//! searches, whose counts are added in a fixed order. So the findings do not depend on the number
//! of cores, unless something stops the search.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::event::{Event, EventId};
use super::execution::Graph;
use super::step::Ability;
use super::verdict::{Conclusion, Wrong};
use super::{MemoryModel, revisit};
use crate::engine::guest::explorer::on_cores;
use crate::engine::guest::{Bound, Control, Options, Tally};
use crate::interp::{Place, ThreadId};
use crate::reference::{Outcome, Subject};

/// So many independent searches for each core, as they are not equally large.
const PARTS_PER_JOB: usize = 32;

/// Searches all executions of a program under a memory model.
///
/// Every consistent execution is counted once in the tally. `blocked` are the graphs in which a
/// thread waits for a value that another graph gives it: a loop that waits, a monitor that somebody
/// had. It does not see livelocks, and threads joined by a number that they made up.
pub fn search(
    subject: &Subject,
    model: MemoryModel,
    options: &Options,
    control: &Control,
) -> Tally {
    let first = AtomicUsize::new(usize::MAX);
    let mut root = Worker::new(subject, options, control, 0, &first);
    let mut parts = vec![Graph::initial(subject, model)];
    if let Some(wrong) = parts[0].wrong_from_the_start() {
        root.report(&parts[0], wrong);
    }
    if options.jobs <= 1 {
        root.explore(parts);
        return root.tally;
    }
    let wanted = options.jobs * PARTS_PER_JOB;
    while !parts.is_empty() && parts.len() < wanted && !root.is_stopped() {
        parts = parts.into_iter().flat_map(|graph| root.expand(graph)).collect();
    }
    let explore = |(index, part): (usize, Graph)| {
        let mut worker = Worker::new(subject, options, control, index + 1, &first);
        worker.explore(vec![part]);
        worker.tally
    };
    let tallies: Vec<Tally> =
        on_cores(options.jobs, || parts.into_par_iter().enumerate().map(explore).collect());
    let mut tally = root.tally;
    for part in tallies {
        let is_over = !options.keeps_going && !tally.violations.is_empty();
        if is_over {
            break;
        }
        let before = tally.executions;
        let mut part = part;
        for violation in &mut part.violations {
            violation.execution += before;
        }
        tally.merge(part);
    }
    tally
}

/// Where two accesses that race stand in the program.
type Race = [Place; 2];

/// One of the independent searches.
struct Worker<'a> {
    subject: &'a Subject,
    options: &'a Options,
    control: &'a Control,
    tally: Tally,
    races: HashSet<Race>,
    /// Which part of the search it is.
    part: usize,
    /// The first part that has found a violation: those after it need not go on.
    first: &'a AtomicUsize,
}

impl<'a> Worker<'a> {
    fn new(
        subject: &'a Subject,
        options: &'a Options,
        control: &'a Control,
        part: usize,
        first: &'a AtomicUsize,
    ) -> Self {
        let (tally, races) = (Tally::default(), HashSet::new());
        Worker { subject, options, control, tally, races, part, first }
    }

    fn explore(&mut self, mut pending: Vec<Graph>) {
        while let Some(graph) = pending.pop() {
            if self.is_stopped() {
                return;
            }
            let grown = self.expand(graph);
            pending.extend(grown.into_iter().rev());
        }
    }

    fn is_stopped(&self) -> bool {
        // ORDER: Relaxed. A wish to stop; what was found comes back by joining the worker.
        let is_over = self.first.load(Ordering::Relaxed) <= self.part;
        is_over || self.control.is_stopped() || self.tally.bounds.contains(&Bound::Executions)
    }

    /// The graphs that a graph grows into; what it comes to if it does not grow.
    fn expand(&mut self, graph: Graph) -> Vec<Graph> {
        let Some(thread) = self.next_thread(&graph) else {
            self.conclude(&graph);
            return Vec::new();
        };
        if graph.size() >= self.options.steps_max {
            self.tally.bounds.insert(Bound::Steps);
            return Vec::new();
        }
        let grown = revisit::grow(self.subject, graph, thread);
        for next in &grown {
            self.inspect(&next.graph, &next.new);
        }
        grown.into_iter().map(|next| next.graph).collect()
    }

    /// The thread that makes the next event: the lowest that can; one that wants a monitor that is
    /// held only if nobody else can do anything.
    fn next_thread(&self, graph: &Graph) -> Option<ThreadId> {
        let mut held = None;
        for thread in graph.threads() {
            match graph.ability(self.subject, thread) {
                Ability::Able => return Some(thread),
                Ability::Held if held.is_none() => held = Some(thread),
                Ability::Held | Ability::Unable => {}
            }
        }
        held
    }

    fn inspect(&mut self, graph: &Graph, new: &[EventId]) {
        let races = &mut self.races;
        let is_new_race =
            |one: &Event, other: &Event| races.insert([one.before.place(), other.before.place()]);
        for wrong in graph.wrongs(self.subject, new, is_new_race) {
            self.report(graph, wrong);
        }
    }

    fn report(&mut self, graph: &Graph, wrong: Wrong) {
        if self.tally.knows(&wrong.violation) {
            return;
        }
        let mut counterexample = graph.counterexample(self.subject, wrong);
        counterexample.execution = self.tally.executions + 1;
        self.tally.keep(counterexample);
        if !self.options.keeps_going {
            // ORDER: Relaxed. See `is_stopped`.
            self.first.fetch_min(self.part, Ordering::Relaxed);
        }
    }

    fn conclude(&mut self, graph: &Graph) {
        if graph.trapped().any(|(_, is_cut_off)| is_cut_off) {
            self.tally.bounds.insert(Bound::LocalSteps);
        }
        if graph.is_out_of_threads() {
            self.tally.bounds.insert(Bound::Threads);
        }
        if graph.model == MemoryModel::Sc {
            for wrong in graph.sequential_races(self.subject) {
                self.report(graph, wrong);
            }
        }
        match graph.conclude(self.subject) {
            Conclusion::Blocked => self.tally.blocked += 1,
            Conclusion::Outcome(outcome) => {
                let is_finished = matches!(outcome, Outcome::Finished { .. });
                if is_finished
                    && self.options.finds_leaks
                    && let Some(violation) = graph.leak()
                {
                    self.report(graph, Wrong { violation, prefix: graph.everything() });
                }
                self.tally.final_states.insert(graph.final_state(self.subject, &outcome));
                self.count(outcome);
            }
            Conclusion::Stuck(violation) => {
                let outcome = Outcome::of_violation(&violation);
                self.report(graph, Wrong { violation, prefix: graph.everything() });
                self.count(outcome);
            }
        }
    }

    fn count(&mut self, outcome: Outcome) {
        self.tally.execution(outcome);
        self.control.add_executions(1);
        if self.control.progress().0 >= self.options.executions_max {
            self.tally.bounds.insert(Bound::Executions);
        }
    }
}
