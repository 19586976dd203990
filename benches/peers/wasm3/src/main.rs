//! `drawloom-peer-wasm3 FILE COUNT` calls the function `run` of a workload's WebAssembly text, and
//! prints its result and the CPU seconds of the call; without arguments it prints wasm3's version.

use std::error::Error;
use std::time::Duration;

use cpu_time::ProcessTime;
use wasm3::{Environment, Module};

/// Slots of wasm3's stack, far more than any workload needs.
const STACK_SLOTS: u32 = 1 << 16;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [] => println!("wasm3 {}", version()),
        [file, count] => {
            let (result, time) = measure(&wat::parse_file(file)?, count.parse()?)?;
            println!("{result} {}", time.as_secs_f64());
        }
        _ => return Err("usage: drawloom-peer-wasm3 FILE COUNT".into()),
    }
    Ok(())
}

/// The version of the sources that the crate brings.
fn version() -> String {
    String::from_utf8_lossy(wasm3::wasm3_sys::M3_VERSION).trim_end_matches('\0').to_owned()
}

/// Calls `run` once; its result, and the CPU time of the call.
fn measure(binary: &[u8], count: i64) -> Result<(i64, Duration), Box<dyn Error>> {
    let environment = Environment::new()?;
    let runtime = environment.create_runtime(STACK_SLOTS)?;
    let parsed = Module::parse(&environment, binary)?;
    let mut module = runtime.load_module(parsed)?;
    // Only one workload imports it; the others have nothing to link.
    let add = |_: wasm3::CallContext<'_>, (a, b): (i64, i64)| Ok(a.wrapping_add(b));
    match module.link_closure("host", "add", add) {
        Ok(()) | Err(wasm3::error::Error::FunctionNotFound) => {}
        Err(error) => return Err(error.into()),
    }
    // Functions that this one calls are compiled at their first call, which takes microseconds.
    let run = module.find_function::<i64, i64>("run")?;
    let start = ProcessTime::now();
    let result = run.call(count)?;
    Ok((result, start.elapsed()))
}
