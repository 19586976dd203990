//! `drawloom fuzz`: runs random executions of one program, within a budget.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use drawloom::guest::explorer::Fuzz;
use drawloom::guest::{self, EngineKind, Findings, GuestEngine as _, MemoryModel, Strategy};
use drawloom::lang::Language;
use drawloom::report::{Checked, Searched};

use super::check::{expects_leak, save};
use super::content::Content;
use super::error::{Error, Exit};
use super::files::{can_replace, input_lines};
use super::flags::FlagOptions;
use super::given::Given;
use super::interrupt::Interrupt;
use super::limits::SearchLimits;
use super::output::{Output, exit};
use super::pictures::Pictures;
use super::progress::{Budget, Label, watched};
use super::shard::{self, ShardOptions, Shards};
use super::shard_error::ShardError;
use super::shell::quoted;
use super::subject::{Checkable, Surroundings, load};
use super::values;

#[derive(Args)]
#[command(after_help = "\
Examples:
  drawloom fuzz counter.il                                   random executions for 10 seconds
  drawloom fuzz counter.il --budget 100000 --strategy pct:3  that many, by another strategy
  drawloom fuzz counter.il --collect --report out.json       all distinct violations")]
pub(super) struct Options {
    /// The program: .il, .tvm, .litmus, .bas, or - for stdin
    file: PathBuf,
    /// Arguments that the program reads with Environment.GetArgument [default: those in its header]
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<String>,
    /// The program's language [default: from the file name]
    #[arg(long, value_name = "LANGUAGE", value_parser = values::language)]
    language: Option<Language>,
    /// How executions are drawn
    #[arg(long, value_name = "STRATEGY", value_parser = values::strategy(),
          default_value_t = Strategy::Pos)]
    strategy: Strategy,
    /// How long to search: a time, such as 10s, or a number of executions
    #[arg(long, value_name = "BUDGET", value_parser = values::budget, default_value = "10s")]
    budget: values::Budget,
    /// Stop after this many executions, whatever the budget
    #[arg(long, value_name = "COUNT", value_parser = values::at_least::<u64>(1))]
    max_executions: Option<u64>,
    /// Memory that the process may use: bytes, or 512M, 2G [default: 2G]
    #[arg(long, value_name = "BYTES", value_parser = values::bytes)]
    max_memory: Option<usize>,
    /// For pct, the depth of the bugs it looks for: how many ordering constraints a bug needs [default:
    /// 3]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=64))]
    depth: Option<u32>,
    /// The seed: the same seed draws the same executions
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
    /// Cores to use [default: all]
    #[arg(short, long, value_name = "COUNT", value_parser = values::at_least::<u16>(1))]
    jobs: Option<u16>,
    /// The memory model [default: as for `check`]
    #[arg(long, value_name = "MODEL", value_parser = values::memory_model())]
    memory: Option<MemoryModel>,
    /// Cut an execution off after this many visible operations
    #[arg(long, value_name = "COUNT", default_value_t = guest::Options::default().steps_max as u32,
          value_parser = values::at_least::<u32>(1))]
    max_steps: u32,
    #[command(flatten)]
    flags: FlagOptions,
    #[command(flatten)]
    limits: SearchLimits,
    #[command(flatten)]
    part: ShardOptions,
    /// Continue after a violation, and collect distinct violations
    #[arg(long)]
    collect: bool,
    /// Report threads that are never joined, and memory that can no longer be freed, as violations
    #[arg(long)]
    leaks: bool,
    /// Count distinct states; this costs more than the executions themselves
    #[arg(long)]
    count_states: bool,
    /// Write the schedule of the first violation to a file, for `drawloom replay`
    #[arg(long, value_name = "SCHEDULE")]
    save: Option<PathBuf>,
    #[command(flatten)]
    pictures: Pictures,
    /// The file whose lines the program reads as its input
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

/// What the options ask for together.
struct Plan<'o> {
    options: &'o Options,
    given: &'o Given,
    surroundings: Surroundings,
    strategy: Strategy,
    searching: guest::Options,
    budget: Budget,
}

impl<'o> Plan<'o> {
    fn new(options: &'o Options, given: &'o Given) -> Result<Self, Error> {
        let strategy = strategy(options, given)?;
        given.suits(&[EngineKind::Fuzz(strategy)], &[])?;
        options.output.suits(given, &options.inputs())?;
        if let Some(path) = &options.save {
            can_replace(path, Content::Schedule, &options.inputs())?;
        }
        let others = options.output.reports().chain(options.save.as_deref());
        options.pictures.can_be_written(&options.inputs(), others)?;
        let surroundings = Surroundings {
            arguments: options.arguments.clone(),
            input: input_lines(options.input.as_deref())?,
            limits: options.limits.of_reference(),
            is_spurious: options.limits.spurious,
            // Stopping at the first violation would also end the counts that the question is about.
            wants_witness: false,
        };
        let (time, executions) = match options.budget {
            values::Budget::Time(time) => (Some(time), u64::MAX),
            values::Budget::Executions(executions) => (None, executions),
        };
        let memory = options.max_memory.unwrap_or(guest::Options::default().memory_max);
        let searching = guest::Options {
            keeps_going: options.collect,
            finds_leaks: options.leaks,
            executions_max: options.max_executions.map_or(executions, |max| max.min(executions)),
            memory_max: memory,
            steps_max: options.max_steps as usize,
            seed: options.seed,
            jobs: super::jobs(options.jobs),
            ..guest::Options::default()
        };
        let bounded = searching.executions_max < u64::MAX;
        let budget =
            Budget { time, executions: bounded.then_some(searching.executions_max), memory };
        Ok(Plan { options, given, surroundings, strategy, searching, budget })
    }

    fn model(&self, checkable: &Checkable) -> MemoryModel {
        self.options.memory.unwrap_or(checkable.model)
    }

    fn engine(&self, checkable: &Checkable) -> Result<Fuzz, Error> {
        let (model, counts_states) = (self.model(checkable), self.options.count_states);
        if counts_states && model != MemoryModel::Sc {
            return Err(Error::CountStates { model });
        }
        let expects_leak = checkable.expectation.as_ref().is_some_and(expects_leak);
        let finds_leaks = self.searching.finds_leaks || expects_leak;
        let options = guest::Options { finds_leaks, ..self.searching };
        Ok(Fuzz { strategy: self.strategy, model: Some(model), counts_states, options })
    }

    fn fuzz(&self, checkable: &Checkable) -> Result<Checked, Error> {
        let engine = self.engine(checkable)?;
        let interrupt = Interrupt::install();
        let search = |control: &guest::Control| engine.check(&checkable.subject, control);
        let (findings, time) =
            watched(Label::of(&checkable.program.name), &interrupt, self.budget, search);
        self.told(checkable, findings, time)
    }

    /// The findings with all that a report shows.
    fn told(
        &self,
        checkable: &Checkable,
        findings: Findings,
        time: Duration,
    ) -> Result<Checked, Error> {
        let (model, first) = (self.model(checkable), findings.tally.violations.first());
        let repeat = first.map(|first| self.repeat(checkable, model, first.execution));
        let mut checked = Checked::new(checkable.program.clone());
        checked.claim = checkable.claim(&findings)?;
        checked.searches.push(Searched {
            findings,
            time,
            is_known: false,
            seed: self.options.seed,
            repeat,
        });
        Ok(checked)
    }

    /// # Errors
    /// The draws cannot be shared out.
    fn can_be_shared(&self) -> Result<(), ShardError> {
        shard::can_be_read(&self.options.file)?;
        if self.searching.executions_max == u64::MAX || self.budget.time.is_some() {
            return Err(ShardError::NoCount);
        }
        if self.options.count_states { Err(ShardError::States) } else { Ok(()) }
    }

    /// The command that shows the violation again: a replay if the schedule is saved, otherwise the same
    /// draw.
    fn repeat(&self, checkable: &Checkable, model: MemoryModel, execution: u64) -> String {
        let (options, program) = (self.options, checkable.argument.as_str());
        if let Some(schedule) = &options.save {
            let schedule = quoted(&schedule.display().to_string());
            return self.given.again("replay", &[program, &schedule], &[], |_| true);
        }
        let decided = [
            ("strategy", self.strategy.to_string()),
            ("memory", model.name().to_owned()),
            ("seed", options.seed.to_string()),
            ("max-steps", options.max_steps.to_string()),
            ("budget", execution.to_string()),
            ("jobs", self.searching.jobs.to_string()),
        ];
        // The strategy's name includes the depth.
        self.given.again("fuzz", &[program], &decided, |option| option != "depth")
    }
}

/// Runs random executions.
pub(super) fn fuzz(options: &Options, given: &Given) -> Result<Exit, Error> {
    options.flags.apply([options.file.as_path()].into_iter(), options.language)?;
    let plan = Plan::new(options, given)?;
    if options.part.shard.is_some() {
        return run_shard(&plan);
    }
    let checked = match load(&options.file, options.language, &plan.surroundings, true) {
        Ok(checkable) => plan.fuzz(&checkable)?,
        Err((program, refusal)) => Checked::refused(program, refusal),
    };
    options.output.one(&checked, true)?;
    let told = options.output.all(std::slice::from_ref(&checked), true);
    // What was found has been told, whatever becomes of the file.
    if let Some(path) = options.save.as_ref().filter(|_| !checked.searches.is_empty()) {
        save(path, &options.inputs(), &checked)?;
    }
    options.pictures.write(&checked, &options.inputs(), None)?;
    told?;
    Ok(exit(&[checked]))
}

/// # Errors
/// The draws cannot be made in shards.
pub(super) fn can_be_shared(options: &Options, given: &Given) -> Result<(), Error> {
    shard::can_be_shared(given)?;
    Ok(Plan::new(options, given)?.can_be_shared()?)
}

/// Runs one shard of the draws.
fn run_shard(plan: &Plan<'_>) -> Result<Exit, Error> {
    let Plan { options, given, budget, .. } = *plan;
    plan.can_be_shared()?;
    match load(&options.file, options.language, &plan.surroundings, true) {
        Ok(checkable) => {
            let (engine, interrupt) = (plan.engine(&checkable)?, Interrupt::install());
            shard::run(&engine, &checkable, &options.part, given, &interrupt, budget)
        }
        Err((program, refusal)) => {
            options.output.one(&Checked::refused(program, refusal), true)?;
            Ok(Exit::BadInput)
        }
    }
}

/// Tells what the shards of draws have found.
pub(super) fn merge(options: &Options, given: &Given, shards: &Shards) -> Result<Checked, Error> {
    options.flags.apply([options.file.as_path()].into_iter(), options.language)?;
    let plan = Plan::new(options, given)?;
    match load(&options.file, options.language, &plan.surroundings, true) {
        Ok(checkable) => {
            let (engine, memory_max) = (plan.engine(&checkable)?, plan.searching.memory_max);
            let (findings, time, missing) = shards.merged(&engine, &checkable, memory_max)?;
            Ok(Checked { remarks: missing, ..plan.told(&checkable, findings, time)? })
        }
        Err((program, refusal)) => Ok(Checked::refused(program, refusal)),
    }
}

impl Options {
    /// The files that the command reads.
    fn inputs(&self) -> Vec<&Path> {
        [&self.file].into_iter().chain(&self.input).map(PathBuf::as_path).collect()
    }
}

/// The strategy that `--strategy` and `--depth` choose together.
fn strategy(options: &Options, given: &Given) -> Result<Strategy, Error> {
    match (options.strategy, options.depth) {
        // Unless the strategy has a depth of its own, such as `pct:2`.
        (Strategy::Pct { .. }, Some(depth))
            if !given.has("strategy") || given.says("strategy", "pct") =>
        {
            Ok(Strategy::Pct { depth })
        }
        (strategy, Some(_)) => Err(Error::Depth { strategy }),
        (strategy, None) => Ok(strategy),
    }
}
