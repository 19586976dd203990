//! What one call of [`check()`](crate::check()) has searched, as a line of JSON: what a test process tells the program
//! that started it.
//!
//! A test binary is asked through its environment; the module [`asked`] has the variables. It answers with one
//! [`ModelRun`] for each model, in the order in which their searches ended.

pub mod asked;

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::engine::{Counterexample, Report};
use crate::session::{Extent, Performed, Sites};
use crate::verdict::{Gap, Verdict};

/// The search of one model.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ModelRun {
    /// The name of the thread that searched. The test harness gives it the test's name.
    pub test: Option<String>,
    /// The place of the call, as `file:line:column`.
    pub place: String,
    /// The engine's name.
    pub engine: String,
    /// The limit on preemptions of this search, if the model was then searched without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preemptions_max: Option<usize>,
    /// What the search found.
    #[serde(flatten)]
    pub ending: Ending,
    /// How many executions were begun.
    pub executions: u64,
    /// How many of them did not come to their end: they were cut off, or every thread of them was blocked.
    pub blocked: u64,
    /// The number of threads of the largest execution; `None` if operations were broken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
    /// The number of objects that several threads use; `None` if operations were broken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objects_shared: Option<u32>,
    /// How long the search took, in milliseconds.
    pub ms: u64,
    /// The time that the searching thread was on a processor, in milliseconds, where the system says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_ms: Option<u64>,
    /// What a reader of the verdict should know besides, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// The operations that were performed, if they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<Performed>,
}

/// A verdict in words for machines.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Ending {
    /// Every execution was run, and none shows a violation.
    Exhausted,
    /// The same, but the engine is known to leave some executions out.
    Searched {
        /// The names of what it leaves out.
        not_seen: Vec<String>,
    },
    /// No violation was found, but only part of all executions was run.
    Bounded {
        /// The name of what ended the search.
        stopped_by: String,
        /// The names of what the engine leaves out besides.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        not_seen: Vec<String>,
    },
    /// An execution shows a violation.
    Violated {
        /// What sort of violation.
        violation: String,
        /// The violation in words.
        message: String,
        /// The place where it was raised, as `file:line:column`.
        location: Option<String>,
        /// The number of the execution, from 1.
        execution: u64,
    },
    /// The engine cannot search the body.
    Unsupported {
        /// Why it cannot.
        reason: String,
    },
}

impl Ending {
    /// Whether the search came to its end without a violation.
    pub fn is_whole(&self) -> bool {
        matches!(self, Ending::Exhausted | Ending::Searched { .. })
    }

    /// The verdict's name, and in brackets what it depends on: `bounded (time)`.
    pub fn words(&self) -> String {
        match self {
            Ending::Exhausted => "exhausted".to_owned(),
            Ending::Searched { not_seen } => format!("searched (without {})", not_seen.join(", ")),
            Ending::Bounded { stopped_by, not_seen } if not_seen.is_empty() => {
                format!("bounded ({stopped_by})")
            }
            Ending::Bounded { stopped_by, not_seen } => {
                format!("bounded ({stopped_by}; without {})", not_seen.join(", "))
            }
            Ending::Violated { violation, .. } => format!("violated ({violation})"),
            Ending::Unsupported { .. } => "unsupported".to_owned(),
        }
    }
}

impl From<&Report> for Ending {
    fn from(report: &Report) -> Self {
        let names = |gaps: &BTreeSet<Gap>| gaps.iter().map(|gap| gap.name().into()).collect();
        match &report.verdict {
            Verdict::Exhausted { .. } => Ending::Exhausted,
            Verdict::Searched { not_seen, .. } => Ending::Searched { not_seen: names(not_seen) },
            Verdict::Bounded { stopped_by, .. } => Ending::Bounded {
                stopped_by: stopped_by.name().into(),
                not_seen: names(&report.not_seen),
            },
            Verdict::Violated(Counterexample {
                violation, message, location, execution, ..
            }) => Ending::Violated {
                violation: violation.to_string(),
                message: message.clone(),
                location: location.clone(),
                execution: *execution,
            },
            Verdict::Unsupported { reason } => Ending::Unsupported { reason: reason.to_string() },
        }
    }
}

/// What is known about a search besides its report.
pub(crate) struct Search<'s> {
    pub(crate) place: String,
    pub(crate) engine: &'static str,
    pub(crate) time: Duration,
    pub(crate) cpu_time: Option<Duration>,
    /// Where its operations are, if none is broken.
    pub(crate) sites: Option<&'s Sites>,
    pub(crate) with_operations: bool,
}

impl ModelRun {
    /// Whether the model was searched again after that: without a limit on preemptions.
    pub fn is_only_first(&self) -> bool {
        self.preemptions_max.is_some()
    }

    /// The search that the calling thread has made.
    pub(crate) fn new(search: Search<'_>, report: &Report) -> Self {
        let extent = search.sites.map(Sites::extent);
        let operations = search.sites.filter(|_| search.with_operations);
        ModelRun {
            test: std::thread::current().name().map(str::to_owned),
            place: search.place,
            engine: search.engine.to_owned(),
            preemptions_max: None,
            ending: Ending::from(report),
            executions: report.executions,
            blocked: report.executions.saturating_sub(report.finished),
            threads: extent.map(|Extent { threads, .. }| threads),
            objects_shared: extent.map(|Extent { objects_shared, .. }| objects_shared),
            ms: search.time.as_millis() as u64,
            cpu_ms: search.cpu_time.map(|time| time.as_millis() as u64),
            remarks: report.remarks.iter().map(ToString::to_string).collect(),
            operations: operations.map_or_else(Vec::new, Sites::performed),
        }
    }
}
