//! Runs the native machine, and nothing else: `workload NAME COUNT` runs one workload of the benchmarks, and prints its
//! result and how many units of work that took; `workload FILE` runs a guest program to its end.
//!
//! `benches/callgrind.sh` counts the instructions that this takes, and `scripts/memcheck` looks at its accesses.

#[path = "mod.rs"]
mod workloads;

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use drawloom::interp::compile_from;
use drawloom::lang::Language;
use drawloom::native::Loading;
use drawloom::{il, lang};
use workloads::{WORKLOADS, registry, run, workload};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [file] if Language::of_path(Path::new(file)).is_some() => match run_file(Path::new(file)) {
            Ok(code) => ExitCode::from(code as u8),
            Err(error) => {
                eprintln!("{file}: {error}");
                ExitCode::from(2)
            }
        },
        [name, count] => {
            let (Some(workload), Ok(count)) = (workload(name), count.parse()) else {
                return usage();
            };
            let result = run(&workload.code(), &registry(), count);
            println!("{result} after {} units ({})", (workload.units)(count), workload.unit);
            ExitCode::SUCCESS
        }
        _ => usage(),
    }
}

/// What the program's main returns. Its output goes to stdout.
fn run_file(file: &Path) -> Result<i64, Box<dyn Error>> {
    let language = Language::of_path(file).ok_or("its ending is that of no language")?;
    let text = fs::read_to_string(file)?;
    let verified = lang::compile(language, &text).and_then(il::verify);
    let verified = verified.map_err(|findings| format!("{findings:?}"))?;
    let code =
        compile_from(&verified, &text, "main").map_err(|findings| format!("{findings:?}"))?;
    let program = Loading::new(code).output(std::io::stdout()).initialise();
    program.run().result.map_err(|trap| format!("it trapped: {trap:?}").into())
}

fn usage() -> ExitCode {
    let names: Vec<&str> = WORKLOADS.iter().map(|workload| workload.name).collect();
    eprintln!("usage: workload NAME COUNT | workload FILE\nNAME is one of: {}", names.join(", "));
    ExitCode::from(2)
}
