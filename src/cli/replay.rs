//! `drawloom replay`: repeats one execution from its schedule.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use drawloom::guest::{
    self, Control, EngineKind, Findings, ReplayError, Schedule, ScheduleError, Setting, Tally,
    replay_within,
};
use drawloom::lang::Language;
use drawloom::reference::Outcome;
use drawloom::report::{Checked, Program, Refusal, Searched, TextStyle, render_checked};

use super::error::{Error, Exit};
use super::files::input_lines;
use super::flags::FlagOptions;
use super::given::Given;
use super::interrupt::Interrupt;
use super::limits::SearchLimits;
use super::output::{Format, Output, exit, write};
use super::pictures::Pictures;
use super::progress::{Budget, Label, watched};
use super::shell::quoted;
use super::subject::{Checkable, Surroundings, prepare, read_source};
use super::values;

#[derive(Args)]
#[command(after_help = "\
Examples:
  drawloom replay counter.il a.schedule                     the execution that `check --save` wrote
  drawloom replay counter.il a.schedule --report out.sarif  and a report of it for an editor")]
pub(super) struct Options {
    /// The program, or - for stdin
    program: PathBuf,
    /// The schedule, as written by `check --save` or `fuzz --save`
    schedule: PathBuf,
    /// Arguments that the program was checked with [default: those in its header]
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<String>,
    /// The program's language [default: from the file name]
    #[arg(long, value_name = "LANGUAGE", value_parser = values::language)]
    language: Option<Language>,
    /// The input that the program was checked with
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Time that the replay may take: 10s, 2m, 500ms
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    time: Option<Duration>,
    /// Memory that the process may use: bytes, or 512M, 2G [default: 2G]
    #[arg(long, value_name = "BYTES", value_parser = values::bytes)]
    max_memory: Option<usize>,
    #[command(flatten)]
    flags: FlagOptions,
    #[command(flatten)]
    limits: SearchLimits,
    #[command(flatten)]
    pictures: Pictures,
    #[command(flatten)]
    output: Output,
}

/// Why the replay has nothing to show.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("{schedule}: {source}")]
    File { schedule: String, source: std::io::Error },
    #[error("{schedule}: {source}")]
    NoSchedule { schedule: String, source: ScheduleError },
    #[error(
        "{schedule}: --{option} has no effect on this schedule; engines that take it: {takers}"
    )]
    NotTaken { schedule: String, option: &'static str, takers: String },
    #[error("{schedule}: {source}")]
    Replay { schedule: String, source: ReplayError },
}

/// Replays a schedule.
pub(super) fn replay(options: &Options, given: &Given) -> Result<Exit, Error> {
    options.flags.apply([options.program.as_path()].into_iter(), options.language)?;
    options.output.suits(given, &options.inputs())?;
    options.pictures.can_be_written(&options.inputs(), options.output.reports())?;
    let surroundings = Surroundings {
        arguments: options.arguments.clone(),
        input: input_lines(options.input.as_deref())?,
        limits: options.limits.of_reference(),
        is_spurious: options.limits.spurious,
        // A schedule that was saved for a witness has nothing else to show.
        wants_witness: true,
    };
    let interrupt = Interrupt::install();
    // Each file is read only once, because it may be a pipe.
    let source = read_source(&options.program, options.language);
    let schedule = read_schedule(&options.schedule).and_then(|read| suited(read, options, given));
    let as_read = |uses_header| {
        let source = source.clone();
        let checkable = source.and_then(|it| prepare(it, &surroundings, uses_header));
        attempt(checkable, options, &interrupt, schedule.as_ref())
    };
    // `check --expect ignore` treats headers as comments, with the arguments and mistakes in them.
    let checked = as_read(true);
    let checked = if checked.refusal.is_some() {
        Some(as_read(false)).filter(|it| it.refusal.is_none()).unwrap_or(checked)
    } else {
        checked
    };
    if options.output.format == Format::Text && checked.refusal.is_none() {
        // A replay makes no claim about how much was searched.
        let style = TextStyle { is_brief: true, ..options.output.style().with_all_steps() };
        write(&render_checked(&checked, style))?;
    } else {
        options.output.one(&checked, true)?;
    }
    let told = options.output.all(std::slice::from_ref(&checked), true);
    let words = [&options.program, &options.schedule].map(|it| quoted(&it.display().to_string()));
    let again = given.again("replay", &[&words[0], &words[1]], &[], |_| true);
    options.pictures.write(&checked, &options.inputs(), Some(again))?;
    told?;
    Ok(exit(&[checked]))
}

impl Options {
    /// The files that the command reads.
    fn inputs(&self) -> Vec<&Path> {
        [&self.program, &self.schedule]
            .into_iter()
            .chain(&self.input)
            .map(PathBuf::as_path)
            .collect()
    }
}

/// Replays a schedule, if both the program and the schedule can be read.
fn attempt(
    checkable: Result<Checkable, (Program, Refusal)>,
    options: &Options,
    interrupt: &Interrupt,
    schedule: Result<&Schedule, &Refused>,
) -> Checked {
    let checkable = match checkable {
        Ok(checkable) => checkable,
        Err((program, refusal)) => return Checked::refused(program, refusal),
    };
    let refuse = |refused: &Refused| Refusal { message: refused.to_string(), findings: Vec::new() };
    let replayed = schedule
        .map_err(refuse)
        .and_then(|it| replayed(&checkable, options, interrupt, it).map_err(|it| refuse(&it)));
    match replayed {
        Ok(searched) => Checked { searches: vec![searched], ..Checked::new(checkable.program) },
        Err(refusal) => Checked::refused(checkable.program, refusal),
    }
}

fn read_schedule(path: &Path) -> Result<Schedule, Refused> {
    let schedule = path.display().to_string();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(source) => return Err(Refused::File { schedule, source }),
    };
    text.parse().map_err(|source| Refused::NoSchedule { schedule, source })
}

/// The schedule, if the engine that replays it takes the options that were given.
fn suited(read: Schedule, options: &Options, given: &Given) -> Result<Schedule, Refused> {
    let mut written = Setting::ALL.into_iter().filter(|setting| given.has(setting.name()));
    match written.find(|&setting| !read.choices.takes(setting)) {
        None => Ok(read),
        Some(setting) => {
            let schedule = options.schedule.display().to_string();
            let (option, takers) = (setting.name(), setting.takers());
            Err(Refused::NotTaken { schedule, option, takers })
        }
    }
}

/// Runs the schedule.
fn replayed(
    checkable: &Checkable,
    options: &Options,
    interrupt: &Interrupt,
    read: &Schedule,
) -> Result<Searched, Refused> {
    let memory = options.max_memory.unwrap_or(guest::Options::default().memory_max);
    let budget = Budget { time: options.time, executions: None, memory };
    let replay = |control: &Control| replay_within(&checkable.subject, read, memory, control);
    let (shown, time) = watched(Label::of(&checkable.program.name), interrupt, budget, replay);
    let mut tally = Tally::default();
    match shown {
        Ok(counterexample) => {
            if counterexample.violation.kind.is_witness() {
                tally.executions += 1; // It has come to its end.
            } else {
                tally.execution(Outcome::of_violation(&counterexample.violation));
            }
            tally.keep(counterexample);
        }
        Err(ReplayError::CutOff(bound)) => _ = tally.bounds.insert(bound),
        Err(source) => {
            let schedule = options.schedule.display().to_string();
            return Err(Refused::Replay { schedule, source });
        }
    }
    let findings = Findings::new(EngineKind::Replay, Some(read.model), tally, &Control::default());
    Ok(Searched { findings, time, is_known: false, seed: 0, repeat: None })
}
