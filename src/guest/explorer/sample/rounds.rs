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
use crate::guest::growth::Growth;
use crate::guest::{Bound, Control, MemoryModel, Part, Parts, Share, Strategy, Tally, Traces};
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
    let end = fuzz.options.executions_max.saturating_add(1);
    let mut search = Search::new(fuzz, subject, control, estimate(fuzz, subject));
    let is_at_end = search.draw_all(model, 1..end);
    let growth = std::mem::take(&mut search.growth);
    let (mut tally, traces) = search.close();
    if is_at_end {
        tally.bounds.insert(Bound::Executions);
    }
    if traces.is_complete {
        tally.growth = growth.up_to(tally.executions, traces.known.len() as u64);
    }
    tally.facts.extend(traces.facts(tally.executions));
    tally
}

/// How many parts each shard has at least, unless they would be smaller than a block.
const PARTS_PER_SHARD: u64 = 8;
/// No search has many more parts, since each is a line of a file: with larger numbers of executions, parts are larger.
const PARTS_MAX: u64 = 1 << 20;

/// Draws the executions of a share. Part 0 has none.
pub(super) fn search_share(
    fuzz: &Fuzz,
    subject: &Arc<Subject>,
    model: MemoryModel,
    share: Share,
    control: &Control,
    parts: &dyn Parts,
) {
    let executions = fuzz.options.executions_max;
    let blocks = executions.div_ceil(BLOCK);
    let shortest = BLOCK * (blocks / (share.shards * PARTS_PER_SHARD)).clamp(1, BLOCKS_MAX);
    let length = shortest.max(executions.div_ceil(PARTS_MAX.max(share.shards)));
    let count = executions.div_ceil(length) + 1;
    let empty = Part {
        number: 0,
        count,
        is_whole: true,
        before: Some(0),
        tally: Tally::default(),
        traces: None,
    };
    if !parts.is_done(0) {
        parts.done(empty.clone());
    }
    let estimate = estimate(fuzz, subject);
    for number in (1..count).filter(|&number| share.has(number)) {
        if control.is_stopped() {
            return;
        }
        if parts.is_done(number) {
            continue;
        }
        let before = (number - 1) * length;
        let range = before + 1..before.saturating_add(length).min(executions) + 1;
        let mut search = Search::new(fuzz, subject, control, estimate.clone());
        let is_at_end = search.draw_all(model, range);
        let (mut tally, traces) = search.close();
        for violation in &mut tally.violations {
            violation.execution -= before;
        }
        let has_found = !fuzz.options.keeps_going && !tally.violations.is_empty();
        let is_whole = is_at_end || has_found;
        parts.done(Part {
            number,
            is_whole,
            before: Some(before),
            tally,
            traces: Some(traces),
            ..empty.clone()
        });
        if has_found {
            return;
        }
    }
}

fn estimate(fuzz: &Fuzz, subject: &Arc<Subject>) -> Estimate<Object> {
    if fuzz.strategy.needs_estimate() { survey(fuzz, subject) } else { Estimate::new() }
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
    known: HashMap<u64, Trace>,
    outcomes: Vec<u64>,
    /// The index of each outcome in `outcomes`, which counts how often it occurred.
    outcome_at: HashMap<Outcome, u32>,
    states: HashSet<u128>,
    /// Whether all traces and states so far are known.
    is_complete: bool,
    tally: Tally,
    growth: Growth,
}

/// What is known of a trace.
struct Trace {
    /// Its result: an index in `outcomes`.
    at: u32,
    /// How often it was drawn.
    times: u64,
}

/// The results of a block.
#[derive(Default)]
struct Block {
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

impl<'a> Search<'a> {
    fn new(
        fuzz: &'a Fuzz,
        subject: &'a Arc<Subject>,
        control: &'a Control,
        estimate: Estimate<Object>,
    ) -> Self {
        Search {
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
            growth: Growth::default(),
        }
    }

    /// Draws the executions with these numbers; whether all of them have been drawn, and none has ended the search.
    fn draw_all(&mut self, model: MemoryModel, numbers: Range<u64>) -> bool {
        let (fuzz, subject) = (self.fuzz, self.subject);
        on_cores(fuzz.options.jobs, || match model {
            MemoryModel::Sc => self.run(numbers, || Walker::new(subject, &fuzz.options)),
            MemoryModel::Rc11 | MemoryModel::C20 => {
                self.run(numbers, || Grower::new(subject, model, &fuzz.options))
            }
        })
    }

    fn run<W: Walk>(&mut self, numbers: Range<u64>, worker: impl Fn() -> W + Sync) -> bool {
        let Range { start: mut first, end } = numbers;
        let mut blocks = 2;
        while first < end && !self.control.is_stopped() {
            let starts = (0..blocks).map(|block| first + block * BLOCK).filter(|&it| it < end);
            let ranges: Vec<Range<u64>> =
                starts.map(|start| start..end.min(start + BLOCK)).collect();
            first = ranges.last().expect("there is a first").end;
            if self.round(ranges, &worker) {
                return false;
            }
            blocks = (blocks * 2).min(BLOCKS_MAX);
        }
        // A block that was under way when the search was stopped is not whole.
        first >= end && !self.control.is_stopped()
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
        let drawn: Vec<Block> = if self.fuzz.options.jobs > 1 {
            let run = |walker: &mut W, range| self.block(walker, range, &lowest);
            ranges.into_par_iter().with_max_len(1).map_init(worker, run).collect()
        } else {
            let mut walker = worker();
            ranges.into_iter().map(|range| self.block(&mut walker, range, &lowest)).collect()
        };
        for block in drawn {
            let is_last = !block.found.is_empty() && !self.fuzz.options.keeps_going;
            self.merge(block);
            if is_last {
                return true;
            }
        }
        false
    }

    fn block(&self, walker: &mut impl Walk, range: Range<u64>, lowest: &AtomicU64) -> Block {
        let mut block = match self.fuzz.strategy {
            Strategy::Random => self.draw(walker, &mut Random, range, lowest),
            Strategy::Pct { depth } => {
                let mut pct = Pct::new(depth, self.estimate.steps_max);
                self.draw(walker, &mut pct, range, lowest)
            }
            Strategy::Urw => self.draw(walker, &mut Urw::new(&self.estimate), range, lowest),
            Strategy::Pos => self.draw(walker, &mut Pos::default(), range, lowest),
            Strategy::Surw => self.draw(walker, &mut Surw::new(&self.estimate), range, lowest),
        };
        block.states = walker.take_states();
        self.control.add_executions(block.executions);
        block
    }

    fn draw(
        &self,
        walker: &mut impl Walk,
        chooser: &mut impl Chooser<Access>,
        range: Range<u64>,
        lowest: &AtomicU64,
    ) -> Block {
        let mut block = Block::default();
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
            block.bounds.extend(walked.bound);
            let mut found = walked.found;
            if walked.bound == Some(Bound::Steps) && looks < LOOKS_PER_BLOCK {
                looks += 1;
                found.extend(walker.endless(self.control));
            }
            if !found.is_empty() && !self.fuzz.options.keeps_going {
                block.executions += 1;
                block.stopped = found.first().map(|it| Outcome::of_violation(&it.violation));
            } else if !walked.is_over || !self.end_of(walker, &mut block, &mut found) {
                block.blocked += 1;
            }
            for found in found {
                block.keep(number, found);
            }
            if !block.found.is_empty() && !self.fuzz.options.keeps_going {
                // ORDER: Relaxed. See above.
                lowest.fetch_min(number, Ordering::Relaxed);
                break;
            }
        }
        block
    }

    /// Counts an execution that ran to its end; returns whether it is an execution. The result of a new
    /// trace is computed at once.
    fn end_of(&self, walker: &impl Walk, block: &mut Block, found: &mut Vec<Found>) -> bool {
        let trace = walker.trace();
        if !self.known.contains_key(&trace) && !block.ends.contains_key(&trace) {
            let end = walker.end();
            block.bounds.extend(end.bound);
            let Some(outcome) = end.outcome else { return false };
            block.ends.insert(trace, (outcome, end.state));
            found.extend(end.found);
        }
        block.executions += 1;
        *block.traces.entry(trace).or_default() += 1;
        true
    }

    fn merge(&mut self, mut block: Block) {
        self.tally.executions += block.executions;
        self.tally.blocked += block.blocked;
        self.tally.bounds.append(&mut block.bounds);
        if let Some(outcome) = block.stopped {
            let at = self.outcome(outcome);
            self.outcomes[at as usize] += 1;
        }
        for (trace, count) in block.traces {
            let at = match block.ends.remove(&trace) {
                Some((outcome, state)) if !self.known.contains_key(&trace) => {
                    let at = self.outcome(outcome);
                    if self.has_room() {
                        self.known.insert(trace, Trace { at, times: 0 });
                        self.tally.final_states.insert(state);
                    }
                    at
                }
                _ => self.known[&trace].at,
            };
            if let Some(known) = self.known.get_mut(&trace) {
                known.times += count;
            }
            self.outcomes[at as usize] += count;
        }
        self.growth.note(self.tally.executions, self.known.len() as u64);
        if self.has_room() {
            self.states.extend(block.states);
        }
        for (execution, found) in block.found {
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

    fn close(self) -> (Tally, Traces) {
        let Search { mut tally, known, outcomes, outcome_at, states, is_complete, fuzz, .. } = self;
        let count = |(outcome, at): (Outcome, u32)| (outcome, outcomes[at as usize]);
        tally.outcomes = outcome_at.into_iter().map(count).collect::<BTreeMap<_, _>>();
        tally.states = fuzz.counts_states.then_some(states.len() as u64);
        let known = known.into_iter().map(|(trace, Trace { times, .. })| (trace, times)).collect();
        (tally, Traces { known, is_complete })
    }
}

impl Block {
    fn keep(&mut self, number: u64, found: Found) {
        if !self.found.iter().any(|(_, known)| known.violation == found.violation) {
            self.found.push((number, found));
        }
    }
}
