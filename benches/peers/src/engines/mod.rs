//! The interpreters that are compared, behind one small trait.
//!
//! An engine gets everything ready, then takes the CPU time of one call. What is compiled, loaded and
//! instantiated before the call is not counted, except by drawloom itself, whose programs are
//! initialised and run in one.

mod child;
mod guest;
mod lua;
mod wasm;

use std::fmt;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::workloads::Workload;

/// An interpreter, as options and tables name it. The order is that of the tables' columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum EngineId {
    /// drawloom's native machine
    Drawloom,
    /// Lua 5.4
    Lua,
    /// LuaJIT with its JIT off
    Luajit,
    /// wasmi
    Wasmi,
    /// wasm3
    Wasm3,
    /// CPython
    Python,
}

impl EngineId {
    pub(crate) const ALL: [EngineId; 6] = [
        EngineId::Drawloom,
        EngineId::Lua,
        EngineId::Luajit,
        EngineId::Wasmi,
        EngineId::Wasm3,
        EngineId::Python,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            EngineId::Drawloom => "drawloom",
            EngineId::Lua => "Lua 5.4",
            EngineId::Luajit => "LuaJIT, JIT off",
            EngineId::Wasmi => "wasmi",
            EngineId::Wasm3 => "wasm3",
            EngineId::Python => "CPython",
        }
    }
}

impl fmt::Display for EngineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What one run of a workload gave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measured {
    pub(crate) result: i64,
    /// CPU time of the work alone.
    pub(crate) seconds: f64,
}

/// A way to run workloads.
pub(crate) trait Engine {
    /// Which one this is, as it says itself where it does.
    fn version(&self) -> &str;

    /// Whether its language has what the workload needs.
    fn can_run(&self, _workload: &Workload) -> bool {
        true
    }

    /// Runs a workload once.
    fn run(&mut self, workload: &Workload, count: i64) -> Result<Measured>;
}

/// Gets an engine ready.
///
/// # Errors
/// It is not installed, or cannot be built here.
pub(crate) fn open(id: EngineId) -> Result<Box<dyn Engine>> {
    Ok(match id {
        EngineId::Drawloom => Box::new(guest::Guest::new()),
        EngineId::Lua => Box::new(lua::Lua54::new()?),
        EngineId::Luajit => Box::new(child::Child::luajit()?),
        EngineId::Wasmi => Box::new(wasm::Wasmi::new()),
        EngineId::Wasm3 => Box::new(child::Child::wasm3()?),
        EngineId::Python => Box::new(child::Child::python()?),
    })
}

/// The folder of this package.
fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Where a workload's text in a language is.
fn text_path(workload: &Workload, ending: &str) -> PathBuf {
    folder().join("workloads").join(workload.name).with_extension(ending)
}

/// A workload's text in a language.
fn text(workload: &Workload, ending: &str) -> Result<String> {
    let path = text_path(workload, ending);
    std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
}

/// The version of a crate that this program was built with.
fn locked_version(name: &str) -> &'static str {
    let entry = format!("name = \"{name}\"\nversion = \"");
    let (_, rest) =
        include_str!("../../Cargo.lock").split_once(&entry).expect("it is a dependency");
    rest.split('"').next().expect("split gives at least one")
}
