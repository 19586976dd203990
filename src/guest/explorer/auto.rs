//! Lets several searches take turns, with growing shares of the work, until one completes.
//!
//! It is hard to tell from a program's text which search suits it: a program with few traces may have
//! many states, and the other way round. So each search starts again with four times its previous share,
//! and the first one that completes gives the answer. Its answer costs only a few times the work of that
//! search alone. The search by preemptions takes its turn between the others, so that a shallow bug is
//! found even if none of them completes. Shares are counted in units of the searches, never in time.
//!
//! | model | in turn |
//! |---|---|
//! | SC | traces, preemptions, states |
//! | RC11, C20 | graphs, preemptions under SC without data races, graphs to the end |
//!
//! Every execution under SC is also one of the weaker models. A data race is not the same there, so
//! races are left to the graphs.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::preemptions::{self, Races};
use super::{Search, graph, on_cores, states, traces, waits_spuriously};
use crate::guest::{
    Bound, Control, Fact, GuestCounterexample, MemoryModel, Options, PreemptionsDone, Tally,
};
use crate::reference::Subject;

/// Operations of the traces in the first round.
const SHARE: u64 = 1 << 16;
/// Graphs in the first round.
const SHARE_OF_GRAPHS: u64 = 1 << 14;
/// The factor between states of the other searches and operations of the traces, which cost more.
const STATES_MORE: u64 = 2;
/// A search that keeps what it has seen gets this fraction of the memory, so that a search that keeps
/// little can continue: freed memory stays with the process for a while.
const MEMORY_SHARES: usize = 8;
/// How much a share grows from round to round.
const GROWTH: u64 = 4;
/// The last share of the other searches if an execution is too long for the traces. It is then not known
/// whether that execution ends, nor whether the states are finitely many.
const SHARE_OF_LONG: u64 = 1 << 18;

/// Runs the searches that the program turns out to need. Returns the search that answered, and its answer.
pub(super) fn search(
    subject: &Arc<Subject>,
    model: MemoryModel,
    options: &Options,
    control: &Control,
) -> (Search, Tally) {
    let mut searches =
        Searches { subject, model, options, control, found: Vec::new(), preemptions: None };
    let (search, mut tally) = match model {
        MemoryModel::Sc => searches.sequential(),
        MemoryModel::Rc11 | MemoryModel::C20 => searches.weak(),
    };
    for counterexample in searches.found {
        tally.keep(counterexample);
    }
    let is_told = search == Search::Preemptions;
    if !is_told && (!tally.bounds.is_empty() || control.is_stopped()) {
        tally.facts.extend(searches.preemptions.map(Fact::Preemptions));
    }
    (search, tally)
}

struct Searches<'a> {
    subject: &'a Arc<Subject>,
    model: MemoryModel,
    options: &'a Options,
    control: &'a Control,
    /// What searches have found that did not answer.
    found: Vec<GuestCounterexample>,
    /// How far the search by preemptions has come.
    preemptions: Option<PreemptionsDone>,
}

/// The result of a turn.
enum Progress {
    /// The answer.
    Answer(Tally),
    /// The share was used up.
    Spent,
    /// More work would not help this search.
    Stuck(Tally),
}

impl Searches<'_> {
    fn sequential(&mut self) -> (Search, Tally) {
        let (mut preemptions, mut states) = (None, None);
        // Traces that differ only in when a wait ends without a cause are one trace.
        let mut traces = waits_spuriously(self.subject).then(|| {
            let bounds = BTreeSet::from([Bound::Loop]);
            Tally { bounds, ..Tally::default() }
        });
        let mut share = SHARE;
        // Whether the states were given up because other searches hold the memory.
        let mut is_cramped = false;
        loop {
            if traces.is_none() {
                match self.traces(share) {
                    Progress::Answer(tally) => return (Search::Traces, tally),
                    Progress::Stuck(tally) => traces = Some(tally),
                    Progress::Spent => {}
                }
            }
            if preemptions.is_none() {
                match self.preemptions(share * STATES_MORE, Races::Count) {
                    Progress::Answer(tally) => return (Search::Preemptions, tally),
                    Progress::Stuck(tally) => preemptions = Some(tally),
                    Progress::Spent => {}
                }
            }
            if is_cramped && traces.is_some() {
                (states, is_cramped) = (None, false);
            }
            if states.is_none() {
                let has_room = traces.is_some();
                match self.states(share * STATES_MORE, has_room) {
                    Progress::Answer(tally) => return (Search::States, tally),
                    Progress::Stuck(tally) => {
                        is_cramped = !has_room && tally.bounds.contains(&Bound::Memory);
                        states = Some(tally);
                    }
                    Progress::Spent => {}
                }
            }
            traces = match traces {
                Some(tally) if is_long(&tally) && share >= SHARE_OF_LONG => {
                    return (Search::Traces, tally);
                }
                Some(tally) if states.is_some() => {
                    // If neither search can complete, the one that no loop stopped says more.
                    return match states.take() {
                        Some(states) if tally.bounds.contains(&Bound::Loop) => {
                            (Search::States, states)
                        }
                        _ => (Search::Traces, tally),
                    };
                }
                other => other,
            };
            share = share.saturating_mul(GROWTH).min(u64::MAX / STATES_MORE);
        }
    }

    fn weak(&mut self) -> (Search, Tally) {
        // On one core, so that a share is the same work on every computer.
        let first = Options { effort_max: SHARE_OF_GRAPHS, jobs: 1, ..*self.options };
        let tally = graph::search(self.subject, self.model, &first, self.control);
        let stuck = match self.turn(tally) {
            Progress::Answer(tally) => return (Search::Graphs, tally),
            Progress::Stuck(tally) => Some(tally),
            Progress::Spent => None,
        };
        if let Progress::Answer(tally) = self.preemptions(SHARE * STATES_MORE, Races::Ignore) {
            return (Search::Preemptions, tally);
        }
        let to_the_end = || graph::search(self.subject, self.model, self.options, self.control);
        (Search::Graphs, stuck.unwrap_or_else(to_the_end))
    }

    /// The options for a share of the work, with this fraction of the memory.
    fn share(&self, effort_max: u64, memory_shares: usize) -> (Options, Arc<Subject>) {
        let memory_max = self.options.memory_max / memory_shares;
        let subject = self.control.subject(self.subject, memory_max);
        (Options { memory_max, effort_max, ..*self.options }, subject)
    }

    fn traces(&mut self, share: u64) -> Progress {
        // Half of the memory is left to the next search.
        let (options, subject) = self.share(share, 2);
        let tally = traces::search(&subject, &options, self.control);
        self.turn(tally)
    }

    /// Gets all the memory only if no other search needs any.
    fn states(&mut self, share: u64, has_room: bool) -> Progress {
        let (options, subject) = self.share(share, if has_room { 1 } else { MEMORY_SHARES });
        let tally = on_cores(options.jobs, || states::search(&subject, &options, self.control));
        self.turn(tally)
    }

    fn preemptions(&mut self, share: u64, races: Races) -> Progress {
        let (options, subject) = self.share(share, MEMORY_SHARES);
        let tally = preemptions::search(&subject, &options, races, self.control);
        self.preemptions = tally.facts.iter().find_map(|&fact| match fact {
            Fact::Preemptions(done) => Some(done),
            _ => None,
        });
        // This search can answer only with a violation, and not if all violations are asked for.
        if self.is_answered(&tally) {
            return Progress::Answer(tally);
        }
        let is_spent = tally.bounds.contains(&Bound::Effort);
        self.found.extend(tally.violations.iter().cloned());
        if is_spent { Progress::Spent } else { Progress::Stuck(tally) }
    }

    fn turn(&mut self, mut tally: Tally) -> Progress {
        let is_spent = tally.bounds.remove(&Bound::Effort);
        let gives_up = [Bound::Loop, Bound::Steps, Bound::Memory];
        if self.is_answered(&tally) {
            return Progress::Answer(tally);
        }
        if is_spent {
            self.found.append(&mut tally.violations);
            return Progress::Spent;
        }
        if gives_up.iter().any(|bound| tally.bounds.contains(bound)) {
            self.found.extend(tally.violations.iter().cloned());
            return Progress::Stuck(tally);
        }
        Progress::Answer(tally)
    }

    /// Whether the other searches are not needed: this one has found what was looked for, or nothing can
    /// continue.
    fn is_answered(&self, tally: &Tally) -> bool {
        let is_found = !tally.violations.is_empty() && !self.options.keeps_going;
        is_found || self.control.is_stopped() || tally.bounds.contains(&Bound::Executions)
    }
}

/// Whether the traces met an execution that is too long for them, but no loop that returned to an
/// earlier state.
fn is_long(tally: &Tally) -> bool {
    tally.bounds.contains(&Bound::Steps) && !tally.bounds.contains(&Bound::Loop)
}
