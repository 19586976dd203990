//! The search: depth first over all graphs, on one core or on several.
//!
//! On several cores, or for several processes, the graphs near the root are made first. The graphs that these
//! grow into are independent searches, the parts, whose counts are added in a fixed order. So the counts of a whole
//! search do not depend on the number of cores or processes. Of a search that ends with its first violation, which one
//! that is depends on the number of parts.

use std::sync::Arc;

use std::collections::{BTreeSet, HashSet};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use rayon::prelude::*;

use super::MemoryModel;
use super::liveness::Liveness;
use crate::graph::EventId;
use crate::graph::revisit::{Grown, grow};
use crate::guest::explorer::on_cores;
use crate::guest::{Bound, Control, GuestCounterexample, Options, Part, Parts, Share, Tally};
use crate::interp::{Place, ThreadId};
use crate::reference::graph::event::Event;
use crate::reference::graph::step::Ability;
use crate::reference::graph::verdict::Conclusion;
use crate::reference::graph::wrong::Wrong;
use crate::reference::graph::{Graph, Guests};
use crate::reference::{Outcome, Subject};

/// The number of parts for each core or process; they differ in size.
const PARTS_PER_JOB: usize = 32;

/// Searches all executions of a program under a memory model.
///
/// Every consistent execution is counted once in the tally. `blocked` counts the graphs in which a thread
/// waits for a value that another graph gives it (in a waiting loop), or for a monitor that it only tried to
/// enter; those that differ from another in the order in which threads wait forever for a monitor; and
/// those in which a thread was left in a loop. It does not see threads that were joined by a
/// made-up number, and livelocks beyond what `explorer::livelock` sees.
pub fn search(
    subject: &Arc<Subject>,
    model: MemoryModel,
    options: &Options,
    control: &Control,
) -> Tally {
    let shared = Shared::new(subject, options, control);
    if options.jobs <= 1 {
        let mut root = Worker::new(&shared, 0);
        let initial = root.initial(model);
        root.explore(vec![initial]);
        return root.tally;
    }
    let (root, parts) = shared.cut(model, options.jobs * PARTS_PER_JOB);
    let explore = |(index, part): (usize, Graph)| {
        let mut worker = Worker::new(&shared, index + 1);
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
        tally.append(part, before);
    }
    tally
}

/// Runs one shard of that search, and returns what has kept it from being cut. The cut is the same for every shard,
/// whatever the number of cores.
pub fn search_share(
    subject: &Arc<Subject>,
    model: MemoryModel,
    options: &Options,
    share: Share,
    control: &Control,
    parts: &dyn Parts,
) -> BTreeSet<Bound> {
    let shared = Shared::new(subject, options, control);
    let wanted = usize::try_from(share.shards).unwrap_or(usize::MAX).saturating_mul(PARTS_PER_JOB);
    let (root, graphs) = shared.cut(model, wanted);
    // Other shards may have cut the search in another place.
    if root.is_cut_short {
        return root.tally.bounds;
    }
    let count = graphs.len() as u64 + 1;
    let part = |worker: Worker<'_>| Part {
        number: worker.part as u64,
        count,
        is_whole: !worker.is_cut_short,
        before: None,
        tally: worker.tally,
        traces: None,
    };
    let is_over = root.has_ended_search();
    if !parts.is_done(0) {
        parts.done(part(root));
    }
    if is_over {
        return BTreeSet::new();
    }
    let mine = (1..).zip(graphs).filter(|&(number, _)| share.has(number as u64));
    let mine: Vec<(usize, Graph)> = mine.collect();
    let explore = |(number, graph): (usize, Graph)| {
        if parts.is_done(number as u64) || shared.control.is_stopped() {
            return;
        }
        let mut worker = Worker::new(&shared, number);
        worker.explore(vec![graph]);
        // After a violation in an earlier part, nobody asks for this one.
        // ORDER: Relaxed. See `is_stopped`.
        let is_beyond = shared.first.load(Ordering::Relaxed) < number;
        if !is_beyond {
            parts.done(part(worker));
        }
    };
    on_cores(options.jobs, || mine.into_par_iter().with_max_len(1).for_each(explore));
    BTreeSet::new()
}

/// The places in the program of two accesses that race.
type Race = [Place; 2];

/// The approximate memory of a graph that it does not share with the graph that it has grown from: its
/// latest event, and copies of the lists that the event is in.
fn own_bytes(graph: &Graph) -> usize {
    const EVENT_BYTES: usize = 1_500;
    EVENT_BYTES + 2 * size_of::<EventId>() * graph.size()
}

/// The cost of growing a graph, in units of the effort: it increases with the size of the graph.
fn effort_of(graph: &Graph) -> u64 {
    1 + graph.size() as u64 / 32
}

/// The thread that makes the next event: the lowest that can. A thread that a shared object does not let go on
/// comes later: others may change the object first. A thread that wakes without a cause comes last, so that the
/// search sees when nothing else is left to happen.
fn next_thread(graph: &Graph) -> Option<ThreadId> {
    let (mut waits, mut spurious) = (None, None);
    for thread in graph.threads() {
        match graph.ability(thread) {
            Ability::Able | Ability::Held => return Some(thread),
            Ability::Waits => waits = waits.or(Some(thread)),
            Ability::Spurious => spurious = spurious.or(Some(thread)),
            Ability::Unable => {}
        }
    }
    waits.or(spurious)
}

/// The state that the independent searches share.
struct Shared<'a> {
    subject: &'a Arc<Subject>,
    options: &'a Options,
    control: &'a Control,
    /// The first part that has found a violation: later parts need not continue.
    first: AtomicUsize,
    /// Executions, and graphs that were blocked or cut off.
    executions: AtomicU64,
    /// The effort spent on growing graphs; see [`effort_of`].
    effort: AtomicU64,
    /// The approximate memory of the graphs that are still to be grown.
    bytes: AtomicUsize,
    liveness: Liveness,
}

impl<'a> Shared<'a> {
    fn new(subject: &'a Arc<Subject>, options: &'a Options, control: &'a Control) -> Self {
        Shared {
            subject,
            options,
            control,
            first: AtomicUsize::new(usize::MAX),
            executions: AtomicU64::new(0),
            effort: AtomicU64::new(0),
            bytes: AtomicUsize::new(0),
            liveness: Liveness::new(options),
        }
    }

    /// Grows the graphs near the root until there are as many parts as wanted, or more; what has been seen on the
    /// way, and the parts, in order.
    fn cut(&'a self, model: MemoryModel, wanted: usize) -> (Worker<'a>, Vec<Graph>) {
        let mut root = Worker::new(self, 0);
        let mut parts = vec![root.initial(model)];
        while !parts.is_empty() && parts.len() < wanted && !root.is_stopped() {
            let grown = parts.into_iter().flat_map(|graph| root.expand(graph));
            parts = grown.map(|it| it.graph).collect();
        }
        // Something in the last generation may have been left out.
        root.is_cut_short |= self.control.is_stopped();
        (root, parts)
    }
}

/// One of the independent searches.
struct Worker<'a> {
    shared: &'a Shared<'a>,
    tally: Tally,
    races: HashSet<Race>,
    /// The index of this part of the search.
    part: usize,
    /// Whether something outside of it has stopped it.
    is_cut_short: bool,
}

impl<'a> Worker<'a> {
    fn new(shared: &'a Shared<'a>, part: usize) -> Self {
        Worker { shared, tally: Tally::default(), races: HashSet::new(), part, is_cut_short: false }
    }

    /// The graph with which every execution begins.
    fn initial(&mut self, model: MemoryModel) -> Graph {
        let mut initial = Graph::initial(self.shared.subject, model);
        initial.notes.leaves_loops = true;
        if let Some(wrong) = initial.wrong_from_the_start() {
            self.report_midway(&initial, wrong);
        }
        initial
    }

    /// Whether its own violation is the last thing that the search looks for.
    fn has_ended_search(&self) -> bool {
        !self.shared.options.keeps_going && !self.tally.violations.is_empty()
    }

    fn explore(&mut self, mut pending: Vec<Graph>) {
        self.keep_open(pending.iter());
        while let Some(graph) = pending.pop() {
            if self.is_stopped() {
                return;
            }
            // ORDER: Relaxed. A sum that is compared with a budget.
            self.shared.bytes.fetch_sub(own_bytes(&graph), Ordering::Relaxed);
            let grown = self.expand(graph);
            self.keep_open(grown.iter().map(|it| &it.graph));
            pending.extend(grown.into_iter().rev().map(|it| it.graph));
        }
    }

    fn keep_open<'g>(&self, pending: impl Iterator<Item = &'g Graph>) {
        let bytes = pending.map(own_bytes).sum();
        // ORDER: Relaxed. A sum that is compared with a budget.
        self.shared.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn is_stopped(&mut self) -> bool {
        // ORDER: Relaxed. A request to stop; the results come back by joining the worker.
        if self.shared.first.load(Ordering::Relaxed) <= self.part {
            return true;
        }
        let is_stopped = self.shared.control.is_stopped() || self.is_spent();
        self.is_cut_short |= is_stopped;
        is_stopped
    }

    /// Whether a budget of the search is used up.
    fn is_spent(&mut self) -> bool {
        let Shared { executions, effort, bytes, .. } = self.shared;
        // ORDER: Relaxed. A sum; seeing it a little later does no harm.
        let bytes = bytes.load(Ordering::Relaxed);
        // ORDER: Relaxed. See above.
        let executions = executions.load(Ordering::Relaxed);
        // ORDER: Relaxed. See above.
        let effort = effort.load(Ordering::Relaxed);
        if bytes > self.shared.options.memory_max {
            self.tally.bounds.insert(Bound::Memory);
        } else if executions >= self.shared.options.executions_max {
            self.tally.bounds.insert(Bound::Executions);
        } else if effort >= self.shared.options.effort_max {
            self.tally.bounds.insert(Bound::Effort);
        } else {
            return false;
        }
        true
    }

    /// The graphs that a graph grows into. Records its outcome if it does not grow.
    fn expand(&mut self, mut graph: Graph) -> Vec<Grown<Guests>> {
        let Some(thread) = next_thread(&graph) else {
            self.conclude(&graph);
            return Vec::new();
        };
        if let Some(violation) = graph.in_vain(self.shared.subject) {
            self.report_midway(&graph, Wrong::new(violation, graph.everything()));
        }
        if graph.operations() >= self.shared.options.steps_max {
            self.tally.bounds.insert(Bound::Steps);
            self.spend();
            return Vec::new();
        }
        // ORDER: Relaxed. A sum.
        self.shared.effort.fetch_add(effort_of(&graph), Ordering::Relaxed);
        let events = graph.next_events(self.shared.subject, thread);
        let mut grown = grow(&**self.shared.subject, graph, events);
        for next in &mut grown {
            self.inspect(&mut next.graph, &next.new);
        }
        grown
    }

    fn inspect(&mut self, graph: &mut Graph, new: &[EventId]) {
        let races = &mut self.races;
        let is_new_race = |one: &Event, other: &Event| {
            races.insert([one.detail.before.place(), other.detail.before.place()])
        };
        for wrong in graph.wrongs(self.shared.subject, new, is_new_race) {
            self.report_midway(graph, wrong);
        }
        if let Some(state) = graph.leave_loops(self.shared.subject, new) {
            self.tally.bounds.insert(Bound::Loop);
            // A thread that waits for a stopped thread waits for nothing else.
            if graph.trapped().next().is_some() || graph.is_out_of_threads() {
                return;
            }
            let Shared { subject, control, liveness, .. } = self.shared;
            match liveness.livelock(subject, control, graph, &state) {
                Ok(Some(counterexample)) => self.keep_midway(counterexample),
                Ok(None) => {}
                Err(bound) => self.tally.bounds.extend(bound),
            }
        }
    }

    /// As [`report`](Self::report), for a graph that can go on.
    fn report_midway(&mut self, graph: &Graph, wrong: Wrong) {
        if self.tally.knows(&wrong.violation) {
            return;
        }
        self.keep_midway(graph.counterexample(self.shared.subject, wrong));
    }

    /// As [`keep`](Self::keep). An execution that ends the search comes to no other end, and is counted here.
    fn keep_midway(&mut self, counterexample: GuestCounterexample) {
        let outcome = Outcome::of_violation(&counterexample.violation);
        let goes_on = !self.has_ended_search();
        self.keep(counterexample);
        if goes_on && self.has_ended_search() {
            self.count(outcome);
        }
    }

    fn report(&mut self, graph: &Graph, wrong: Wrong) {
        if self.tally.knows(&wrong.violation) {
            return;
        }
        self.keep(graph.counterexample(self.shared.subject, wrong));
    }

    fn keep(&mut self, mut counterexample: GuestCounterexample) {
        counterexample.execution = self.tally.executions + 1;
        self.tally.keep(counterexample);
        if !self.shared.options.keeps_going {
            // ORDER: Relaxed. See `is_stopped`.
            self.shared.first.fetch_min(self.part, Ordering::Relaxed);
        }
    }

    fn conclude(&mut self, graph: &Graph) {
        if graph.is_out_of_local_steps() {
            self.tally.bounds.insert(Bound::LocalSteps);
        }
        if graph.is_out_of_threads() {
            self.tally.bounds.insert(Bound::Threads);
        }
        let conclusion = graph.conclude(self.shared.subject);
        if graph.model == MemoryModel::Sc {
            for wrong in graph.sequential_races(self.shared.subject) {
                // Any other conclusion is counted below.
                match conclusion {
                    Conclusion::Blocked => self.report_midway(graph, wrong),
                    _ => self.report(graph, wrong),
                }
            }
        }
        match conclusion {
            Conclusion::Blocked if self.has_ended_search() => {}
            Conclusion::Blocked => {
                self.tally.blocked += 1;
                self.spend();
            }
            Conclusion::Outcome(outcome) => {
                let is_finished = matches!(outcome, Outcome::Finished { .. });
                if let Some(violation) = self.shared.subject.broken_claim(&outcome) {
                    self.report(graph, Wrong::new(violation, graph.everything()));
                }
                if let Some(wrong) = graph.deadlock_beside_trap(self.shared.subject) {
                    self.report(graph, wrong);
                }
                if is_finished
                    && self.shared.options.finds_leaks
                    && let Some(violation) = graph.leak(self.shared.subject)
                {
                    self.report(graph, Wrong::new(violation, graph.everything()));
                }
                self.tally.final_states.insert(graph.final_state(self.shared.subject, &outcome));
                self.count(outcome);
            }
            Conclusion::Stuck(violation) => {
                let outcome = Outcome::of_violation(&violation);
                self.report(graph, Wrong::new(violation, graph.everything()));
                self.count(outcome);
            }
        }
    }

    fn count(&mut self, outcome: Outcome) {
        self.tally.execution(outcome);
        self.shared.control.add_executions(1);
        self.spend();
    }

    /// Counts towards the limit on executions.
    fn spend(&self) {
        // ORDER: Relaxed. A sum.
        self.shared.executions.fetch_add(1, Ordering::Relaxed);
    }
}
