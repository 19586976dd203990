//! Decides whether an execution that an engine has shown is possible, by our own axioms of weak memory.
//!
//! loom treats sequentially consistent accesses as acquire and release, and sometimes breaks
//! modification order. It therefore shows executions that no machine has, and a violation in such an
//! execution is not a fault of the program. [`judge`] gets the events of an execution. It asks whether
//! RC11 (Lahav, Vafeiadis, Kang, Hur, Dreyer: *Repairing Sequential Consistency in C/C++11*, PLDI 2017),
//! with the release sequences of C++20, allows these threads to perform these operations and read these
//! values, with the locks passing from thread to thread as they did. It relies on nothing else: loom's
//! own choice of a source for each read is not used.
//!
//! The search chooses a source for each read, and then decides what is still open in the modification
//! orders. Both steps are cut off as soon as an axiom fails. The work is bounded.
//!
//! | file | what |
//! |---|---|
//! | `execution` | events as nodes and edges |
//! | `happens_before` | synchronisation, given what reads read from |
//! | `coherence` | modification orders, as far as they follow |
//! | `seq_cst` | the axiom on sequentially consistent accesses and fences |
//! | `relation` | sets of pairs |

mod coherence;
mod execution;
mod happens_before;
mod relation;
mod seq_cst;

use crate::verdict::Unconfirmed;

use crate::session::{Event, ObjectId};
use coherence::Coherence;
use execution::Execution;
use happens_before::{Sources, happens_before};
use seq_cst::SeqCst;

/// What the axioms say about an execution.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Judgement {
    /// RC11 has an execution with these operations and reads.
    Allowed,
    /// RC11 has no such execution.
    Forbidden,
    /// The question was not decided.
    Unconfirmed(Unconfirmed),
}

/// The search is given up after this many words and pairs: less than a second.
const WORK_MAX: u64 = 100_000_000;

/// Looks for a consistent execution with these operations and reads. `initial` returns the initial value
/// of an atomic. Operations that had begun but not ended are ignored.
pub fn judge(events: &[Event], initial: &dyn Fn(ObjectId) -> u64) -> Judgement {
    judge_unless(events, initial, &|| false)
}

/// The same, until the search must stop.
pub(super) fn judge_unless(
    events: &[Event],
    initial: &dyn Fn(ObjectId) -> u64,
    is_stopped: &dyn Fn() -> bool,
) -> Judgement {
    let execution = match Execution::new(events, initial) {
        Ok(execution) => execution,
        Err(why) => return Judgement::Unconfirmed(why),
    };
    let nodes = execution.nodes.iter().enumerate();
    let reads = nodes.filter(|(_, node)| node.read.is_some()).map(|(read, _)| read).collect();
    let count = execution.nodes.len() as u64;
    let accesses = execution.locations.iter().map(|it| it.len() as u64);
    let cost_of_sources = count * count + accesses.map(|it| it * it).sum::<u64>() + 1;
    let cost_of_orders = count * count * count.div_ceil(64) + 1;
    let mut search = Search {
        execution: &execution,
        reads,
        cost_of_sources,
        cost_of_orders,
        work: 0,
        is_stopped,
    };
    let nothing = vec![None; execution.nodes.len()];
    match search.guess(nothing.clone()).or_else(|| search.choose_sources(0, &nothing)) {
        Some(true) => Judgement::Allowed,
        Some(false) => Judgement::Forbidden,
        None if is_stopped() => Judgement::Unconfirmed(Unconfirmed::Stopped),
        None => Judgement::Unconfirmed(Unconfirmed::TooLarge),
    }
}

struct Search<'e> {
    execution: &'e Execution,
    reads: Vec<usize>,
    /// The cost of deriving what follows from the sources: one unit for each pair of nodes, and for each
    /// pair of accesses to an atomic.
    cost_of_sources: u64,
    /// The cost of testing the axiom on seq-cst: relations are composed and closed, which joins one row
    /// for each pair of nodes.
    cost_of_orders: u64,
    work: u64,
    is_stopped: &'e dyn Fn() -> bool,
}

impl Search<'_> {
    /// Tries the usual case, in which each read reads from the latest write before it.
    fn guess(&mut self, mut sources: Sources) -> Option<bool> {
        for &read in &self.reads {
            sources[read] = Some(*self.candidates(read).first()?);
        }
        self.choose_sources(self.reads.len(), &sources).filter(|&is_allowed| is_allowed)
    }

    /// Chooses sources for the reads from the `at`th on; returns whether that leads to a consistent
    /// execution, `None` if it would take too long.
    fn choose_sources(&mut self, at: usize, sources: &Sources) -> Option<bool> {
        self.spend(self.cost_of_sources)?;
        let Some(hb) = happens_before(self.execution, sources) else { return Some(false) };
        let Some(coherence) = Coherence::new(self.execution, sources, &hb) else {
            return Some(false);
        };
        let Some(&read) = self.reads.get(at) else {
            let Some(axiom) = SeqCst::new(self.execution, sources, &hb) else { return Some(true) };
            return self.choose_orders(&axiom, &coherence);
        };
        for write in self.candidates(read) {
            let mut sources = sources.clone();
            sources[read] = Some(write);
            if self.choose_sources(at + 1, &sources)? {
                return Some(true);
            }
        }
        Some(false)
    }

    /// Decides what is still open in the modification orders.
    fn choose_orders(&mut self, axiom: &SeqCst<'_>, coherence: &Coherence) -> Option<bool> {
        self.spend(self.cost_of_orders)?;
        if !axiom.holds(coherence) {
            return Some(false);
        }
        let Some((one, other)) = coherence.open_pair() else { return Some(true) };
        for (earlier, later) in [(one, other), (other, one)] {
            let mut coherence = coherence.clone();
            if coherence.relate(earlier, later).is_some()
                && self.choose_orders(axiom, &coherence)?
            {
                return Some(true);
            }
        }
        Some(false)
    }

    /// The writes with the value that was read: first those before the read, the latest first.
    fn candidates(&self, read: usize) -> Vec<usize> {
        let nodes = &self.execution.nodes;
        let Some(location) = nodes[read].location else { return Vec::new() };
        let accesses = &self.execution.locations[location];
        let is_meant = |&&write: &&usize| write != read && nodes[write].written == nodes[read].read;
        let before = accesses.iter().rev().filter(|&&write| write < read).filter(is_meant);
        let after = accesses.iter().filter(|&&write| write > read).filter(is_meant);
        before.chain(after).copied().collect()
    }

    fn spend(&mut self, cost: u64) -> Option<()> {
        self.work += cost;
        (self.work <= WORK_MAX && !(self.is_stopped)()).then_some(())
    }
}
