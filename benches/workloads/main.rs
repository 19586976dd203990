//! Runs one workload of the benchmarks: `workload NAME COUNT` prints its result and how many units of work that took.
//!
//! `benches/callgrind.sh` counts the instructions that this takes.

#[path = "mod.rs"]
mod workloads;

use std::process::ExitCode;

use workloads::{WORKLOADS, registry, run, workload};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, count] = arguments.as_slice() else { return usage() };
    let (Some(workload), Ok(count)) = (workload(name), count.parse()) else { return usage() };
    let result = run(&workload.code(), &registry(), count);
    println!("{result} after {} units ({})", (workload.units)(count), workload.unit);
    ExitCode::SUCCESS
}

fn usage() -> ExitCode {
    let names: Vec<&str> = WORKLOADS.iter().map(|workload| workload.name).collect();
    eprintln!("usage: workload NAME COUNT\nNAME is one of: {}", names.join(", "));
    ExitCode::from(2)
}
