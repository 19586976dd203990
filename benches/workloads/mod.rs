//! The ten workloads of the interpreter's benchmarks, and how to run one on the native machine.
//!
//! A workload is a guest program beside this file, whose function of the same name takes a count and
//! returns an integer; its head says what it measures, and what a unit of work is. The six that the
//! machine's instructions were chosen by come first, the four that were held out after them.
//! `benches/interpreter.rs`, `benches/peers/`, `main.rs` and `tests/workloads.rs` include this file;
//! `benches/peers/workloads/` has the same work in other languages.
#![allow(dead_code)] // each of those uses a part of it

use std::sync::Arc;

use drawloom::interp::{Code, compile_from};
use drawloom::{
    il, lang,
    native::{Extern, Loading, Registry},
};

/// One guest program, and what a harness has to know of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Workload {
    /// The name of the file and of the function to start with.
    pub(crate) name: &'static str,
    /// What is counted.
    pub(crate) unit: &'static str,
    /// A count for which the native machine needs 50 to 150 ms, and Lua 5.4 three to four times that.
    pub(crate) count: i64,
    /// How many units of work a count asks for.
    pub(crate) units: fn(i64) -> i64,
    /// Whether the machine was not tuned on it.
    pub(crate) is_held_out: bool,
    text: &'static str,
}

/// The row of a workload: its file is found by its name.
macro_rules! workload {
    ($name:literal, $unit:literal, $count:expr, $units:expr, $is_held_out:expr) => {
        Workload {
            name: $name,
            unit: $unit,
            count: $count,
            units: $units,
            is_held_out: $is_held_out,
            text: include_str!(concat!($name, ".il")),
        }
    };
}

/// All of them, in the order of reports.
pub(crate) const WORKLOADS: [Workload; 10] = [
    workload!("fib", "call", 34, fib_calls, false),
    workload!("count", "iteration", 30_000_000, |n| n, false),
    workload!("sieve", "access", 600, |n| n * 71_578, false),
    workload!("matmul", "multiplication", 24, |n| n * 1_000_000, false),
    workload!("global", "increment", 30_000_000, |n| n, false),
    workload!("extern", "call", 8_000_000, |n| n, false),
    workload!("nbody", "step", 150_000, |n| n, true),
    workload!("hash", "byte", 30_000, |n| n * 1024, true),
    workload!("dispatch", "instruction", 2_000_000, |n| n * 8 + 1, true),
    workload!("trees", "node", 8_000, |n| n * 511, true),
];

/// The calls that `fib(n)` makes, itself included.
fn fib_calls(n: i64) -> i64 {
    let (mut before, mut calls) = (1, 1);
    for _ in 1..n {
        (before, calls) = (calls, before + calls + 1);
    }
    calls
}

/// The workload of this name.
pub(crate) fn workload(name: &str) -> Option<&'static Workload> {
    WORKLOADS.iter().find(|workload| workload.name == name)
}

impl Workload {
    /// A count for about a tenth of the work. The work of `fib` grows tenfold with five.
    pub(crate) fn short_count(&self) -> i64 {
        if self.name == "fib" { self.count - 5 } else { (self.count / 10).max(1) }
    }

    /// The program, compiled to start at its function.
    pub(crate) fn code(&self) -> Code {
        let module = lang::compile(lang::Language::Il, self.text).expect("it parses");
        let verified = il::verify(module).expect("it verifies");
        compile_from(&verified, self.text, self.name).expect("it compiles")
    }
}

/// The host's part of the workload `extern`.
pub(crate) fn registry() -> Arc<Registry> {
    let registry = Registry::new();
    let add =
        |call: &drawloom::native::ExternCall<'_>| call.int(0).wrapping_add(call.int(1)) as u64;
    let params = [il::Type::I64, il::Type::I64];
    registry
        .register(Extern::new("Host.Add", &params, il::Type::I64, add))
        .expect("it is the first");
    Arc::new(registry)
}

/// Runs a workload's code from the beginning; its result.
///
/// # Panics
/// If it traps: none does.
pub(crate) fn run(code: &Code, registry: &Arc<Registry>, count: i64) -> i64 {
    let program = Loading::new(code.clone())
        .registry(Arc::clone(registry))
        .entry_arguments(vec![count as u64])
        .initialise();
    program.run().result.unwrap_or_else(|trap| panic!("it trapped: {trap:?}"))
}
