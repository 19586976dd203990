//! wasmi, an interpreter for WebAssembly in Rust, linked into this program.

use anyhow::Result;
use cpu_time::ProcessTime;
use wasmi::{CompilationMode, Config, Linker, Module, Store};

use super::{Engine, Measured, locked_version, text};
use crate::workloads::Workload;

pub(super) struct Wasmi {
    engine: wasmi::Engine,
}

impl Wasmi {
    pub(super) fn new() -> Self {
        let mut config = Config::default();
        // As it comes it translates a function at its first call, which would be in the measurement.
        config.compilation_mode(CompilationMode::Eager);
        Wasmi { engine: wasmi::Engine::new(&config) }
    }
}

impl Engine for Wasmi {
    fn version(&self) -> &str {
        locked_version("wasmi")
    }

    fn run(&mut self, workload: &Workload, count: i64) -> Result<Measured> {
        let module = Module::new(&self.engine, text(workload, "wat")?)?;
        let mut store = Store::new(&self.engine, ());
        let mut linker = Linker::new(&self.engine);
        linker.func_wrap("host", "add", |a: i64, b: i64| a.wrapping_add(b))?;
        let instance = linker.instantiate_and_start(&mut store, &module)?;
        let run = instance.get_typed_func::<i64, i64>(&store, "run")?;
        let start = ProcessTime::now();
        let result = run.call(&mut store, count)?;
        Ok(Measured { result, seconds: start.elapsed().as_secs_f64() })
    }
}
