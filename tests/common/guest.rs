//! Running guest programs inside a test, with what they print kept.
#![allow(dead_code)] // each test crate that includes this uses a part of it

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use drawloom::interp::{Code, Trap};
use drawloom::lang::Language;
use drawloom::native::{Finished, Limits, Loading, ThreadModel};

/// Keeps what a program prints.
#[derive(Clone, Debug, Default)]
pub(crate) struct Printed(Arc<Mutex<Vec<u8>>>);

impl Printed {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).expect("guests print UTF-8")
    }
}

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The code of a program that has nothing wrong with it.
pub(crate) fn code_of(language: Language, text: &str) -> Code {
    let module = drawloom::lang::compile(language, text).unwrap_or_else(|it| panic!("{it:?}"));
    let verified = drawloom::il::verify(module).unwrap_or_else(|it| panic!("{it:?}"));
    drawloom::interp::compile(&verified, text).unwrap_or_else(|it| panic!("{it:?}"))
}

/// As [`code_of`], with pointers that carry their allocations.
pub(crate) fn checked_code_of(language: Language, text: &str) -> Code {
    let module = drawloom::lang::compile(language, text).unwrap_or_else(|it| panic!("{it:?}"));
    let verified = drawloom::il::verify(module).unwrap_or_else(|it| panic!("{it:?}"));
    drawloom::interp::compile_checked(&verified, text).unwrap_or_else(|it| panic!("{it:?}"))
}

/// Small enough that a mistake in a test ends it.
pub(crate) fn small_limits() -> Limits {
    Limits {
        threads: 8,
        steps: Some(1_000_000),
        stack_words: 1 << 16,
        memory_cells: 4096,
        string_bytes: 1 << 20,
        output_bytes: 1 << 20,
        slice: 100,
    }
}

/// What a guest thread may be for the host.
pub(crate) const THREAD_MODELS: [ThreadModel; 3] = [
    ThreadModel::Native,
    ThreadModel::Green,
    ThreadModel::Virtual(NonZeroUsize::MIN.saturating_add(1)),
];

/// Runs the IL after the header and the externs below. The outcome is the same in each thread model.
pub(crate) fn run(body: &str) -> (Finished, String) {
    run_with(small_limits(), body)
}

/// As [`run`], with limits.
pub(crate) fn run_with(limits: Limits, body: &str) -> (Finished, String) {
    let [native, light @ ..] = run_in_each_model(limits, body);
    for (model, (finished, printed)) in THREAD_MODELS[1..].iter().zip(light) {
        assert_eq!((&finished.result, &printed), (&native.0.result, &native.1), "{model:?}");
    }
    native
}

/// Runs the IL after the header and the externs below, in each thread model.
pub(crate) fn run_in_each_model(limits: Limits, body: &str) -> [(Finished, String); 3] {
    let code = code_of(Language::Il, &with_externs(body));
    THREAD_MODELS.map(|model| {
        let printed = Printed::default();
        let loading = Loading::new(code.clone()).limits(limits).threads(model);
        let finished = loading.output(printed.clone()).initialise().run();
        (finished, printed.text())
    })
}

/// The trap that ends the program.
pub(crate) fn trap_of(body: &str) -> Trap {
    let (finished, output) = run(body);
    match finished.result {
        Ok(code) => panic!("it returned {code} and printed {output}"),
        Err(trap) => trap,
    }
}

/// What the program prints, and that it ends well.
pub(crate) fn output_of(body: &str) -> String {
    let (finished, output) = run(body);
    assert!(finished.result.is_ok(), "{:?}, after printing {output}", finished.result);
    output
}

/// Lines before the body, for tests that look at line numbers.
pub(crate) const EXTERN_LINES: u32 = EXTERNS.len() as u32 + 1;

/// The body after the header and declarations of the runtime.
pub(crate) fn with_externs(body: &str) -> String {
    let externs = EXTERNS.join("\nextern @Viper.");
    format!("il 0.3.0\nextern @Viper.{externs}\n{body}")
}

const EXTERNS: &[&str] = &[
    "Core.Diagnostics.Assert(i1, str) -> void",
    "Memory.Alloc(i64) -> ptr",
    "Terminal.PrintI64(i64) -> void",
    "Terminal.Say(str) -> void",
    "Terminal.SayInt(i64) -> void",
    "Terminal.PrintStr(str) -> void",
    "Threads.Monitor.Enter(ptr) -> void",
    "Threads.Monitor.Exit(ptr) -> void",
    "Threads.SafeI64.Add(ptr, i64) -> i64",
    "Threads.Thread.Join(ptr) -> void",
    "Threads.Thread.Sleep(i64) -> void",
    "Threads.Thread.Start(ptr, ptr) -> ptr",
];
