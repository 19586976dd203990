//! Traps that the embedder's code raises: which VM they reach, and that none outlives its run.

use std::io::{self, BufReader, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use drawloom::interp::{TrapKind, compile};
use drawloom::{Extern, Finished, Loading, MachineKind, Registry, il, raise};

fn loading(text: &str, machine: MachineKind) -> Loading {
    let module = il::verify(il::parse(text).expect("it parses")).expect("it verifies");
    Loading::new(compile(&module, text).expect("it compiles")).machine(machine)
}

fn on_both(run: impl Fn(MachineKind) -> Finished) -> Finished {
    let (fast, safe) = (run(MachineKind::Fast), run(MachineKind::Safe));
    assert_eq!(fast.result, safe.result, "the machines agree");
    fast
}

/// An output and an input that trap.
struct Traps;

impl Write for Traps {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        raise(TrapKind::Overflow, "in the output");
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Traps {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        raise(TrapKind::DomainError, "in the input");
        Ok(0)
    }
}

const PRINTS_THEN_ADDS: &str = "il 0.3.0
extern @Viper.Terminal.SayInt(i64) -> void
global i64 @six = 6
func @main() -> i64 {
entry:
  %at = gaddr @six
  %n = load i64, %at
  %m = iadd.ovf %n, 1
  eh.push ^handler
  call @Viper.Terminal.SayInt(%m)
  ret 0
handler(%error: error, %token: resumetok):
  eh.entry
  %kind = trap.kind
  %hundred = imul.ovf %m, 100
  %sum = iadd.ovf %hundred, %kind
  ret %sum
}
";

#[test]
fn a_trap_in_the_output_goes_to_the_handler_around_the_print() {
    let finished =
        on_both(|machine| loading(PRINTS_THEN_ADDS, machine).output(Traps).initialise().run());
    // What was printed is still what it was: the handler reads it.
    assert_eq!(finished.result, Ok(700 + TrapKind::Overflow as i64));
}

#[test]
fn a_trap_in_the_output_of_an_unfinished_last_line_ends_the_run() {
    let text = "il 0.3.0
extern @Viper.Terminal.PrintI64(i64) -> void
func @main() -> i64 {
entry:
  call @Viper.Terminal.PrintI64(1)
  ret 0
}
";
    let finished = on_both(|machine| loading(text, machine).output(Traps).initialise().run());
    let trap = finished.result.expect_err("the line goes out at the end");
    assert_eq!((trap.kind, &*trap.message), (TrapKind::Overflow, "in the output"));
}

#[test]
fn a_trap_in_the_input_is_the_readers() {
    let text = "il 0.3.0
extern @Viper.Terminal.ReadLine() -> str
func @main() -> i64 {
entry:
  %line = call @Viper.Terminal.ReadLine()
  ret 0
}
";
    let finished =
        on_both(|machine| loading(text, machine).input(BufReader::new(Traps)).initialise().run());
    let trap = finished.result.expect_err("the input traps");
    assert_eq!((trap.kind, &*trap.message), (TrapKind::DomainError, "in the input"));
    assert_eq!(trap.backtrace[0].line, 5, "where it reads");
}

#[test]
fn the_first_trap_of_a_call_counts_and_its_result_does_not() {
    let registry = Arc::new(Registry::new());
    let twice = Extern::new("Test.Twice", &[], il::Type::I64, |_| {
        raise(TrapKind::Bounds, "the first");
        raise(TrapKind::Overflow, "the second");
        7
    });
    registry.register(twice).expect("not strict");
    let text = "il 0.3.0
extern @Test.Twice() -> i64
func @main() -> i64 {
entry:
  %n = call @Test.Twice()
  ret %n
}
";
    let finished =
        on_both(|machine| loading(text, machine).registry(registry.clone()).initialise().run());
    let trap = finished.result.expect_err("it traps");
    assert_eq!((trap.kind, &*trap.message), (TrapKind::Bounds, "the first"));
}

#[test]
fn a_trap_that_is_raised_before_a_panic_ends_with_its_run() {
    let registry = Arc::new(Registry::new());
    let panics = Extern::new("Test.Panic", &[], il::Type::Void, |_| {
        raise(TrapKind::Bounds, "nobody gets this");
        std::panic::resume_unwind(Box::new("the host function's own panic"));
    });
    let works = Extern::new("Test.Work", &[], il::Type::I64, |_| 7);
    for function in [panics, works] {
        registry.register(function).expect("not strict");
    }
    let text = "il 0.3.0
extern @Test.Panic() -> void
extern @Test.Work() -> i64
func @panics() -> i64 {
entry:
  call @Test.Panic()
  ret 0
}
func @main() -> i64 {
entry:
  %n = call @Test.Work()
  ret %n
}
";
    let module = il::verify(il::parse(text).expect("it parses")).expect("it verifies");
    let panicking = drawloom::interp::compile_from(&module, text, "panics").expect("it compiles");
    for machine in [MachineKind::Fast, MachineKind::Safe] {
        let program = Loading::new(panicking.clone()).machine(machine).registry(registry.clone());
        catch_unwind(AssertUnwindSafe(|| program.initialise().run())).expect_err("it panics");
        let finished = loading(text, machine).registry(registry.clone()).initialise().run();
        assert_eq!(finished.result, Ok(7));
    }
}
