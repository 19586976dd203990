//! A panic of a host function is the embedder's bug. It must not become another one: no guest is
//! left running, and nothing of the program stays behind.
#![cfg(feature = "cli")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use drawloom::interp::{TrapKind, compile};
use drawloom::{
    il,
    native::{Extern, Loading, Program, Registry, active, context},
};

/// `@main` starts a thread, and the one of the two that does not panic waits for ever.
fn program(text: &str) -> (Program, Arc<()>) {
    let alive = Arc::new(());
    let held = Arc::clone(&alive);
    let registry = Arc::new(Registry::new());
    let panics = Extern::new("Test.Panic", &[], il::Type::Void, move |_| {
        panic!("the host function's own panic; it holds {held:?}");
    });
    registry.register(panics).expect("not strict");
    let module = il::verify(il::parse(text).expect("it parses")).expect("it verifies");
    let code = compile(&module, text).expect("it compiles");
    (Loading::new(code).registry(registry).output(std::io::sink()).initialise(), alive)
}

/// The default hook would print the test's own panic.
fn silently<R>(run: impl FnOnce() -> R) -> std::thread::Result<R> {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let result = catch_unwind(AssertUnwindSafe(run));
    std::panic::set_hook(hook);
    result
}

const EXTERNS: &str = "il 0.3.0
extern @Test.Panic() -> void
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
extern @Viper.Threads.Thread.Join(ptr) -> void
extern @Viper.Threads.Thread.Sleep(i64) -> void
";

#[test]
fn a_panic_on_a_guest_thread_is_the_programs_trap() {
    let (program, alive) = program(&format!(
        "{EXTERNS}func @child() -> void {{
entry:
  call @Test.Panic()
  ret
}}
func @main() -> i64 {{
entry:
  %t = call @Viper.Threads.Thread.Start(@child, null)
  call @Viper.Threads.Thread.Join(%t)
  call @Viper.Threads.Thread.Sleep(1000000)
  ret 0
}}
"
    ));
    let finished = silently(|| program.run()).expect("the panic stays on its thread");
    let trap = finished.result.expect_err("it did not end well");
    assert_eq!((trap.kind, trap.thread), (TrapKind::RuntimeError, 1));
    assert_eq!(trap.message, "a host function panicked");
    assert_eq!(Arc::strong_count(&alive), 1, "the registry is gone with the program");
}

#[test]
fn a_panic_on_the_main_thread_interrupts_and_joins_the_others_as_it_unwinds() {
    let (program, alive) = program(&format!(
        "{EXTERNS}func @child() -> void {{
entry:
  call @Viper.Threads.Thread.Sleep(1000000)
  ret
}}
func @main() -> i64 {{
entry:
  %t = call @Viper.Threads.Thread.Start(@child, null)
  call @Test.Panic()
  ret 0
}}
"
    ));
    assert!(silently(|| program.run()).is_err(), "the panic reaches who called `run`");
    assert_eq!((active(), context()), (None, None), "the guard has given back what it found");
    assert_eq!(Arc::strong_count(&alive), 1, "no guest holds anything of the program");
}
