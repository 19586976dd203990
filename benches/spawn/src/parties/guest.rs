//! drawloom's guest threads: the program of `guest/jobs.il` in one of the models.

use std::sync::{Arc, Mutex};

use anyhow::{Result, anyhow, ensure};
use drawloom::il::{self, Type};
use drawloom::interp::compile_from;
use drawloom::native::{Extern, Limits, Loading, Registry, ThreadModel};

use crate::job::{Job, Size};
use crate::meter::Meter;

const TEXT: &str = include_str!("../../guest/jobs.il");

/// Runs a job.
pub(super) fn run(model: ThreadModel, job: Job, size: Size, meter: &mut Meter) -> Result<()> {
    let module = il::parse(TEXT).map_err(|errors| anyhow!("it does not parse: {errors:?}"))?;
    let module = il::verify(module).map_err(|errors| anyhow!("it does not verify: {errors:?}"))?;
    let code = compile_from(&module, TEXT, job.name())
        .map_err(|errors| anyhow!("it does not compile: {errors:?}"))?;
    let reads = Arc::new(Mutex::new((Meter::default(), Ok(()))));
    let limits = Limits {
        // And main.
        threads: size.count + 1,
        // A handle and a gate for each thread, and some.
        memory_cells: 2 * size.len() + (1 << 16),
        ..Limits::default()
    };
    let program = Loading::new(code)
        .limits(limits)
        .threads(model)
        .registry(Arc::new(registry(&reads)?))
        .entry_arguments(vec![size.count.into(), size.passes, size.sleep_ms.into()])
        .initialise();
    let finished = program.run();
    let result = finished.result.map_err(|trap| anyhow!("{trap}"))?;
    ensure!(result == 0, "the guest returned {result}");
    let mut reads = reads.lock().expect("no reading panics");
    std::mem::replace(&mut reads.1, Ok(()))?;
    *meter = std::mem::take(&mut reads.0);
    Ok(())
}

/// The meter, and the first error of a reading.
type Reads = Arc<Mutex<(Meter, Result<()>)>>;

/// A method of the meter.
type Read = fn(&mut Meter) -> Result<()>;

/// The host's functions that the guest calls.
fn registry(reads: &Reads) -> Result<Registry> {
    let registry = Registry::new();
    let functions: [(&str, Read); 4] = [
        ("Bench.Before", Meter::before),
        ("Bench.Full", Meter::full),
        ("Bench.Begin", Meter::begin),
        ("Bench.End", Meter::end),
    ];
    for (name, read) in functions {
        let reads = Arc::clone(reads);
        let function = Extern::new(name, &[], Type::Void, move |_| {
            let (meter, first) = &mut *reads.lock().expect("no reading panics");
            let result = read(meter);
            if first.is_ok() {
                *first = result;
            }
            0
        });
        registry.register(function).map_err(|conflict| anyhow!("{conflict}"))?;
    }
    Ok(registry)
}
