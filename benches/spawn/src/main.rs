//! What a thread costs: drawloom's guest threads beside the light threads that a user could pick instead.
//!
//! `cargo run --release --manifest-path benches/spawn/Cargo.toml` lets every party that is there do five jobs, in
//! turns, and prints their times and their memory as tables. Each run of a job is a process of its own.

mod begun;
mod child;
#[path = "../../common/files.rs"]
mod files;
mod job;
#[path = "../../common/machine.rs"]
mod machine;
mod meter;
mod parties;
mod report;
mod rounds;
#[path = "../../common/shuffle.rs"]
mod shuffle;
#[path = "../../common/spread.rs"]
mod spread;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

use files::write_whole;
use job::{Job, Size, threads};
use machine::Machine;
use parties::Party;
use report::Report;
use rounds::Plan;

/// Measures what threads cost, drawloom's and others.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Options {
    #[command(subcommand)]
    command: Option<OptionsCommand>,
    /// How often every party does every job
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// What the random order begins with
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Threads of parties whose threads are data
    #[arg(long, default_value_t = 1_000_000, value_parser = threads())]
    count: u32,
    /// Threads of parties whose threads are the host's
    #[arg(long, value_name = "COUNT", default_value_t = 10_000, value_parser = threads())]
    host_count: u32,
    /// Threads in the ring, of parties of both kinds
    #[arg(long, value_name = "COUNT", default_value_t = 10_000, value_parser = threads())]
    ring_count: u32,
    /// Passes of the token in the ring
    #[arg(long, value_name = "COUNT", default_value_t = 1_000_000)]
    passes: u64,
    /// Milliseconds that sleepers sleep
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 1000)]
    sleep_ms: u32,
    /// Seconds that one run of a job may take
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    limit: u64,
    /// Parties to measure besides drawloom's green threads, which the others are compared with
    #[arg(long, value_name = "NAMES", value_enum, value_delimiter = ',', default_values_t = Party::ALL)]
    parties: Vec<Party>,
    /// Jobs to do
    #[arg(long, value_name = "NAMES", value_enum, value_delimiter = ',', default_values_t = Job::ALL)]
    jobs: Vec<Job>,
    /// Write all times and bytes
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Subcommand)]
enum OptionsCommand {
    /// Does one job in this process and prints its times and bytes as a line of JSON
    One {
        #[arg(value_enum)]
        party: Party,
        #[arg(value_enum)]
        job: Job,
        #[command(flatten)]
        size: Size,
    },
}

impl Options {
    fn plan(&self) -> Plan {
        Plan {
            rounds: self.rounds,
            seed: self.seed,
            limit: Duration::from_secs(self.limit),
            count: self.count,
            host_count: self.host_count,
            ring_count: self.ring_count,
            passes: self.passes,
            sleep_ms: self.sleep_ms,
        }
    }
}

fn main() -> Result<()> {
    let options = Options::parse();
    if let Some(OptionsCommand::One { party, job, size }) = options.command {
        println!("{}", serde_json::to_string(&party.run(job, size)?)?);
        return Ok(());
    }
    if options.passes < u64::from(options.ring_count) {
        let message =
            "--passes must be at least --ring-count: each thread of the ring passes the token";
        Options::command().error(ErrorKind::ValueValidation, message).exit();
    }
    compare(&options)
}

/// Measures all parties, and reports.
fn compare(options: &Options) -> Result<()> {
    // Before the measuring, in case somebody commits meanwhile.
    let machine = Machine::here();
    let built = tempfile::tempdir()?;
    let (mut opened, mut missing) = (vec![], vec![]);
    for party in Party::ALL {
        if party != Party::BASE && !options.parties.contains(&party) {
            continue;
        }
        match party.open(built.path()) {
            Ok(one) => opened.push((party, one)),
            Err(error) => missing.push((party, format!("{error:#}"))),
        }
    }
    let jobs: Vec<Job> = Job::ALL.into_iter().filter(|job| options.jobs.contains(job)).collect();
    let plan = options.plan();
    let measurements = rounds::measure(&opened, &jobs, &plan, |text| eprintln!("{text}"));
    let parties = opened.iter().map(|(party, one)| (*party, one.version().to_owned())).collect();
    let report = Report { machine, plan, jobs, parties, missing, measurements };
    print!("{}", report.markdown());
    if let Some(path) = &options.json {
        write_whole(path, &report.json())?;
    }
    let failures = report.measurements.failures().count();
    ensure!(failures == 0, "{failures} of the measurements failed: see the lines 'failed'");
    Ok(())
}
