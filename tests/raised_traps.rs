//! Traps that the embedder's code raises: which VM they reach, and that none outlives its run.
//!
//! Run twice, since runs inside of runs are refused where there are debug assertions: `tests/apart` runs them in a release build.

use std::io::{self, BufReader, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use drawloom::interp::{TrapKind, compile};
use drawloom::{
    il,
    native::{Extern, Finished, Loading, MachineKind, Registry, raise},
};

fn loading(text: &str, machine: MachineKind) -> Loading {
    let module = il::verify(il::parse(text).expect("it parses")).expect("it verifies");
    Loading::new(compile(&module, text).expect("it compiles")).machine(machine)
}

fn on_both(run: impl Fn(MachineKind) -> Finished) -> Finished {
    let (fast, safe) = (run(MachineKind::Fast), run(MachineKind::Safe));
    assert_eq!(fast.result, safe.result, "the machines agree");
    fast
}

/// What a host function does.
fn raises_and_panics() -> u64 {
    raise(TrapKind::Eof, "nobody gets this");
    std::panic::resume_unwind(Box::new("the host function's own panic"));
}

/// Runs a program whose host function panics.
fn panics(program: Loading) {
    catch_unwind(AssertUnwindSafe(|| program.initialise().run())).expect_err("it panics");
}

/// The end of a program: a handler that gives a hundred times a value from before the trap, and the
/// trap's kind.
macro_rules! handler {
    ($value:literal) => {
        concat!(
            "handler(%error: error, %token: resumetok):
  eh.entry
  %kind = trap.kind
  %hundred = imul.ovf ",
            $value,
            ", 100
  %sum = iadd.ovf %hundred, %kind
  ret %sum
}
"
        )
    };
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

const PRINTS_THEN_ADDS: &str = concat!(
    "il 0.3.0
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
",
    handler!("%m")
);

#[test]
fn a_trap_in_the_output_goes_to_the_handler_around_the_print() {
    let finished =
        on_both(|machine| loading(PRINTS_THEN_ADDS, machine).output(Traps).initialise().run());
    // The handler reads a value from before the print.
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
fn a_function_that_has_been_called_before_may_trap_the_next_time() {
    let text = concat!(
        "il 0.3.0
extern @Test.Host(i64) -> i64
func @main() -> i64 {
entry:
  %one = call @Test.Host(1)
  eh.push ^handler
  %two = call @Test.Host(2)
  ret 0
",
        handler!("%one")
    );
    let finished = on_both(|machine| {
        let calls = AtomicU64::new(0);
        let call = move || {
            if calls.fetch_add(1, Ordering::Relaxed) == 1 {
                raise(TrapKind::Bounds, "the second time");
            }
            7
        };
        with_host(text, machine, call).initialise().run()
    });
    assert_eq!(finished.result, Ok(700 + TrapKind::Bounds as i64));
}

#[test]
fn a_trap_that_is_raised_before_a_panic_ends_with_its_run() {
    let registry = Arc::new(Registry::new());
    let panicking = Extern::new("Test.Panic", &[], il::Type::Void, |_| raises_and_panics());
    let works = Extern::new("Test.Work", &[], il::Type::I64, |_| 7);
    for function in [panicking, works] {
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
        panics(program);
        let finished = loading(text, machine).registry(registry.clone()).initialise().run();
        assert_eq!(finished.result, Ok(7));
    }
}

const CALLS_HOST: &str = concat!(
    "il 0.3.0
extern @Test.Host(i64) -> i64
global i64 @six = 6
func @main() -> i64 {
entry:
  %at = gaddr @six
  %n = load i64, %at
  %m = iadd.ovf %n, 1
  eh.push ^handler
  %word = call @Test.Host(%m)
  ret %word
",
    handler!("%m")
);

/// A program that calls this once, with 7, and then gives 700 and the kind of the trap, or its result.
fn calling(machine: MachineKind, function: impl Fn() -> u64 + Send + Sync + 'static) -> Loading {
    with_host(CALLS_HOST, machine, function)
}

/// A program whose `@Test.Host` does this.
fn with_host(
    text: &str,
    machine: MachineKind,
    function: impl Fn() -> u64 + Send + Sync + 'static,
) -> Loading {
    let registry = Arc::new(Registry::new());
    let function = Extern::new("Test.Host", &[il::Type::I64], il::Type::I64, move |_| function());
    registry.register(function).expect("not strict");
    loading(text, machine).registry(registry)
}

fn caught(kind: TrapKind) -> i64 {
    700 + kind as i64
}

#[test]
#[cfg_attr(debug_assertions, ignore = "builds with debug assertions refuse to nest another VM")]
fn a_run_inside_of_a_run_has_traps_of_its_own() {
    let raises = |kind| {
        move || {
            raise(kind, "of one of them");
            0
        }
    };
    let works = || 5;
    let before_it = on_both(|machine| {
        let outer = calling(machine, move || {
            raise(TrapKind::Bounds, "before the inner run");
            assert_eq!(calling(machine, works).initialise().run().result, Ok(5));
            let inner = calling(machine, raises(TrapKind::Eof)).initialise().run();
            assert_eq!(inner.result, Ok(caught(TrapKind::Eof)));
            raise(TrapKind::Overflow, "the first one counts");
            0
        });
        outer.initialise().run()
    });
    assert_eq!(before_it.result, Ok(caught(TrapKind::Bounds)));
    let after_it = on_both(|machine| {
        let outer = calling(machine, move || {
            let inner = calling(machine, raises(TrapKind::Eof)).initialise().run();
            assert_eq!(inner.result, Ok(caught(TrapKind::Eof)));
            raise(TrapKind::Overflow, "after the inner run");
            0
        });
        outer.initialise().run()
    });
    assert_eq!(after_it.result, Ok(caught(TrapKind::Overflow)));
    let not_of_it = on_both(|machine| {
        let outer = calling(machine, move || {
            calling(machine, raises(TrapKind::Eof)).initialise().run();
            panics(calling(machine, raises_and_panics));
            9
        });
        outer.initialise().run()
    });
    assert_eq!(not_of_it.result, Ok(9));
}

#[test]
fn a_panic_inside_of_a_run_inside_of_a_run_leaves_the_outer_ones_trap() {
    let finished = on_both(|machine| {
        let outer = calling(machine, move || {
            raise(TrapKind::Bounds, "of the outer run");
            panics(calling(machine, raises_and_panics));
            0
        });
        outer.initialise().run()
    });
    assert_eq!(finished.result, Ok(caught(TrapKind::Bounds)));
}

/// Traps when it is dropped.
struct TrapsAtTheEnd;

impl Drop for TrapsAtTheEnd {
    fn drop(&mut self) {
        raise(TrapKind::Overflow, "in a destructor");
    }
}

#[test]
fn a_trap_of_a_function_that_is_let_go_goes_to_the_call_that_looks_for_it() {
    let text = "il 0.3.0
extern @Test.Leaves() -> void
extern @Test.Works() -> i64
func @main() -> i64 {
entry:
  call @Test.Leaves()
  eh.push ^handler
  call @Test.Leaves()
  ret 1
handler(%error: error, %token: resumetok):
  eh.entry
  %kind = trap.kind
  %word = call @Test.Works()
  %hundred = imul.ovf %word, 100
  %sum = iadd.ovf %hundred, %kind
  ret %sum
}
";
    let finished = on_both(|machine| {
        let registry = Arc::new(Registry::new());
        let (own, last) = (registry.clone(), TrapsAtTheEnd);
        let leaves = Extern::new("Test.Leaves", &[], il::Type::Void, move |_| {
            let _ = &last;
            // The program still has it, until it looks again.
            drop(own.unregister("Test.Leaves"));
            0
        });
        let works = Extern::new("Test.Works", &[], il::Type::I64, |_| 7);
        registry.register(leaves).expect("not strict");
        registry.register(works).expect("not strict");
        loading(text, machine).registry(registry).initialise().run()
    });
    assert_eq!(finished.result, Ok(caught(TrapKind::Overflow)));
}

#[test]
fn a_trap_of_an_output_that_holds_lines_back_ends_the_program() {
    let finished = on_both(|machine| {
        let output = io::BufWriter::new(Traps);
        loading(PRINTS_THEN_ADDS, machine).output(output).initialise().run()
    });
    let trap = finished.result.expect_err("the lines go out at the end");
    assert_eq!((trap.kind, &*trap.message), (TrapKind::Overflow, "in the output"));
}

#[test]
fn a_trap_of_the_output_before_a_line_is_read_leaves_the_line() {
    let text = "il 0.3.0
extern @Viper.Terminal.PrintI64(i64) -> void
extern @Viper.Terminal.ReadLine() -> str
extern @Viper.String.Len(str) -> i64
func @main() -> i64 {
entry:
  eh.push ^handler
  call @Viper.Terminal.PrintI64(1)
  %line = call @Viper.Terminal.ReadLine()
  ret 0
handler(%error: error, %token: resumetok):
  eh.entry
  %kind = trap.kind
  %first = call @Viper.Terminal.ReadLine()
  %length = call @Viper.String.Len(%first)
  %hundred = imul.ovf %length, 100
  %sum = iadd.ovf %hundred, %kind
  ret %sum
}
";
    let input = || BufReader::new(&b"seven..\nmore\n"[..]);
    let finished =
        on_both(|machine| loading(text, machine).output(Traps).input(input()).initialise().run());
    assert_eq!(finished.result, Ok(caught(TrapKind::Overflow)));
}
