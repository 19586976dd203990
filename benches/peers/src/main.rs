//! drawloom's interpreter beside those that a user could pick instead.
//!
//! `cargo run --release --manifest-path benches/peers/Cargo.toml` measures the ten workloads of
//! `benches/workloads/` on every engine that is there, and prints the ratios of CPU times. The texts
//! for the other engines are in `workloads/`; all engines must give the same results.

mod chart;
mod engines;
#[path = "../../common/files.rs"]
mod files;
mod lua;
#[path = "../../common/machine.rs"]
mod machine;
mod report;
mod rounds;
#[path = "../../common/shuffle.rs"]
mod shuffle;
#[path = "../../common/spread.rs"]
mod spread;
mod statistics;
#[path = "../../workloads/mod.rs"]
mod workloads;

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use clap::builder::PossibleValuesParser;

use engines::EngineId;
use files::write_whole;
use machine::Machine;
use report::Report;
use rounds::Task;
use workloads::{WORKLOADS, Workload};

/// Measures drawloom's interpreter beside others.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// How often every engine runs every workload
    #[arg(long, value_name = "COUNT", default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// What the random order begins with
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Engines to measure besides Lua 5.4, which the others are compared with
    #[arg(long, value_name = "NAMES", value_enum, value_delimiter = ',', default_values_t = EngineId::ALL)]
    engines: Vec<EngineId>,
    /// Workloads to measure
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = names())]
    workloads: Vec<String>,
    /// Write the geometric means as a bar chart
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write all times
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// A tenth of the work, to see that everything runs: the numbers mean little
    #[arg(long)]
    quick: bool,
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(WORKLOADS.iter().map(|workload| workload.name))
}

impl Options {
    fn tasks(&self) -> Vec<Task> {
        let is_chosen = |workload: &&Workload| {
            self.workloads.is_empty() || self.workloads.iter().any(|name| name == workload.name)
        };
        let task = |workload: &'static Workload| {
            let count = if self.quick { workload.short_count() } else { workload.count };
            Task { workload, count }
        };
        WORKLOADS.iter().filter(is_chosen).map(task).collect()
    }
}

fn main() -> Result<()> {
    let options = Options::parse();
    // Before the measuring, in case somebody commits meanwhile.
    let machine = Machine::here();
    let (mut opened, mut skipped) = (vec![], vec![]);
    for id in EngineId::ALL {
        if id != EngineId::Lua && !options.engines.contains(&id) {
            continue;
        }
        // Some are built here, which takes a minute or two the first time.
        eprintln!("getting {id} ready");
        match engines::open(id) {
            Ok(engine) => opened.push((id, engine)),
            Err(error) => skipped.push((id, format!("{error:#}"))),
        }
    }
    let tasks = options.tasks();
    let progress = |round| eprintln!("round {round} of {}", options.rounds);
    let measurements =
        rounds::measure(&mut opened, &tasks, options.rounds, options.seed, progress)?;
    let report = Report {
        machine,
        rounds: options.rounds,
        seed: options.seed,
        engines: opened.iter().map(|(id, engine)| (*id, engine.version().to_owned())).collect(),
        skipped,
        tasks,
        measurements,
    };
    print!("{}", report.markdown());
    if let Some(path) = &options.svg {
        write_whole(path, &chart::chart(&report))?;
    }
    if let Some(path) = &options.json {
        write_whole(path, &report.json())?;
    }
    Ok(())
}
