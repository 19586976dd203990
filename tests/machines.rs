//! What a program does is the same on both machines, and the fast one takes no native stack for it.
#![cfg(feature = "cli")]

use std::cell::Cell;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use drawloom::interp::Code;
use drawloom::lang::Language;
use drawloom::{
    il, interp,
    native::{Extern, Finished, Limits, Loading, MachineKind, Registry},
};

#[path = "common/guest.rs"]
mod guest;
#[path = "../benches/workloads/mod.rs"]
mod workloads;

use guest::{Printed, code_of};

const MACHINES: [MachineKind; 2] = [MachineKind::Fast, MachineKind::Safe];

const LOOP: &str = "il 0.3.0
func @spin(i64 %n) -> i64 {
entry:
  br ^loop(%n, 1)
loop(%left: i64, %word: i64):
  %mixed = xor %word, %left
  %twice = add %mixed, %mixed
  %still = isub.ovf %left, 1
  %again = scmp_gt %still, 0
  cbr %again, ^loop(%still, %twice), ^done
done:
  ret %twice
}
";

fn spin(times: u64, machine: MachineKind) -> Finished {
    let module = il::verify(il::parse(LOOP).expect("it parses")).expect("it verifies");
    let code = interp::compile_from(&module, LOOP, "spin").expect("it compiles");
    let program = Loading::new(code).entry_arguments(vec![times]).machine(machine);
    program.initialise().run()
}

#[test]
fn a_hundred_million_instructions_take_no_native_stack() {
    // 64 KiB would not hold a byte for each.
    let thread = std::thread::Builder::new().stack_size(64 << 10);
    let run = thread.spawn(|| spin(25_000_000, MachineKind::Fast)).expect("a thread");
    let finished = run.join().expect("the stack was large enough");
    assert_eq!(finished.steps, 25_000_000 - 1);
    assert!(finished.result.is_ok());
}

#[test]
fn both_machines_count_the_same_steps() {
    assert_eq!(spin(1_000, MachineKind::Fast), spin(1_000, MachineKind::Safe));
}

/// What a program does and prints, on each machine.
fn on_both(loading: impl Fn() -> Loading) -> [(Finished, String); 2] {
    MACHINES.map(|machine| {
        let printed = Printed::default();
        let program = loading().machine(machine).output(printed.clone()).initialise();
        (program.run(), printed.text())
    })
}

#[test]
fn programs_of_one_thread_do_the_same_on_both_machines() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/correct");
    let mut compared = 0;
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("it has entries").path();
        let Some(language) = Language::of_path(&path) else { continue };
        let text = fs::read_to_string(&path).expect("a program is a text");
        let limits = Limits { steps: Some(1_000_000), ..Limits::default() };
        let code = code_of(language, &text);
        let [fast, safe] = on_both(|| Loading::new(code.clone()).limits(limits));
        if fast.0.threads == 1 {
            assert_eq!(fast, safe, "{}", path.display());
            compared += 1;
        }
    }
    assert!(compared >= 8, "{compared} programs of one thread");
}

#[test]
fn the_workloads_do_the_same_on_both_machines() {
    for workload in &workloads::WORKLOADS {
        let count = if workload.name == "fib" { 15 } else { (workload.count / 10_000).max(1) };
        let code = workload.code();
        let [fast, safe] = on_both(|| {
            let loading = Loading::new(code.clone()).registry(workloads::registry());
            loading.entry_arguments(vec![count as u64])
        });
        assert_eq!(fast, safe, "{}", workload.name);
        assert!(fast.0.result.is_ok(), "{}: {:?}", workload.name, fast.0.result);
    }
}

#[test]
fn both_machines_stop_at_the_same_depth_and_the_same_step() {
    let text = "func @down(i64 %n) -> i64 {
entry:
  %next = iadd.ovf %n, 1
  %below = call @down(%next)
  %sum = iadd.ovf %below, %n
  ret %sum
}
func @main() -> i64 {
entry:
  %x = call @down(0)
  ret %x
}
";
    let code = code_of(Language::Il, &guest::with_externs(text));
    // Every way in which a last frame can fail to fit, and a slice can end.
    for over in 0..40 {
        for (steps, slice) in [(None, 7), (Some(60 + over), 1 + over as u32 % 9)] {
            let limits =
                Limits { steps, slice, stack_words: 1000 + over as usize, ..Limits::default() };
            let [fast, safe] = on_both(|| Loading::new(code.clone()).limits(limits));
            assert_eq!(fast, safe, "{limits:?}");
            assert!(fast.0.result.is_err());
        }
    }
}

#[test]
fn every_cell_at_the_edges_of_memory_is_the_same_on_both_machines() {
    // Around null, the globals, the last cell, and the ends of what an address can say.
    let edges = [0, 8, 16, 8 * 63, 8 * 64, 8 * 65, 1 << 32, 1 << 61, 1 << 62, i64::MAX];
    let near = edges.into_iter().flat_map(|edge| (-9..=9).map(move |by| edge.wrapping_add(by)));
    for address in near.chain([i64::MIN, -8]) {
        for access in ["%x = load i64, %at", "store i64, %at, 5"] {
            let text = format!(
                "global i64 @first = 7
func @main() -> i64 {{
entry:
  %at = gep null, {address}
  {access}
  ret 1
}}
"
            );
            let code = code_of(Language::Il, &guest::with_externs(&text));
            let limits = Limits { memory_cells: 64, ..guest::small_limits() };
            let [fast, safe] = on_both(|| Loading::new(code.clone()).limits(limits));
            assert_eq!(fast, safe, "{access} at {address}");
            let is_cell = (8..8 * 64).contains(&address) && address % 8 == 0;
            assert_eq!(fast.0.result.is_ok(), is_cell, "{access} at {address}");
        }
    }
}

const CALLS: &str = "il 0.3.0
extern @Test.Host(i64) -> i64
func @calls(i64 %n) -> i64 {
entry:
  br ^loop(0)
loop(%i: i64):
  %x = call @Test.Host(%i)
  %next = iadd.ovf %i, 1
  %again = scmp_lt %next, %n
  cbr %again, ^loop(%next), ^done
done:
  ret %x
}
";

fn calls() -> Code {
    let module = il::verify(il::parse(CALLS).expect("it parses")).expect("it verifies");
    interp::compile_from(&module, CALLS, "calls").expect("it compiles")
}

fn host(function: impl Fn(i64) -> i64 + Send + Sync + 'static) -> Arc<Registry> {
    let registry = Registry::new();
    let function = move |call: &drawloom::native::ExternCall<'_>| function(call.int(0)) as u64;
    let host = Extern::new("Test.Host", &[il::Type::I64], il::Type::I64, function);
    registry.register(host).expect("not strict");
    Arc::new(registry)
}

#[test]
fn a_million_calls_of_the_host_take_no_native_stack() {
    let run = || {
        let loading = Loading::new(calls()).registry(host(|i| i + 1));
        loading.entry_arguments(vec![1_000_000]).initialise().run()
    };
    let thread = std::thread::Builder::new().stack_size(64 << 10).spawn(run).expect("a thread");
    let finished = thread.join().expect("the stack was large enough");
    assert_eq!(finished.result, Ok(1_000_000));
}

#[test]
fn a_panic_of_the_host_comes_out_of_run_with_its_payload() {
    #[derive(Debug, PartialEq)]
    struct Payload(i64);
    thread_local! {
        static IS_QUIET: Cell<bool> = const { Cell::new(false) };
    }
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !IS_QUIET.get() {
            hook(info);
        }
    }));
    IS_QUIET.set(true);
    for machine in MACHINES {
        let registry = host(|i| if i == 1000 { std::panic::panic_any(Payload(i)) } else { i });
        let loading = Loading::new(calls()).registry(registry).machine(machine);
        let program = loading.entry_arguments(vec![2000]).initialise();
        let payload = catch_unwind(AssertUnwindSafe(|| program.run())).expect_err("it panicked");
        assert_eq!(payload.downcast_ref(), Some(&Payload(1000)), "{machine:?}");
    }
}
