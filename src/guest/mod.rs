//! Checking guest programs: the parts that all engines for them share.
//!
//! An engine takes a [`Subject`] and returns [`Findings`]: how many executions there were, their
//! outcomes, and the violations. The explorer drives the reference; the other engines drive the machine
//! in a world. A [`Control`] is the only way to communicate with a running search.
//!
//! # Invariants
//! *honest*: a search that was cut off in any way has a [`Bound`] in its findings, and a search by an engine
//! that leaves executions out has a [`Gap`]. No path turns findings with either into
//! [`Verdict::Exhausted`](crate::verdict::Verdict::Exhausted).

pub mod comparison;
mod control;
mod counterexample;
mod engine_kind;
mod engines;
mod expectation;
pub mod explorer;
mod fact;
mod findings;
mod growth;
pub mod machine;
mod part;
mod replay;
mod schedule;
mod setting;
mod step;

use std::sync::Arc;
use std::time::Duration;

pub use control::Control;
pub use counterexample::GuestCounterexample;
pub use engine_kind::{Counted, EngineKind, Search, Sees, WorldEngine};
pub use engines::engine;
pub use expectation::{Expectation, Expected, Judgement};
pub use fact::{BugDepth, Fact, PreemptionsDone, Reuse, Unseen};
pub use findings::{Findings, SeesMore, Tally};
pub use part::{InParts, Merged, Part, Parts, Share, Traces, merge};
pub use replay::{replay, replay_within, views};
pub use schedule::{Choice, Choices, ReadsFrom, ReplayError, Schedule, ScheduleError};
pub use setting::Setting;
pub use step::{Act, After, Done, Step};

pub use crate::reference::MemoryModel;
use crate::reference::Subject;
pub use crate::verdict::{Bound, Gap, NoStrategy, Reason, Remark, Strategy};

/// A way to check guest programs, with its options.
pub trait GuestEngine: Sync {
    /// The kind of engine.
    fn kind(&self) -> EngineKind;

    /// The engine's name, in lower case, as `--engine` uses it.
    fn name(&self) -> &'static str {
        self.kind().name()
    }

    /// Searches for violations of a program.
    fn check(&self, subject: &Arc<Subject>, control: &Control) -> Findings;
}

/// The options that all searches share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether the search goes on after a violation, to collect distinct ones.
    pub keeps_going: bool,
    /// Whether threads that are never joined, and memory that can no longer be freed, are violations.
    pub finds_leaks: bool,
    /// The limit on executions. Those that are cut off count, and of the explorer's the blocked ones.
    pub executions_max: u64,
    /// The limit on visible operations in one execution.
    pub steps_max: usize,
    /// The approximate limit on bytes for what the search remembers.
    pub memory_max: usize,
    /// The limit on units of work: new states or graphs, or operations carried out, depending on the
    /// search. A search that takes turns with others gets a share of the work in this way.
    pub effort_max: u64,
    /// The seed of all random choices.
    pub seed: u64,
    /// The number of cores, for engines that can use more than one.
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
