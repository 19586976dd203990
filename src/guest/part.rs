//! A search in parts, which several processes run, on one machine or on many.
//!
//! Where a search is cut depends on the program, the options and the number of shards alone. Part 0 is what comes
//! before the cut, and every shard runs it. Of the others, each belongs to one shard. Added up in order, the parts
//! have the counts and the verdict that one process would have. Without
//! [`keeps_going`](super::Options::keeps_going) a search ends with its first violation, and which one that is depends on
//! the cut.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::growth::Growth;
use super::{Bound, Control, Fact, Findings, GuestEngine, Tally, Unseen};
use crate::reference::Subject;

/// The share of one process: all parts of one of several shards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "report", derive(serde::Serialize, serde::Deserialize))]
pub struct Share {
    /// The number of the shard, from 1.
    pub shard: u64,
    /// How many shards there are.
    pub shards: u64,
}

impl Share {
    /// The largest number of shards.
    pub const SHARDS_MAX: u64 = 100_000;

    /// Whether there is such a shard.
    pub fn is_one(&self) -> bool {
        (1..=Self::SHARDS_MAX).contains(&self.shards) && (1..=self.shards).contains(&self.shard)
    }

    /// Whether this shard runs a part.
    pub fn has(self, part: u64) -> bool {
        part == 0 || self.of(part) == self.shard
    }

    /// The shard that runs a part other than the first.
    pub fn of(self, part: u64) -> u64 {
        (part + self.shards - 1) % self.shards + 1
    }
}

/// What one part of a search has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its number.
    pub number: u64,
    /// How many parts the search has.
    pub count: u64,
    /// Whether nothing has stopped it before its end, or before the violation that ends the search.
    pub is_whole: bool,
    /// How many executions are numbered before its own, if that is known without the other parts.
    pub before: Option<u64>,
    /// The counts. Executions are numbered from 1 in each part.
    pub tally: Tally,
    /// The traces of its executions, if the engine tells them apart.
    pub traces: Option<Traces>,
}

/// The distinct traces among drawn executions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traces {
    /// Fingerprints of those that were distinguished, and how often each was drawn.
    pub known: HashMap<u64, u64>,
    /// Whether all were, without reaching the memory limit.
    pub is_complete: bool,
}

impl Traces {
    /// The facts about them, which were drawn in so many executions.
    pub(super) fn facts(&self, executions: u64) -> impl Iterator<Item = Fact> {
        let Traces { known, is_complete } = self;
        let drawn = |times| known.values().filter(|it| **it == times).count() as u64;
        let unseen = || {
            let traces = known.len() as u64;
            Fact::Unseen(Unseen { executions, traces, once: drawn(1), twice: drawn(2) })
        };
        let distinct = Fact::DistinctTraces { count: known.len(), is_complete: *is_complete };
        [distinct].into_iter().chain(is_complete.then(unseen))
    }
}

/// What a process that runs a share does with its parts.
pub trait Parts: Sync {
    /// Whether a part need not be run: it is known already, or comes after the end of the search.
    fn is_done(&self, part: u64) -> bool;

    /// A part has been run. Several threads may call this at once.
    fn done(&self, part: Part);
}

/// A search that can be run in parts.
pub trait InParts: GuestEngine {
    /// Whether the search goes on after a violation.
    fn keeps_going(&self) -> bool;

    /// Runs a share of the search, without the parts that are done. Returns what has kept the search from being cut; no
    /// part has been run then.
    fn search_share(
        &self,
        subject: &Arc<Subject>,
        share: Share,
        control: &Control,
        parts: &dyn Parts,
    ) -> BTreeSet<Bound>;

    /// The findings of a whole search, from its counts.
    fn findings(&self, subject: &Arc<Subject>, tally: Tally, control: &Control) -> Findings;
}

/// A search put together from its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The counts. If something is missing, [`Bound::Parts`] is among the bounds.
    pub tally: Tally,
    /// The parts that are not there, or not whole.
    pub missing: BTreeSet<u64>,
}

/// Adds up the parts of a search: all that it has, or, unless it goes on after a violation, those up to the first
/// violation.
pub fn merge(parts: &BTreeMap<u64, Part>, keeps_going: bool) -> Merged {
    let count = parts.values().map(|part| part.count).max().unwrap_or(1);
    let (mut tally, mut missing) = (Tally::default(), BTreeSet::new());
    let (mut traces, mut growth) = (None::<Traces>, Growth::default());
    for number in 0..count {
        let part = parts.get(&number);
        if part.is_none_or(|part| !part.is_whole) {
            missing.insert(number);
        }
        let Some(part) = part else { continue };
        let before = part.before.unwrap_or(tally.executions);
        tally.append(part.tally.clone(), before);
        if let Some(more) = &part.traces {
            let all = traces.get_or_insert(Traces { known: HashMap::new(), is_complete: true });
            for (&trace, times) in &more.known {
                *all.known.entry(trace).or_default() += times;
            }
            all.is_complete &= more.is_complete;
            growth.note(tally.executions, all.known.len() as u64);
        }
        if !keeps_going && !tally.violations.is_empty() {
            break;
        }
    }
    if !missing.is_empty() {
        tally.bounds.insert(Bound::Parts);
    }
    if let Some(traces) = traces {
        if traces.is_complete {
            tally.growth = growth.up_to(tally.executions, traces.known.len() as u64);
        }
        let facts = traces.facts(tally.executions);
        tally.facts.extend(facts);
    }
    Merged { tally, missing }
}
