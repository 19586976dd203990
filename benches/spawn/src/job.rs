//! The jobs, what a party needs to know of one, and what it gives back.

use std::fmt;
use std::time::Duration;

use clap::builder::RangedI64ValueParser;
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

/// What is measured, in the order of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Job {
    /// All threads are started, and then joined
    Start,
    /// Each thread is joined before the next one is started
    Turns,
    /// All threads wait, and one call lets them go on
    Parked,
    /// Threads in a ring pass a token
    Ring,
    /// All threads sleep, a second if nothing else is asked for
    Sleepers,
}

impl Job {
    pub(crate) const ALL: [Job; 5] =
        [Job::Start, Job::Turns, Job::Parked, Job::Ring, Job::Sleepers];

    /// As options, other programs and JSON name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Job::Start => "start",
            Job::Turns => "turns",
            Job::Parked => "parked",
            Job::Ring => "ring",
            Job::Sleepers => "sleepers",
        }
    }
}

impl fmt::Display for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Reads a number of threads. Main is one more.
pub(crate) fn threads() -> RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..i64::from(u32::MAX))
}

/// How much of a job.
#[derive(Args, Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Size {
    /// Threads
    #[arg(long, value_parser = threads())]
    pub(crate) count: u32,
    /// Passes of the token, a multiple of the threads
    #[arg(long, default_value_t = 0)]
    pub(crate) passes: u64,
    /// Milliseconds that sleepers sleep
    #[arg(long, default_value_t = 1000)]
    pub(crate) sleep_ms: u32,
}

impl Size {
    /// Threads, as a length.
    pub(crate) fn len(self) -> usize {
        self.count as usize
    }

    /// Threads that are started and joined before those that are measured: a tenth.
    pub(crate) fn warm_up(self) -> usize {
        self.len() / 10
    }

    /// How long sleepers sleep.
    pub(crate) fn sleep(self) -> Duration {
        Duration::from_millis(self.sleep_ms.into())
    }

    /// How often each thread of the ring passes the token.
    pub(crate) fn rounds(self) -> u64 {
        self.passes / u64::from(self.count)
    }
}

/// What one run of a job gave: the line that a party prints.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sample {
    /// What the job's clock says.
    pub(crate) seconds: f64,
    /// CPU time of the whole process meanwhile, in hundredths of a second.
    pub(crate) cpu_seconds: f64,
    /// Resident memory with all threads there, less that before the first one; of jobs that look at it.
    pub(crate) bytes: Option<i64>,
    /// From the job's clock on until all threads had begun; of jobs that look at it.
    pub(crate) begun_seconds: Option<f64>,
}
