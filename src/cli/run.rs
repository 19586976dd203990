//! `drawloom run`: runs one program, on real threads.

use std::io::{self, BufWriter, IsTerminal, LineWriter};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use clap::Args;
use drawloom::interp::{Code, TrapKind, compile_checked_from, compile_from};
use drawloom::lang::Language;
use drawloom::report::{grouped, render_trap};
use drawloom::{
    il,
    native::{Finished, Limits, Loading, MachineKind, OnExit, ThreadModel},
};

use super::error::{Error, Exit, WrongArguments};
use super::flags::FlagOptions;
use super::given::Given;
use super::interrupt::Interrupt;
use super::limits::GuestLimits;
use super::source::{Source, read};
use super::stdout::Stdout;
use super::{complain, flags, say, values};

#[derive(Args)]
#[command(after_help = "\
Examples:
  drawloom run hello.il            on real threads
  drawloom run hello.il --checked  and errors in the use of memory are reported
  drawloom run args.il -- one two  with arguments of the program")]
pub(super) struct Options {
    /// The program: .il, .tvm, .litmus, .bas, or - for stdin
    file: PathBuf,
    /// Arguments that the program reads with Environment.GetArgument; or see --entry
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<String>,
    /// The function to start with; ARGS become its arguments if it takes any, and its integer result is
    /// the exit code
    #[arg(long, value_name = "FUNCTION")]
    entry: Option<String>,
    /// The program's language [default: from the file name]
    #[arg(long, value_name = "LANGUAGE", value_parser = values::language)]
    language: Option<Language>,
    /// What guest threads are: native threads are expensive and run in parallel; green ones run in turns on one
    /// thread of the host, virtual ones on as many as --workers says
    #[arg(long, value_name = "MODEL", value_enum, default_value_t = ThreadChoice::Native)]
    threads: ThreadChoice,
    /// The threads of the host that run virtual threads, at most 1024 [default: one for each core]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,
    /// Guest threads that may be alive at once, including the main thread [default: 10000 native, or 1000000
    /// green or virtual ones]
    #[arg(long, value_name = "COUNT", value_parser = values::at_least::<u32>(1))]
    max_threads: Option<u32>,
    /// Stop after this many machine steps of all threads: backward branches, calls, starts and caught
    /// traps
    #[arg(long, value_name = "COUNT")]
    machine_steps: Option<u64>,
    #[command(flatten)]
    flags: FlagOptions,
    #[command(flatten)]
    limits: GuestLimits,
    /// The former name of --heap
    #[arg(long, value_name = "CELLS", hide = true, conflicts_with = "heap",
          value_parser = clap::value_parser!(u32).range(1..=1 << 30))]
    memory: Option<u32>,
    /// What happens to the other guest threads when main returns
    #[arg(long, value_name = "POLICY", value_enum, default_value_t = ExitPolicy::Join)]
    on_exit: ExitPolicy,
    /// How instructions are executed: the results are the same, the speed differs
    #[arg(long, value_name = "MACHINE", value_enum, default_value_t = MachineChoice::Fast)]
    machine: MachineChoice,
    /// Check every memory access: each pointer carries its allocation. Slower
    #[arg(long)]
    checked: bool,
    /// Print steps, threads and time to stderr at the end
    #[arg(long)]
    stats: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum MachineChoice {
    /// Threaded code
    Fast,
    /// No unsafe code
    Safe,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum ThreadChoice {
    /// Threads of the host
    Native,
    /// In turns on the one thread that runs the program
    Green,
    /// In turns on a few threads
    Virtual,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum ExitPolicy {
    /// Wait for them to end
    Join,
    /// Interrupt them
    Interrupt,
}

/// Runs a program.
pub(super) fn run(options: &Options, given: &Given) -> Result<Exit, Error> {
    if options.checked && matches!(options.machine, MachineChoice::Fast) && given.has("machine") {
        return Err(Error::CheckedFast);
    }
    if options.workers.is_some() && options.threads != ThreadChoice::Virtual {
        return Err(Error::WorkersOfVirtual);
    }
    options.flags.apply([options.file.as_path()].into_iter(), options.language)?;
    let source = read(&options.file, options.language)?;
    let code = load(&source, options).map_err(|findings| {
        let program = Box::new(source.clone());
        Error::Findings { program, findings }
    })?;
    let entry_arguments = entry_arguments(&code, options)?;
    let program = Loading::new(code)
        .entry_arguments(entry_arguments)
        .limits(limits(options))
        .on_exit(match options.on_exit {
            ExitPolicy::Join => OnExit::Join,
            ExitPolicy::Interrupt => OnExit::Interrupt,
        })
        .threads(thread_model(options))
        .machine(match options.machine {
            MachineChoice::Fast => MachineKind::Fast,
            MachineChoice::Safe => MachineKind::Safe,
        })
        .arguments(options.arguments.clone());
    // A terminal gets each line at once; a file gets them in larger pieces.
    let program = if io::stdout().is_terminal() {
        program.output(LineWriter::new(Stdout))
    } else {
        program.output(BufWriter::new(Stdout))
    }
    .initialise();
    let (interrupt, interrupter) = (Interrupt::install(), program.interrupter());
    let _stoppable = interrupt.stops(move || interrupter.interrupt());
    let start = Instant::now();
    let finished = program.run();
    if options.stats {
        say(&stats(&finished, start.elapsed()));
    }
    match finished.result {
        Ok(code) => Ok(Exit::Guest(code as u8)),
        Err(trap) if trap.kind == TrapKind::Interrupt && interrupt.was_pressed() => {
            complain("interrupted");
            Ok(Exit::Interrupted)
        }
        Err(trap) => {
            say(&render_trap(&source.name, &source.text, source.language.own_file(), &trap));
            Ok(Exit::Failed)
        }
    }
}

/// Compiles the text to code.
fn load(source: &Source, options: &Options) -> Result<Code, Vec<il::Diagnostic>> {
    let entry = options.entry.as_deref().unwrap_or("main").trim_start_matches('@');
    let module = flags::compile(source.language, &source.text)?;
    let verified = il::verify(module)?;
    let compile = if options.checked { compile_checked_from } else { compile_from };
    compile(&verified, &source.text, entry)
}

/// The words for the parameters of the function that `--entry` names.
fn entry_arguments(code: &Code, options: &Options) -> Result<Vec<u64>, WrongArguments> {
    let entry = &code.functions[code.entry as usize];
    let (name, params, given) = (&entry.name, &entry.signature.params, &options.arguments);
    if params.is_empty() {
        return Ok(Vec::new());
    }
    if params.len() != given.len() {
        let (name, signature) = (name.clone(), entry.signature.to_string());
        return Err(WrongArguments::Count { name, signature, given: given.join(", ") });
    }
    let words = params.iter().zip(given).map(|(&ty, text)| {
        let word = match ty {
            il::Type::F64 => text.parse().ok().map(f64::to_bits),
            il::Type::I1 => text.parse().ok().filter(|word| *word < 2),
            il::Type::I16 => text.parse().ok().map(|value: i16| i64::from(value) as u64),
            il::Type::I32 => text.parse().ok().map(|value: i32| i64::from(value) as u64),
            _ => text.parse().ok().map(|value: i64| value as u64),
        };
        let (name, text) = (name.clone(), text.clone());
        word.ok_or(WrongArguments::Type { name, text, ty })
    });
    words.collect()
}

fn thread_model(options: &Options) -> ThreadModel {
    let workers = || {
        let given = options.workers.and_then(|count| NonZeroUsize::new(usize::from(count)));
        given.or_else(|| available_parallelism().ok()).unwrap_or(NonZeroUsize::MIN)
    };
    match options.threads {
        ThreadChoice::Native => ThreadModel::Native,
        ThreadChoice::Green => ThreadModel::Green,
        ThreadChoice::Virtual => ThreadModel::Virtual(workers()),
    }
}

fn limits(options: &Options) -> Limits {
    let limits = options.limits.of_machine();
    Limits {
        threads: options.max_threads.unwrap_or(thread_model(options).threads_max()),
        steps: options.machine_steps,
        memory_cells: options.memory.map_or(limits.memory_cells, |cells| cells as usize),
        ..limits
    }
}

fn stats(finished: &Finished, time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let rate = finished.steps as f64 / seconds.max(1e-9) / 1e6;
    format!(
        "steps    {}\nthreads  {}\ntime     {seconds:.3} s\nrate     {rate:.1} million steps/s\n",
        grouped(finished.steps),
        finished.threads
    )
}
