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
mod engines;
mod expectation;
pub mod explorer;
mod fact;
mod findings;
pub mod machine;
mod replay;
mod schedule;
mod setting;
mod step;
mod strategy;

use std::sync::Arc;
use std::time::Duration;

pub use control::Control;
pub use counterexample::GuestCounterexample;
pub use engine_kind::{Counted, EngineKind, Search, Sees, WorldEngine};
pub use engines::engine;
pub use expectation::{Expectation, Expected, Judgement};
pub use fact::{BugDepth, Fact, PreemptionsDone, Reuse};
pub use findings::{Findings, SeesMore, Tally};
pub use replay::{replay, replay_within};
pub use schedule::{Choice, Choices, ReadsFrom, ReplayError, Schedule, ScheduleError};
pub use setting::Setting;
pub use step::{Act, After, Done, MachineObject, Step};
pub use strategy::{NoStrategy, Strategy};

pub use crate::reference::MemoryModel;
use crate::reference::Subject;
pub use crate::verdict::{Bound, Gap, Reason, Remark};

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
