//! Guest programs in models: compiled once, then run in every execution.
//!
//! The text is compiled outside of what is explored, since it has no threads in it. A program runs
//! on a host thread of its own, because an explorer's first thread has a small stack.

use std::io::{self, Write};
use std::sync::{Arc as Shared, Mutex as Unseen, OnceLock};

use super::sync::{Arc, Plain, thread};
use super::{Extern, ExternCall, Finished, Limits, Loading, Registry};
use crate::il::{self, Type};
use crate::interp::{Code, TrapKind, compile};
use crate::lang::{self, Language};

/// The externs that the models' programs use; one that is not called costs nothing.
const PRELUDE: &str = "il 0.3.0
extern @Viper.Core.Diagnostics.Assert(i1, str) -> void
extern @Viper.Terminal.PrintStr(str) -> void
extern @Viper.Threads.Thread.Start(ptr, ptr) -> ptr
extern @Viper.Threads.Thread.StartSafe(ptr, ptr) -> ptr
extern @Viper.Threads.Thread.Join(ptr) -> void
extern @Viper.Threads.Thread.JoinFor(ptr, i64) -> i1
extern @Viper.Threads.Thread.TryJoin(ptr) -> i1
extern @Viper.Threads.Thread.Id(ptr) -> i64
extern @Viper.Threads.Thread.HasError(ptr) -> i1
extern @Viper.Threads.Thread.Sleep(i64) -> void
extern @Viper.Threads.Thread.Yield() -> void
extern @Viper.Threads.Monitor.Enter(ptr) -> void
extern @Viper.Threads.Monitor.TryEnterFor(ptr, i64) -> i1
extern @Viper.Threads.Monitor.Exit(ptr) -> void
extern @Viper.Threads.Monitor.Wait(ptr) -> void
extern @Viper.Threads.Monitor.WaitFor(ptr, i64) -> i1
extern @Viper.Threads.Monitor.Pause(ptr) -> void
extern @Viper.Threads.Monitor.PauseAll(ptr) -> void
";

/// Every cell of guest memory is an object for the explorers: a model has its globals and no more.
pub(super) const LIMITS: Limits = Limits {
    threads: 8,
    steps: None,
    stack_words: 1 << 10,
    memory_cells: 0,
    string_bytes: 1 << 10,
    output_bytes: 1 << 10,
    slice: 1_000,
};

/// A guest program's text, and its code once it has been asked for.
pub(super) struct Guest {
    language: Language,
    text: &'static str,
    code: OnceLock<Code>,
}

impl Guest {
    /// IL without its header and the runtime's externs.
    pub(super) const fn il(text: &'static str) -> Self {
        Guest { language: Language::Il, text, code: OnceLock::new() }
    }

    pub(super) const fn tinyvm(text: &'static str) -> Self {
        Guest { language: Language::TinyVm, text, code: OnceLock::new() }
    }

    /// A new instance that is yet to be set up, with small limits and no output.
    pub(super) fn loading(&self) -> Loading {
        let code = self.code.get_or_init(|| {
            let text = match self.language {
                Language::Il => format!("{PRELUDE}{}", self.text),
                Language::TinyVm | Language::Litmus | Language::Basic => self.text.to_owned(),
            };
            let module = lang::compile(self.language, &text).expect("the model's program parses");
            let verified = il::verify(module).expect("the model's program verifies");
            compile(&verified, &text).expect("the model's program compiles")
        });
        Loading::new(code.clone()).limits(LIMITS).output(io::sink())
    }
}

/// Runs a program to its end.
pub(super) fn run(loading: Loading) -> Finished {
    start(loading).join().expect("the program's main thread does not panic")
}

/// Runs a program while the caller does something else.
pub(super) fn start(loading: Loading) -> thread::JoinHandle<Finished> {
    thread::spawn(move || loading.initialise().run())
}

/// What the program's result is, by the kind of its trap.
pub(super) fn result(finished: &Finished) -> Result<i64, TrapKind> {
    finished.result.as_ref().copied().map_err(|trap| trap.kind)
}

/// Registers a host function.
pub(super) fn host(
    registry: &Registry,
    name: &str,
    params: &[Type],
    result: Type,
    function: impl Fn(&ExternCall<'_>) -> u64 + Send + Sync + 'static,
) {
    let replaced = registry.register(Extern::new(name, params, result, function));
    assert!(replaced.is_ok_and(|replaced| replaced.is_none()), "the name is new");
}

/// A registry whose `Model.Write` puts its argument into a plain cell, and whose `Model.Read` reads
/// it there: between the two there must be an edge.
pub(super) fn with_plain_cell() -> Arc<Registry> {
    let registry = Arc::new(Registry::new());
    let cell = Arc::new(Plain::new(0_u64));
    let written = cell.clone();
    host(&registry, "Model.Write", &[Type::I64], Type::Void, move |call| {
        written.with_mut(|value| *value = call.words()[0]);
        0
    });
    host(&registry, "Model.Read", &[], Type::I64, move |_| cell.with(|value| *value));
    registry
}

/// A registry whose `Model.Bump` adds 1 to a plain cell and returns the sum: calls must not race.
pub(super) fn with_plain_counter() -> Arc<Registry> {
    let registry = Arc::new(Registry::new());
    let cell = Plain::new(0_u64);
    host(&registry, "Model.Bump", &[], Type::I64, move |_| {
        cell.with_mut(|value| {
            *value += 1;
            *value
        })
    });
    registry
}

/// Keeps what a program prints. Its lock is not the explorers' business.
#[derive(Clone, Default)]
pub(super) struct Screen(Shared<Unseen<Vec<u8>>>);

impl Screen {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).expect("guests print UTF-8")
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
