//! What is compared. Each party runs a job in a process of its own, and prints one line of JSON: a [`Sample`].
//!
//! drawloom, tokio, rayon and the host's threads are in this program, which starts itself again for them. Go and Java
//! are programs of `peers/`, built here if their tools are there.

mod guest;
mod host;
mod outside;
mod pool;
mod tasks;

use std::ffi::OsString;
use std::fmt;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::ValueEnum;
use drawloom::native::ThreadModel;

use crate::job::{Job, Sample, Size};
use crate::meter::Meter;

/// A kind of thread, and how many threads of the host it has. The order is that of the tables' rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Party {
    /// drawloom's green threads: one worker
    DrawloomGreen,
    /// drawloom's virtual threads on two workers
    DrawloomVirtual,
    /// drawloom's native threads, which are threads of the host
    DrawloomNative,
    /// tokio's tasks on its runtime for one thread
    TokioCurrent,
    /// tokio's tasks on its runtime for several threads, with two workers
    TokioMulti,
    /// rayon's tasks on a pool of one thread
    RayonOne,
    /// rayon's tasks on a pool of two threads
    RayonTwo,
    /// Goroutines, GOMAXPROCS=1
    GoOne,
    /// Goroutines, GOMAXPROCS=2
    GoTwo,
    /// Java's virtual threads, parallelism 1
    JavaOne,
    /// Java's virtual threads, parallelism 2
    JavaTwo,
    /// The host's threads, by `std::thread`
    Std,
}

impl Party {
    pub(crate) const ALL: [Party; 12] = [
        Party::DrawloomGreen,
        Party::DrawloomVirtual,
        Party::DrawloomNative,
        Party::TokioCurrent,
        Party::TokioMulti,
        Party::RayonOne,
        Party::RayonTwo,
        Party::GoOne,
        Party::GoTwo,
        Party::JavaOne,
        Party::JavaTwo,
        Party::Std,
    ];

    /// What the others are compared with.
    pub(crate) const BASE: Party = Party::DrawloomGreen;

    /// In tables and in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Party::DrawloomGreen => "drawloom, green",
            Party::DrawloomVirtual => "drawloom, virtual, 2 workers",
            Party::DrawloomNative => "drawloom, native",
            Party::TokioCurrent => "tokio, current thread",
            Party::TokioMulti => "tokio, 2 workers",
            Party::RayonOne => "rayon, 1 thread",
            Party::RayonTwo => "rayon, 2 threads",
            Party::GoOne => "Go, GOMAXPROCS=1",
            Party::GoTwo => "Go, GOMAXPROCS=2",
            Party::JavaOne => "Java virtual, parallelism 1",
            Party::JavaTwo => "Java virtual, parallelism 2",
            Party::Std => "std::thread",
        }
    }

    /// Whether each of its threads is a thread of the host, of which there cannot be a million.
    pub(crate) fn is_heavy(self) -> bool {
        matches!(self, Party::DrawloomNative | Party::Std)
    }

    /// Whether its threads can do what the job asks for.
    pub(crate) fn can_do(self, job: Job) -> bool {
        let only_starts = matches!(self, Party::RayonOne | Party::RayonTwo);
        !only_starts || matches!(job, Job::Start | Job::Turns)
    }

    /// Runs a job in this process.
    ///
    /// # Errors
    /// The party is another program; the job fails; this system has no `/proc`.
    pub(crate) fn run(self, job: Job, size: Size) -> Result<Sample> {
        const TWO: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);
        let mut meter = Meter::default();
        let into = &mut meter;
        match self {
            Party::DrawloomGreen => guest::run(ThreadModel::Green, job, size, into)?,
            Party::DrawloomVirtual => guest::run(ThreadModel::Virtual(TWO), job, size, into)?,
            Party::DrawloomNative => guest::run(ThreadModel::Native, job, size, into)?,
            Party::TokioCurrent => tasks::run(None, job, size, into)?,
            Party::TokioMulti => tasks::run(Some(2), job, size, into)?,
            Party::RayonOne => pool::run(1, job, size, into)?,
            Party::RayonTwo => pool::run(2, job, size, into)?,
            Party::Std => host::run(job, size, into)?,
            Party::GoOne | Party::GoTwo | Party::JavaOne | Party::JavaTwo => {
                bail!("{self} is a program of its own")
            }
        }
        meter.sample()
    }

    /// Gets a party ready. What it builds goes to the folder `built`.
    ///
    /// # Errors
    /// It is not installed, or cannot be built here.
    pub(crate) fn open(self, built: &Path) -> Result<Opened> {
        match self {
            Party::GoOne => outside::go(1, built),
            Party::GoTwo => outside::go(2, built),
            Party::JavaOne => outside::java(1, built),
            Party::JavaTwo => outside::java(2, built),
            own => Opened::own(own),
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A party that can be started.
#[derive(Debug)]
pub(crate) struct Opened {
    version: String,
    program: OsString,
    /// What comes before the job.
    arguments: Vec<OsString>,
    variables: Vec<(&'static str, String)>,
    /// Whether the numbers after the job have names.
    has_options: bool,
}

impl Opened {
    /// One that is in this program.
    fn own(party: Party) -> Result<Self> {
        let version = match party {
            Party::TokioCurrent | Party::TokioMulti => locked_version("tokio"),
            Party::RayonOne | Party::RayonTwo => locked_version("rayon"),
            Party::Std => "that of rustc",
            _ => locked_version("drawloom"),
        };
        let value = party.to_possible_value().expect("no party is hidden");
        Ok(Opened {
            version: version.to_owned(),
            program: std::env::current_exe()?.into(),
            arguments: vec!["one".into(), value.get_name().into()],
            variables: vec![],
            has_options: true,
        })
    }

    /// Which one this is, as it says itself where it does.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// Runs a job in a process of its own.
    ///
    /// # Errors
    /// It cannot be started, fails, takes longer than the limit, or prints something else than a sample.
    pub(crate) fn run(&self, job: Job, size: Size, limit: Duration) -> Result<Sample> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).arg(job.name());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        let Size { count, passes, sleep_ms } = size;
        let numbers =
            [("--count", count.into()), ("--passes", passes), ("--sleep-ms", sleep_ms.into())];
        for (name, value) in numbers {
            if self.has_options {
                command.arg(name);
            }
            command.arg(value.to_string());
        }
        Ok(serde_json::from_str(&crate::child::output(&mut command, limit)?)?)
    }
}

/// The version of a crate that this program was built with.
fn locked_version(name: &str) -> &'static str {
    let entry = format!("name = \"{name}\"\nversion = \"");
    let (_, rest) =
        include_str!("../../Cargo.lock").split_once(&entry).expect("it is a dependency");
    rest.split('"').next().expect("split gives at least one")
}
