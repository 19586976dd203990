//! Many executions, on many cores, with one result.
//!
//! Executions are numbered from 1 and divided into blocks; a round is a number of blocks that the cores
//! share. After a round its blocks are counted in order, up to the first that stopped the search; what
//! other cores did beyond it is discarded. What is known before a round (the traces so far, and their
//! results) does not change within it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::Fuzz;
use super::chance::Numbers;
use super::execution::{Found, Walk};
use super::walk::Walker;
use super::weak::Grower;
use crate::guest::explorer::on_cores;
use crate::guest::{Bound, Control, Fact, MemoryModel, Strategy, Tally};
use crate::reference::{Access, Object, Outcome, Subject};
use crate::sample::{Chooser, Estimate, Pct, Pos, Random, SURVEYS, Surveyor, Surw, Urw};

/// Executions in a block.
const BLOCK: u64 = 256;
/// The number of blocks in the longest round. The first round has two, and each round has twice as many
/// as the one before.
const BLOCKS_MAX: u64 = 64;
/// In each block, this many executions that were cut off by their length are checked for livelocks.
const LOOKS_PER_BLOCK: u32 = 4;

/// Draws executions until something stops it.
pub(super) fn search(
    fuzz: &Fuzz,
    subject: &Arc<Subject>,
    model: MemoryModel,
    control: &Control,
) -> Tally {
    let estimate =
        if fuzz.strategy.needs_estimate() { survey(fuzz, subject) } else { Estimate::new() };
    let mut search = Search {
        fuzz,
        subject,
        control,
        estimate,
        known: HashMap::new(),
        outcomes: Vec::new(),
        outcome_at: HashMap::new(),
        states: HashSet::new(),
        is_complete: true,
        tally: Tally::default(),
    };
    on_cores(fuzz.options.jobs, || match model {
        MemoryModel::Sc => search.run(|| Walker::new(subject, &fuzz.options)),
        MemoryModel::Rc11 | MemoryModel::C20 => {
            search.run(|| Grower::new(subject, model, &fuzz.options));
        }
    });
    search.close()
}

/// Estimates what a program's executions are like.
pub(super) fn survey(fuzz: &Fuzz, subject: &Arc<Subject>) -> Estimate<Object> {
    let mut surveyor = Surveyor::new();
    let mut walker = Walker::new(subject, &fuzz.options);
    for number in 0..SURVEYS {
        // Executions are numbered from 1 upwards; the surveys use the random numbers of the highest numbers.
        let mut chance = Numbers::of_execution(fuzz.options.seed, u64::MAX - number);
        walker.survey(&mut surveyor, &mut chance);
    }
    surveyor.estimate().clone()
}

struct Search<'a> {
    fuzz: &'a Fuzz,
    subject: &'a Arc<Subject>,
    control: &'a Control,
    estimate: Estimate<Object>,
    /// The result of each trace: an index in `outcomes`.
    known: HashMap<u64, u32>,
    outcomes: Vec<u64>,
    /// The index of each outcome in `outcomes`, which counts how often it occurred.
    outcome_at: HashMap<Outcome, u32>,
    states: HashSet<u128>,
    /// Whether all traces and states so far are known.
    is_complete: bool,
    tally: Tally,
}

/// The results of a block.
#[derive(Default)]
struct Part {
    executions: u64,
    blocked: u64,
    /// How often each trace occurred.
    traces: HashMap<u64, u64>,
    /// The results of the traces that were not known before.
    ends: HashMap<u64, (Outcome, u128)>,
    /// Violations, each with the number of its execution.
    found: Vec<(u64, Found)>,
    /// The outcome of an execution that was not continued.
    stopped: Option<Outcome>,
    bounds: BTreeSet<Bound>,
    states: HashSet<u128>,
}

impl Search<'_> {
    fn run<W: Walk>(&mut self, worker: impl Fn() -> W + Sync) {
        let end = self.fuzz.options.executions_max.saturating_add(1);
        let (mut first, mut blocks) = (1, 2);
        while first < end && !self.control.is_stopped() {
            let starts = (0..blocks).map(|block| first + block * BLOCK).filter(|&it| it < end);
            let ranges: Vec<Range<u64>> =
                starts.map(|start| start..end.min(start + BLOCK)).collect();
            first = ranges.last().expect("there is a first").end;
            if self.round(ranges, &worker) {
                return;
            }
            blocks = (blocks * 2).min(BLOCKS_MAX);
        }
        if first >= end {
            self.tally.bounds.insert(Bound::Executions);
        }
    }

    /// Whether that was the last round.
    fn round<W: Walk>(
        &mut self,
        ranges: Vec<Range<u64>>,
        worker: &(impl Fn() -> W + Sync),
    ) -> bool {
        let lowest = AtomicU64::new(u64::MAX);
        let worker = || {
            let mut walker = worker();
            if self.fuzz.counts_states {
                walker.collect_states();
            }
            walker
        };
        let parts: Vec<Part> = if self.fuzz.options.jobs > 1 {
            let run = |walker: &mut W, range| self.block(walker, range, &lowest);
            ranges.into_par_iter().with_max_len(1).map_init(worker, run).collect()
        } else {
            let mut walker = worker();
            ranges.into_iter().map(|range| self.block(&mut walker, range, &lowest)).collect()
        };
        for part in parts {
            let is_last = !part.found.is_empty() && !self.fuzz.options.keeps_going;
            self.merge(part);
            if is_last {
                return true;
            }
        }
        false
    }

    fn block(&self, walker: &mut impl Walk, range: Range<u64>, lowest: &AtomicU64) -> Part {
        let mut part = match self.fuzz.strategy {
            Strategy::Random => self.draw(walker, &mut Random, range, lowest),
            Strategy::Pct { depth } => {
                let mut pct = Pct::new(depth, self.estimate.steps_max);
                self.draw(walker, &mut pct, range, lowest)
            }
            Strategy::Urw => self.draw(walker, &mut Urw::new(&self.estimate), range, lowest),
            Strategy::Pos => self.draw(walker, &mut Pos::default(), range, lowest),
            Strategy::Surw => self.draw(walker, &mut Surw::new(&self.estimate), range, lowest),
        };
        part.states = walker.take_states();
        self.control.add_executions(part.executions);
        part
    }

    fn draw(
        &self,
        walker: &mut impl Walk,
        chooser: &mut impl Chooser<Access>,
        range: Range<u64>,
        lowest: &AtomicU64,
    ) -> Part {
        let mut part = Part::default();
        let mut looks = 0;
        walker.forget_races();
        for number in range {
            // ORDER: Relaxed. Saves work that would be discarded; doing the work anyway does no harm.
            let is_beyond = number > lowest.load(Ordering::Relaxed);
            if is_beyond || self.control.is_stopped() {
                break;
            }
            let mut chance = Numbers::of_execution(self.fuzz.options.seed, number);
            let walked = walker.walk(chooser, &mut chance);
            part.bounds.extend(walked.bound);
            let mut found = walked.found;
            if walked.bound == Some(Bound::Steps) && looks < LOOKS_PER_BLOCK {
                looks += 1;
                found.extend(walker.endless(self.control));
            }
            if !found.is_empty() && !self.fuzz.options.keeps_going {
                part.executions += 1;
                part.stopped = found.first().map(|it| Outcome::of_violation(&it.violation));
            } else if !walked.is_over || !self.end_of(walker, &mut part, &mut found) {
                part.blocked += 1;
            }
            for found in found {
                part.keep(number, found);
            }
            if !part.found.is_empty() && !self.fuzz.options.keeps_going {
                // ORDER: Relaxed. See above.
                lowest.fetch_min(number, Ordering::Relaxed);
                break;
            }
        }
        part
    }

    /// Counts an execution that ran to its end; returns whether it is an execution. The result of a new
    /// trace is computed at once.
    fn end_of(&self, walker: &impl Walk, part: &mut Part, found: &mut Vec<Found>) -> bool {
        let trace = walker.trace();
        if !self.known.contains_key(&trace) && !part.ends.contains_key(&trace) {
            let end = walker.end();
            part.bounds.extend(end.bound);
            let Some(outcome) = end.outcome else { return false };
            part.ends.insert(trace, (outcome, end.state));
            found.extend(end.found);
        }
        part.executions += 1;
        *part.traces.entry(trace).or_default() += 1;
        true
    }

    fn merge(&mut self, mut part: Part) {
        self.tally.executions += part.executions;
        self.tally.blocked += part.blocked;
        self.tally.bounds.append(&mut part.bounds);
        if let Some(outcome) = part.stopped {
            let at = self.outcome(outcome);
            self.outcomes[at as usize] += 1;
        }
        for (trace, count) in part.traces {
            let at = match part.ends.remove(&trace) {
                Some((outcome, state)) if !self.known.contains_key(&trace) => {
                    let at = self.outcome(outcome);
                    if self.has_room() {
                        self.known.insert(trace, at);
                        self.tally.final_states.insert(state);
                    }
                    at
                }
                _ => self.known[&trace],
            };
            self.outcomes[at as usize] += count;
        }
        if self.has_room() {
            self.states.extend(part.states);
        }
        for (execution, found) in part.found {
            if !self.tally.knows(&found.violation) {
                self.tally.keep(found.counterexample(self.subject, execution));
            }
        }
    }

    fn outcome(&mut self, outcome: Outcome) -> u32 {
        let next = self.outcomes.len() as u32;
        let at = *self.outcome_at.entry(outcome).or_insert(next);
        if at == next {
            self.outcomes.push(0);
        }
        at
    }

    /// Whether another trace or state may be remembered.
    fn has_room(&mut self) -> bool {
        const TRACE_BYTES: usize = 40;
        const STATE_BYTES: usize = 40;
        let states = self.states.len() + self.tally.final_states.len();
        let bytes = self.known.len() * TRACE_BYTES + states * STATE_BYTES;
        let has_room = bytes < self.fuzz.options.memory_max;
        self.is_complete &= has_room;
        has_room
    }

    fn close(self) -> Tally {
        let Search { mut tally, known, outcomes, outcome_at, states, is_complete, fuzz, .. } = self;
        let count = |(outcome, at): (Outcome, u32)| (outcome, outcomes[at as usize]);
        tally.outcomes = outcome_at.into_iter().map(count).collect::<BTreeMap<_, _>>();
        tally.states = fuzz.counts_states.then_some(states.len() as u64);
        tally.facts.push(Fact::DistinctTraces { count: known.len(), is_complete });
        tally
    }
}

impl Part {
    fn keep(&mut self, number: u64, found: Found) {
        if !self.found.iter().any(|(_, known)| known.violation == found.violation) {
            self.found.push((number, found));
        }
    }
}
