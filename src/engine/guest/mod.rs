//! Checking guest programs: what all engines for them have in common.
//!
//! An engine takes a [`Subject`] and comes back with [`Findings`]: how many executions there were,
//! what they came to, and what went wrong. The explorer drives the reference; the others drive the
//! machine in a world. A [`Control`] is the only way to talk to a search that is under way.
//!
//! # Invariants
//! *honest*: a search that was cut off in any way has a [`Bound`] in its findings, one by an engine that
//! leaves executions out has a [`Gap`], and no path turns findings with either into
//! [`Verdict::Exhausted`].

pub mod comparison;
mod control;
mod counterexample;
mod engine_kind;
mod expectation;
pub mod explorer;
mod findings;
mod schedule;
pub mod worlds;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use control::Control;
pub use counterexample::{Counterexample, Step};
pub use engine_kind::{Counted, EngineKind, Sees};
pub use expectation::{Expectation, Expected, Judgement};
pub use findings::{Findings, SeesMore, Tally};
pub use schedule::{Choice, Choices, ReadsFrom, Schedule, ScheduleError};

pub use super::{Bound, Gap, Reason, Remark, Verdict};
use crate::reference::Subject;

/// A way to check guest programs, with its options.
pub trait GuestEngine: Sync {
    /// Which engine it is.
    fn kind(&self) -> EngineKind;

    /// The engine's name, in lower case, as `--engine` has it.
    fn name(&self) -> &'static str {
        self.kind().name()
    }

    /// Searches for violations of a program.
    fn check(&self, subject: &Arc<Subject>, control: &Control) -> Findings;
}

/// What is common to all searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether the search goes on after a violation, to collect distinct ones.
    pub keeps_going: bool,
    /// Whether a thread that nobody waited for, and memory that nobody can free any more, is a
    /// violation.
    pub finds_leaks: bool,
    /// At most so many executions.
    pub executions_max: u64,
    /// At most so many visible operations in one execution.
    pub steps_max: usize,
    /// At most about so many bytes for what the search remembers.
    pub memory_max: usize,
    /// At most so many steps in all: new states or graphs, or operations carried out, whatever the
    /// search is made of. A search that is one of several gets a share of the work in this way.
    pub effort_max: u64,
    /// Where chance comes from.
    pub seed: u64,
    /// On how many cores, where an engine can use more than one.
    pub jobs: usize,
    /// How long one execution on real threads may take.
    pub watchdog: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            keeps_going: false,
            finds_leaks: false,
            executions_max: u64::MAX,
            steps_max: 10_000,
            memory_max: 2 << 30,
            effort_max: u64::MAX,
            seed: 0,
            jobs: 1,
            watchdog: Duration::from_secs(10),
        }
    }
}

/// How memory behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MemoryModel {
    /// Sequential consistency: every read sees the latest write.
    Sc,
    /// RC11 (Lahav et al., PLDI 2017): C11 without load buffering.
    Rc11,
    /// RC11 with the release sequences of C++20.
    C20,
}

impl MemoryModel {
    /// All of them.
    pub const ALL: [MemoryModel; 3] = [MemoryModel::Sc, MemoryModel::Rc11, MemoryModel::C20];

    /// As `--memory` has it.
    pub fn name(self) -> &'static str {
        match self {
            MemoryModel::Sc => "sc",
            MemoryModel::Rc11 => "rc11",
            MemoryModel::C20 => "c20",
        }
    }

    /// The model under which a program is checked unless somebody chooses: RC11 if any of its
    /// atomics is weaker than seq-cst, else SC, which then allows the same.
    pub fn for_program(subject: &Subject) -> Self {
        use crate::il::MemoryOrder::SeqCst;
        use crate::interp::Op;
        let is_weak = |op: &Op| match *op {
            Op::AtomicLoad { o, .. }
            | Op::AtomicStore { o, .. }
            | Op::AtomicRmw { o, .. }
            | Op::Fence { o } => o != SeqCst,
            Op::AtomicCas { o, q, .. } | Op::PtrCas { o, q, .. } => o != SeqCst || q != SeqCst,
            _ => false,
        };
        let is_any_weak = subject.code.ops.iter().any(is_weak);
        if is_any_weak { MemoryModel::Rc11 } else { MemoryModel::Sc }
    }
}

impl fmt::Display for MemoryModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MemoryModel::Sc => "sequential consistency",
            MemoryModel::Rc11 => "RC11",
            MemoryModel::C20 => "RC11 with C++20's release sequences",
        })
    }
}
