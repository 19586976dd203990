//! A program, from its initialisation to its end.
//!
//! # Invariants
//! *complete*: threads exist only for a [`Program`], and a `Program` exists only after its
//! initialisation, so no thread sees half-initialised globals. *outlived*: nothing borrows from the
//! host's stack, and [`run`](Program::run) returns only when every host thread of the program has ended,
//! so no guest outlives what it runs on.

use std::panic::resume_unwind;

use super::active::ContextId;
use super::data::Data;
use super::light;
use super::memory::Memory;
use super::model::{OnExit, ThreadModel};
use super::output::{Input, Output, Sink, Source};
use super::registry::Registry;
use super::state::{Limits, MachineKind, ProgramState, Steps};
use super::strings::Strings;
use super::sync::{Arc, Mutex, named};
use super::threads::Threads;
use super::trap::collect;
use super::vm::Vm;
use crate::interp::{Code, Ended, Ledger, Trap, TrapKind};

/// A program that is being set up. It cannot run before [`initialise`](Loading::initialise), after which
/// its set-up is fixed.
pub struct Loading {
    code: Code,
    limits: Limits,
    on_exit: OnExit,
    sink: Sink,
    input: Source,
    arguments: Vec<String>,
    entry_arguments: Vec<u64>,
    registry: Option<Arc<Registry>>,
    machine: MachineKind,
    threads: ThreadModel,
}

impl Loading {
    /// A program that reads the standard input and prints to the standard output.
    pub fn new(code: Code) -> Self {
        Loading {
            code,
            limits: Limits::default(),
            on_exit: OnExit::default(),
            sink: Box::new(std::io::stdout()),
            input: Box::new(std::io::BufReader::new(std::io::stdin())),
            arguments: Vec::new(),
            entry_arguments: Vec::new(),
            registry: None,
            machine: MachineKind::default(),
            threads: ThreadModel::default(),
        }
    }

    /// Sets the limits of the program.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Loading { limits, ..self }
    }

    /// Sets what happens to the other threads when the entry function returns.
    #[must_use]
    pub fn on_exit(self, on_exit: OnExit) -> Self {
        Loading { on_exit, ..self }
    }

    /// Sets where the program prints.
    #[must_use]
    pub fn output(self, sink: impl std::io::Write + Send + 'static) -> Self {
        Loading { sink: Box::new(sink), ..self }
    }

    /// Sets where the program reads from.
    #[must_use]
    pub fn input(self, source: impl std::io::BufRead + Send + 'static) -> Self {
        Loading { input: Box::new(source), ..self }
    }

    /// Sets the arguments of the entry function, one word per parameter.
    ///
    /// # Panics
    /// If the number of words is not the number of parameters.
    #[must_use]
    pub fn entry_arguments(self, entry_arguments: Vec<u64>) -> Self {
        let entry = &self.code.functions[self.code.entry as usize];
        assert_eq!(entry_arguments.len(), entry.signature.params.len(), "one word per parameter");
        Loading { entry_arguments, ..self }
    }

    /// Sets the arguments that `Environment.GetArgument` returns.
    #[must_use]
    pub fn arguments(self, arguments: Vec<String>) -> Self {
        Loading { arguments, ..self }
    }

    /// Gives the program its own registry, which all its threads search before the global one.
    #[must_use]
    pub fn registry(self, registry: Arc<Registry>) -> Self {
        Loading { registry: Some(registry), ..self }
    }

    /// Sets the machine that executes its instructions.
    #[must_use]
    pub fn machine(self, machine: MachineKind) -> Self {
        Loading { machine, ..self }
    }

    /// Sets what its guest threads are for the host. The limit on live threads stays what it is;
    /// [`ThreadModel::threads_max`] is one that fits.
    #[must_use]
    pub fn threads(self, threads: ThreadModel) -> Self {
        Loading { threads, ..self }
    }

    /// Initialises memory and globals. After that the program can run.
    pub fn initialise(self) -> Program {
        let (threads, main) = Threads::new(self.limits.threads, self.code.clone(), self.threads);
        let Limits { memory_cells, string_bytes, .. } = self.limits;
        let data = Data {
            memory: Memory::new(memory_cells, &self.code.globals, self.code.frees()),
            strings: Strings::new(&self.code, string_bytes),
        };
        let state = ProgramState {
            context: ContextId::fresh(),
            ledger: self.code.is_checked.then(|| Ledger::new(self.code.clone())),
            data,
            threads,
            on_exit: self.on_exit,
            output: Output::new(self.sink, self.limits.output_bytes),
            input: named("the input", Mutex::new(Input { source: self.input })),
            arguments: self.arguments,
            steps: Steps::new(self.limits.steps, self.limits.slice),
            // The fast machine does not track allocations.
            machine: if self.code.is_checked { MachineKind::Safe } else { self.machine },
            limits: self.limits,
            code: self.code,
            registry: self.registry,
        };
        let state = Arc::new(state);
        let main =
            Vm::new(&state, main, state.new_cache(), state.code.entry, &self.entry_arguments);
        Program { state, main }
    }
}

impl std::fmt::Debug for Loading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Loading").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// A program whose initialisation is complete.
#[derive(Debug)]
pub struct Program {
    state: Arc<ProgramState>,
    main: Vm,
}

/// The result of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// What `main` returned (0 if it is void), or the first trap that no handler caught.
    pub result: Result<i64, Trap>,
    /// Guest threads that were started, including the main one.
    pub threads: u32,
    /// Backward branches, calls, starts and caught traps of all threads together.
    pub steps: u64,
}

impl Program {
    /// The VM of the main thread.
    pub fn main_vm(&self) -> &Vm {
        &self.main
    }

    /// A handle with which any host thread can stop the program.
    pub fn interrupter(&self) -> Interrupter {
        Interrupter { state: self.state.clone() }
    }

    /// The number of its runtime context.
    pub fn context(&self) -> ContextId {
        self.state.context
    }

    /// Runs the main thread to its end; returns its word if it has not trapped.
    fn run_main(&mut self) -> Option<u64> {
        let threads = &self.state.threads;
        let (ended, word) = match self.main.run() {
            Ok(word) => (Ended::Returned, Some(word)),
            Err(trap) => (Ended::Trapped(trap), None),
        };
        if word.is_some() && self.state.on_exit == OnExit::Interrupt {
            threads.stop_quietly();
        }
        // From now on the other threads can only wait for each other: a deadlock among them is found here.
        threads.end(self.main.thread(), ended);
        word
    }

    /// Runs the program to its end: until `main` and every other guest thread, with their host threads,
    /// have ended. A trap that no handler catches interrupts the other threads.
    pub fn run(mut self) -> Finished {
        let (state, id) = (self.state.clone(), self.main.thread());
        // If a host function panics, no guest may keep running either.
        let unwinding = StopGuard { state: &state };
        let word = if state.threads.model.workers().is_some() {
            let (guest, host) = self.main.into_parts();
            light::run(host, guest);
            None
        } else {
            self.run_main()
        };
        std::mem::forget(unwinding);
        state.threads.join_hosts();
        let (trap, end) = state.threads.take_end();
        if let Some(payload) = end.panic {
            resume_unwind(payload);
        }
        let (flushed, raised) = collect(|| state.output.flush());
        let trap = trap.or_else(|| {
            let cannot = |error| (TrapKind::IoError, format!("cannot write the output: {error}"));
            let (kind, message) = raised.or_else(|| flushed.err().map(cannot))?;
            Some(Box::new(Trap::outside(kind, message, id.0)))
        });
        Finished {
            result: match trap {
                None => Ok(word.or(end.word).map_or(0, |word| state.code.exit_code(word))),
                Some(trap) => Err(*trap),
            },
            threads: state.threads.started(),
            steps: state.steps.done(),
        }
    }
}

/// Stops and joins the other threads when the main thread unwinds.
struct StopGuard<'p> {
    state: &'p ProgramState,
}

impl Drop for StopGuard<'_> {
    fn drop(&mut self) {
        self.state.threads.stop_quietly();
        self.state.threads.join_hosts();
    }
}

/// Stops a program from another host thread.
#[derive(Clone, Debug)]
pub struct Interrupter {
    state: Arc<ProgramState>,
}

impl Interrupter {
    /// Makes every guest thread stop at its next safepoint, with the trap `interrupt`. Has no effect on
    /// a program that has ended.
    pub fn interrupt(&self) {
        self.state.threads.stop(Trap::outside(TrapKind::Interrupt, "interrupted", 0));
    }
}
