//! `drawloom replay`: one execution again, from its schedule.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use drawloom::guest::{
    self, Control, EngineKind, Findings, ReplayError, Schedule, ScheduleError, Tally, replay_within,
};
use drawloom::lang::Language;
use drawloom::reference::Outcome;
use drawloom::report::{Checked, Program, Refusal, Searched, render_counterexample};

use super::files::input_lines;
use super::limits::SearchLimits;
use super::output::{Format, Output, exit_code, write};
use super::progress::{Budget, Interrupt, watched};
use super::subject::{Checkable, Surroundings, prepare, read_source};
use super::{BAD_INPUT, complain, values};

#[derive(Args)]
pub(super) struct Options {
    /// The program, or - for stdin
    program: PathBuf,
    /// The schedule, as `check --save` and `fuzz --save` write it
    schedule: PathBuf,
    /// The arguments that the program was checked with; else what its header says
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<String>,
    /// The program's language; else what its name says
    #[arg(long, value_name = "LANGUAGE", value_parser = values::language)]
    language: Option<Language>,
    /// The input that the program was checked with
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// At most so much time: 10s, 2m, 500ms
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    time: Option<Duration>,
    /// At most so much memory for the process: bytes, or 512M, 2G; else 2G
    #[arg(long, value_name = "BYTES", value_parser = values::bytes)]
    max_memory: Option<usize>,
    #[command(flatten)]
    limits: SearchLimits,
    #[command(flatten)]
    output: Output,
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("{schedule}: {source}")]
    File { schedule: String, source: std::io::Error },
    #[error("{schedule}: {source}")]
    NoSchedule { schedule: String, source: ScheduleError },
    #[error(
        "{schedule} is a schedule of another program, or of this one with other text, arguments or input"
    )]
    OtherProgram { schedule: String },
    #[error("{schedule}: {reason}")]
    Replay { schedule: String, reason: String },
}

/// Replays a schedule; the exit code.
pub(super) fn replay(options: &Options) -> u8 {
    let input = match input_lines(options.input.as_deref()) {
        Ok(input) => input,
        Err(message) => {
            complain(&message);
            return BAD_INPUT;
        }
    };
    let (arguments, limits) = (options.arguments.clone(), options.limits.of_reference());
    let is_spurious = options.limits.spurious;
    // Where a schedule was saved for one, it is all that there is to see.
    let wants_witness = true;
    let surroundings = Surroundings { arguments, input, limits, is_spurious, wants_witness };
    let interrupt = Interrupt::install();
    // Each is read once: it may be a pipe.
    let source = read_source(&options.program, options.language);
    let schedule = read_schedule(&options.schedule);
    let as_read = |uses_header| {
        let source = source.clone();
        let checkable = source.and_then(|it| prepare(it, &surroundings, uses_header));
        attempt(checkable, options, &interrupt, schedule.as_ref())
    };
    // `check --expect ignore` takes headers as comments, arguments and mistakes in them included.
    let checked = as_read(true);
    let checked = if checked.refusal.is_some() {
        Some(as_read(false)).filter(|it| it.refusal.is_none()).unwrap_or(checked)
    } else {
        checked
    };
    match checked.searches.first().map(|it| &it.findings) {
        // How much was searched is no question here.
        Some(findings) if options.output.format == Format::Text => {
            write(&format!("{}\n", checked.headline()));
            for counterexample in findings.tally.violations.iter().chain(&findings.witnesses) {
                let style = options.output.style(false).with_all_steps();
                let shown = render_counterexample(&checked, counterexample, style);
                write(&format!("\n{shown}\n"));
            }
        }
        _ => {
            options.output.one(&checked, false);
            options.output.all(std::slice::from_ref(&checked), true);
        }
    }
    exit_code(&[checked])
}

/// Replays a schedule, if there are a program and a schedule.
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

/// Carries out the schedule.
fn replayed(
    checkable: &Checkable,
    options: &Options,
    interrupt: &Interrupt,
    read: &Schedule,
) -> Result<Searched, Refused> {
    let schedule = options.schedule.display().to_string();
    if read.program != checkable.subject.fingerprint {
        return Err(Refused::OtherProgram { schedule });
    }
    let memory = options.max_memory.unwrap_or(guest::Options::default().memory_max);
    let budget = Budget { time: options.time, memory };
    let replay = |control: &Control| replay_within(&checkable.subject, read, memory, control);
    let (shown, time) = watched(&checkable.program.name, interrupt, budget, replay);
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
        Err(error) => return Err(Refused::Replay { schedule, reason: error.to_string() }),
    }
    let findings = Findings::new(EngineKind::Replay, Some(read.model), tally, &Control::default());
    Ok(Searched { findings, time, seed: 0, repeat: None })
}
