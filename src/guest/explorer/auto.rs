//! Several searches in turn, with growing shares of the work, until one comes to its end.
//!
//! Which search suits a program is hard to tell from its text: one with few traces may have many
//! states, and the other way round. So each begins anew with four times the share that it had
//! before, and the first that comes to its end answers: it took no more than a few times the work
//! that it alone would have taken. The search by preemptions has its turn between the others, so that
//! a shallow bug is found although none of them ends. Shares are counted in what a search is made of,
//! never in time.
//!
//! | model | in turn |
//! |---|---|
//! | SC | traces, preemptions, states |
//! | RC11, C20 | graphs, preemptions under SC without data races, graphs to the end |
//!
//! Every execution under SC is one under the weaker models. A data race is not the same there, so it
//! is left to the graphs.

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
/// States of the other searches for each operation of the traces, which do more about one.
const STATES_MORE: u64 = 2;
/// A search that keeps what it has seen gets one of so many shares of the memory, so that one which
/// keeps little can go on: what is freed stays with the process for a while.
const MEMORY_SHARES: usize = 8;
/// How much a share grows from round to round.
const GROWTH: u64 = 4;
/// The last share of the other searches where an execution is too long for the traces. That it ends
/// at all is not known then, nor that its states are finitely many.
const SHARE_OF_LONG: u64 = 1 << 18;

/// Searches as the program turns out to need it; which search has answered, and what.
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
    if !tally.bounds.is_empty() || control.is_stopped() {
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

/// How a turn has ended.
enum Progress {
    /// This is the answer.
    Answer(Tally),
    /// Its share was used up.
    Spent,
    /// More work does not help it.
    Stuck(Tally),
}

impl Searches<'_> {
    fn sequential(&mut self) -> (Search, Tally) {
        let (mut preemptions, mut states) = (None, None);
        // Traces that differ in when a wait ends without a cause are one and the same.
        let mut traces = waits_spuriously(self.subject).then(|| {
            let bounds = BTreeSet::from([Bound::Loop]);
            Tally { bounds, ..Tally::default() }
        });
        let mut share = SHARE;
        // Whether the states have been given up for want of memory that others were left.
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
                    // Of two that cannot end, the one that no loop keeps from it says more.
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
        // On one core, so that a share is the same work whatever computer this is.
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

    /// A share of the work, and one of so many shares of the memory.
    fn share(&self, effort_max: u64, memory_shares: usize) -> (Options, Arc<Subject>) {
        let memory_max = self.options.memory_max / memory_shares;
        let subject = self.control.subject(self.subject, memory_max);
        (Options { memory_max, effort_max, ..*self.options }, subject)
    }

    fn traces(&mut self, share: u64) -> Progress {
        // Half of the memory is left to the search that comes after.
        let (options, subject) = self.share(share, 2);
        let tally = traces::search(&subject, &options, self.control);
        self.turn(tally)
    }

    /// With all the memory only if no other search needs any.
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
        // It has no answer but a violation, and none where all violations are asked for.
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

    /// Whether the others need not be asked: it has what was looked for, or there is no going on.
    fn is_answered(&self, tally: &Tally) -> bool {
        let is_found = !tally.violations.is_empty() && !self.options.keeps_going;
        is_found || self.control.is_stopped() || tally.bounds.contains(&Bound::Executions)
    }
}

/// Whether the traces met an execution that is too long for them, and no loop that goes back to where
/// it was.
fn is_long(tally: &Tally) -> bool {
    tally.bounds.contains(&Bound::Steps) && !tally.bounds.contains(&Bound::Loop)
}
