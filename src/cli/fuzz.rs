//! `drawloom fuzz`: executions of one program by chance, within a budget.

use std::path::{Path, PathBuf};

use clap::Args;
use drawloom::guest::explorer::{Fuzz, Strategy};
use drawloom::guest::{self, GuestEngine as _, MemoryModel};
use drawloom::lang::Language;
use drawloom::report::{Checked, Searched};

use super::check::{expects_leak, save};
use super::files::{can_save, input_lines, quoted};
use super::limits::SearchLimits;
use super::output::{Output, exit_code};
use super::progress::{Budget, Interrupt, watched};
use super::subject::{Checkable, Surroundings, load};
use super::{BAD_INPUT, complain, values};

#[derive(Args)]
pub(super) struct Options {
    /// The program: .il, .tvm, .litmus, or - for stdin
    file: PathBuf,
    /// What the program finds with Environment.GetArgument; else what its header says
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<String>,
    /// The program's language; else what its name says
    #[arg(long, value_name = "LANGUAGE", value_parser = values::language)]
    language: Option<Language>,
    /// How executions are drawn: random, pct, urw, pos or surw
    #[arg(long, value_name = "STRATEGY", default_value_t = Strategy::Pos)]
    strategy: Strategy,
    /// How long to go on: a time, as 10s, or a number of executions
    #[arg(long, value_name = "BUDGET", value_parser = values::budget, default_value = "10s")]
    budget: values::Budget,
    /// At most so many executions, whatever the budget
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    max_executions: Option<u64>,
    /// At most so much memory for the process: bytes, or 512M, 2G; else 2G
    #[arg(long, value_name = "BYTES", value_parser = values::bytes)]
    max_memory: Option<usize>,
    /// For pct, of the bugs that it looks for: how many orders must come together; else 3
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=64))]
    depth: Option<u32>,
    /// Where chance comes from: the same seed draws the same executions
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
    /// Cores; else all there are
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// How memory behaves: sc, rc11 or c20; else as for `check`
    #[arg(long, value_name = "MODEL", value_parser = values::memory_model)]
    memory: Option<MemoryModel>,
    /// At most so many visible operations in one execution
    #[arg(long, value_name = "COUNT", default_value_t = guest::Options::default().steps_max as u32,
          value_parser = clap::value_parser!(u32).range(1..))]
    max_steps: u32,
    #[command(flatten)]
    limits: SearchLimits,
    /// Go on after a violation, and collect distinct ones
    #[arg(long)]
    collect: bool,
    /// Count a thread that nobody waited for, and memory that nobody can free any more, as a violation
    #[arg(long)]
    leaks: bool,
    /// Count distinct states; that costs more than the executions themselves
    #[arg(long)]
    count_states: bool,
    /// Write the schedule of the first violation to a file, for `drawloom replay`
    #[arg(long, value_name = "SCHEDULE")]
    save: Option<PathBuf>,
    /// The file whose lines the program reads as its input
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

/// Draws executions; the exit code.
pub(super) fn fuzz(options: &Options) -> u8 {
    let may_save = options.save.as_deref().map_or(Ok(()), |path| can_save(path, &inputs(options)));
    let input = match may_save.and_then(|()| input_lines(options.input.as_deref())) {
        Ok(input) => input,
        Err(message) => {
            complain(&message);
            return BAD_INPUT;
        }
    };
    let (arguments, limits) = (options.arguments.clone(), options.limits.of_reference());
    let is_spurious = options.limits.spurious;
    // The first one would end the draw, and with it the counts that the question is about.
    let wants_witness = false;
    let surroundings = Surroundings { arguments, input, limits, is_spurious, wants_witness };
    let checked = match load(&options.file, options.language, &surroundings, true) {
        Ok(checkable) => fuzz_one(&checkable, options),
        Err((program, refusal)) => Ok(Checked::refused(program, refusal)),
    };
    match checked {
        Ok(checked) => {
            options.output.one(&checked, false);
            options.output.all(std::slice::from_ref(&checked), true);
            exit_code(&[checked])
        }
        Err(message) => {
            complain(&message);
            BAD_INPUT
        }
    }
}

/// The files that are read.
fn inputs(options: &Options) -> Vec<&Path> {
    [&options.file].into_iter().chain(&options.input).map(PathBuf::as_path).collect()
}

fn fuzz_one(checkable: &Checkable, options: &Options) -> Result<Checked, String> {
    let model = options.memory.unwrap_or(checkable.model);
    let expectation = checkable.expectation.as_ref();
    let (time, executions) = match options.budget {
        values::Budget::Time(time) => (Some(time), u64::MAX),
        values::Budget::Executions(executions) => (None, executions),
    };
    let memory = options.max_memory.unwrap_or(guest::Options::default().memory_max);
    let search_options = guest::Options {
        keeps_going: options.collect,
        finds_leaks: options.leaks || expectation.is_some_and(expects_leak),
        executions_max: options.max_executions.map_or(executions, |max| max.min(executions)),
        memory_max: memory,
        steps_max: options.max_steps as usize,
        seed: options.seed,
        jobs: super::jobs(options.jobs),
        ..guest::Options::default()
    };
    let counts_states = options.count_states;
    let strategy = strategy(options)?;
    let engine = Fuzz { strategy, model: Some(model), counts_states, options: search_options };
    let interrupt = Interrupt::install();
    let budget = Budget { time, memory };
    let search = |control: &guest::Control| engine.check(&checkable.subject, control);
    let (findings, time) = watched(&checkable.program.name, &interrupt, budget, search);
    let first = findings.tally.violations.first();
    let repeat = first.map(|first| repeat(options, strategy, checkable, model, first.execution));
    let mut checked = Checked::new(checkable.program.clone());
    checked.searches.push(Searched { findings, time, seed: options.seed, repeat });
    checked.claim =
        checkable.claim(&checked.searches[0].findings).map_err(|error| error.to_string())?;
    if let Some(path) = &options.save {
        save(path, &inputs(options), &checked)?;
    }
    Ok(checked)
}

/// What `--strategy` and `--depth` say together.
fn strategy(options: &Options) -> Result<Strategy, String> {
    match (options.strategy, options.depth) {
        (Strategy::Pct { .. }, Some(depth)) => Ok(Strategy::Pct { depth }),
        (strategy, Some(_)) => Err(format!("--depth is for --strategy pct, not {strategy}")),
        (strategy, None) => Ok(strategy),
    }
}

/// The command that shows the violation again: of the schedule, if it is saved; else the draw.
fn repeat(
    options: &Options,
    strategy: Strategy,
    checkable: &Checkable,
    model: MemoryModel,
    execution: u64,
) -> String {
    let file = &checkable.argument;
    let mut words = match &options.save {
        Some(schedule) => {
            vec![format!("drawloom replay {file} {}", quoted(&schedule.display().to_string()))]
        }
        None => {
            let mut words = vec![
                format!("drawloom fuzz {file} --strategy {strategy} --memory {}", model.name()),
                format!("--seed {}", options.seed),
                format!("--max-steps {} --budget {execution}", options.max_steps),
                format!("--jobs {}", super::jobs(options.jobs)),
            ];
            if options.leaks {
                words.push("--leaks".to_owned());
            }
            words
        }
    };
    words.extend(options.limits.words());
    words.extend(super::surroundings(options.input.as_deref(), &options.arguments));
    words.join(" ")
}
