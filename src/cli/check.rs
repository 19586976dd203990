//! `drawloom check`: every execution of guest programs, or as many as the options allow.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use drawloom::guest::comparison::Comparison;
use drawloom::guest::{self, Expected, Findings, MemoryModel};
use drawloom::lang::Language;
use drawloom::reference::ViolationKind;
use drawloom::report::{Checked, Searched};

use super::engines::{Engine, SearchKind};
use super::files::{can_save, input_lines, programs, quoted, write_whole};
use super::limits::SearchLimits;
use super::output::{Output, exit_code};
use super::progress::{Budget, Interrupt, watched};
use super::subject::{Checkable, Surroundings, load};
use super::{BAD_INPUT, complain, say, values};

#[derive(Args)]
pub(super) struct Options {
    /// Programs, or folders of programs: .il, .tvm, .litmus; or - for stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What the programs find with Environment.GetArgument; else what their headers say
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<String>,
    /// The language of all the programs; else what their names say
    #[arg(long, value_name = "LANGUAGE", value_parser = values::language)]
    language: Option<Language>,
    /// Who searches
    #[arg(long, value_enum, default_value_t = Engine::Explorer)]
    engine: Engine,
    /// How memory behaves: sc, rc11 or c20; else what the program's header says, else rc11 if an
    /// atomic of it is weaker than seq-cst, else sc
    #[arg(long, value_name = "MODEL", value_parser = values::memory_model)]
    memory: Option<MemoryModel>,
    /// How the explorer searches
    #[arg(long, value_enum, default_value_t = SearchKind::Auto)]
    search: SearchKind,
    /// Go on after a violation, and collect distinct ones
    #[arg(long)]
    keep_going: bool,
    /// At most so many executions
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    max_executions: Option<u64>,
    /// At most so many visible operations in one execution
    #[arg(long, value_name = "COUNT", default_value_t = guest::Options::default().steps_max as u32,
          value_parser = clap::value_parser!(u32).range(1..))]
    max_steps: u32,
    /// At most so much memory for the process while it searches: bytes, or 512M, 2G; else 2G
    #[arg(long, value_name = "BYTES", value_parser = values::bytes)]
    max_memory: Option<usize>,
    /// At most so much time for each search: 10s, 2m, 500ms
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    time: Option<Duration>,
    #[command(flatten)]
    limits: SearchLimits,
    /// At most so much time for one execution on real threads (stress)
    #[arg(long, value_name = "TIME", value_parser = values::duration, default_value = "10s")]
    watchdog: Duration,
    /// Cores for one search; else all there are
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Where chance comes from
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
    /// Count a thread that nobody waited for, and memory that nobody can free any more, as a violation
    #[arg(long)]
    leaks: bool,
    /// Show an execution that a litmus test with `exists` asks for, if there is one
    #[arg(long)]
    witness: bool,
    /// Write the schedule of the first violation or else of the witness to a file, for `drawloom replay`
    #[arg(long, value_name = "SCHEDULE")]
    save: Option<PathBuf>,
    /// The file whose lines the programs read as their input
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    /// Whether the programs' headers are compared with what is found
    #[arg(long, value_enum, default_value_t = Headers::Use)]
    expect: Headers,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Headers {
    /// A program with a header is a test
    Use,
    /// Headers are comments
    Ignore,
}

/// Checks programs; the exit code.
pub(super) fn check(options: &Options) -> u8 {
    let prepared = programs(&options.files).and_then(|files| {
        let input = input_lines(options.input.as_deref())?;
        let (arguments, limits) = (options.arguments.clone(), options.limits.of_reference());
        let is_spurious = options.limits.spurious;
        let wants_witness = options.witness;
        Ok((files, Surroundings { arguments, input, limits, is_spurious, wants_witness }))
    });
    let (files, surroundings) = match prepared {
        Ok(prepared) => prepared,
        Err(message) => {
            complain(&message);
            return BAD_INPUT;
        }
    };
    let is_one = files.len() == 1 && !options.files[0].is_dir();
    if options.save.is_some() && !is_one {
        complain("--save takes the schedule of one program");
        return BAD_INPUT;
    }
    if let Some(Err(message)) = options.save.as_deref().map(|path| can_save(path, &inputs(options)))
    {
        complain(&message);
        return BAD_INPUT;
    }
    let interrupt = Interrupt::install();
    let mut all = Vec::new();
    let uses_header = options.expect == Headers::Use;
    for file in &files {
        let checked = match load(file, options.language, &surroundings, uses_header) {
            Ok(checkable) => check_one(&checkable, options, &interrupt),
            Err((program, refusal)) => Ok(Checked::refused(program, refusal)),
        };
        match checked {
            Ok(checked) => {
                options.output.one(&checked, !is_one);
                all.push(checked);
            }
            Err(message) => {
                complain(&message);
                return BAD_INPUT;
            }
        }
        if interrupt.was_pressed() {
            break;
        }
    }
    let left = files.len() - all.len();
    if left > 0 {
        let were = if left == 1 { "program was" } else { "programs were" };
        complain(&format!("interrupted: {left} {were} not begun"));
    }
    options.output.all(&all, is_one);
    match exit_code(&all) {
        // What is wrong is so whether or not the others were begun.
        0 if interrupt.was_pressed() => super::UNFINISHED,
        code => code,
    }
}

/// The files that are read.
fn inputs(options: &Options) -> Vec<&Path> {
    options.files.iter().chain(&options.input).map(PathBuf::as_path).collect()
}

fn check_one(
    checkable: &Checkable,
    options: &Options,
    interrupt: &Interrupt,
) -> Result<Checked, String> {
    let model = options.memory.unwrap_or(checkable.model);
    // A header says what happens under one memory model.
    let expectation = checkable.expectation.as_ref().filter(|_| model == checkable.model);
    let search_options = guest::Options {
        // A header names all that there is, a litmus test asks about all states, and a comparison
        // needs all outcomes.
        keeps_going: options.keep_going
            || expectation.is_some()
            || checkable.litmus.is_some()
            || options.engine == Engine::All,
        finds_leaks: options.leaks || expectation.is_some_and(expects_leak),
        executions_max: options.max_executions.unwrap_or(u64::MAX),
        steps_max: options.max_steps as usize,
        memory_max: options.max_memory.unwrap_or(guest::Options::default().memory_max),
        seed: options.seed,
        jobs: super::jobs(options.jobs),
        watchdog: options.watchdog,
        ..guest::Options::default()
    };
    let budget = Budget { time: options.time, memory: search_options.memory_max };
    // The search over traces refuses waits that end without a cause.
    let counts_traces =
        expectation.is_some_and(|it| it.executions.is_some()) && !options.limits.spurious;
    let search = match options.search {
        SearchKind::Auto if counts_traces && model == MemoryModel::Sc => SearchKind::Traces,
        search => search,
    };
    let has_limit = options.max_executions.is_some() || options.time.is_some();
    let engines = options.engine.engines(model, search, search_options, has_limit)?;
    let mut checked = Checked::new(checkable.program.clone());
    for engine in engines {
        let label = format!("{} {}", checkable.program.name, engine.name());
        let search = |control: &guest::Control| engine.check(&checkable.subject, control);
        let (findings, time) = watched(&label, interrupt, budget, search);
        let is_violated = !findings.tally.violations.is_empty();
        let repeat = is_violated.then(|| repeat(options, checkable, engine.name(), model));
        checked.searches.push(Searched { findings, time, seed: options.seed, repeat });
        if interrupt.was_pressed() {
            break;
        }
    }
    let deciding = &checked.searches[0].findings;
    checked.judgement = expectation.map(|expectation| expectation.judge(deciding));
    if options.engine == Engine::All {
        compare(&mut checked);
    }
    let deciding = &checked.searches[0].findings;
    checked.claim = checkable.claim(deciding).map_err(|error| error.to_string())?;
    if let Some(path) = &options.save {
        save(path, &inputs(options), &checked)?;
    }
    Ok(checked)
}

/// Holds what the other engines have shown against the first one, the reference's.
fn compare(checked: &mut Checked) {
    let Some((reference, others)) = checked.searches.split_first() else { return };
    let others: Vec<Findings> = others.iter().map(|it| it.findings.clone()).collect();
    let comparison = Comparison::new(&reference.findings, true, &others);
    checked.disagreements = comparison.differences().iter().map(ToString::to_string).collect();
    checked.remarks = comparison.coverage.iter().map(ToString::to_string).collect();
    checked.remarks.extend(comparison.known.iter().map(ToString::to_string));
    checked.shows_known = !comparison.known.is_empty();
    if let Some(why) = comparison.undecided.filter(|_| !comparison.outside.is_empty()) {
        let outside = comparison.outside.iter();
        let lines = outside.map(|outside| format!("undecided, because {why}: {outside}"));
        checked.remarks.extend(lines);
        checked.is_undecided = true;
    }
}

/// Whether a header says that something is left behind: then the search must look for it.
pub(super) fn expects_leak(expectation: &guest::Expectation) -> bool {
    expectation.violations.contains(&Expected::Kind(ViolationKind::Leak))
}

/// Writes the first schedule there is.
pub(super) fn save(path: &Path, inputs: &[&Path], checked: &Checked) -> Result<(), String> {
    let findings = || checked.searches.iter().map(|it| &it.findings);
    let violations = findings().flat_map(|it| &it.tally.violations);
    let found = violations.chain(findings().flat_map(|it| &it.witnesses));
    let mut schedules = found.filter_map(|it| it.schedule.as_ref());
    match schedules.next() {
        // Much may have happened to the file during a long search.
        Some(schedule) => {
            can_save(path, inputs).and_then(|()| write_whole(path, &schedule.to_string()))
        }
        None => {
            say(&format!("note: {}: not written: there is no schedule to save\n", path.display()));
            Ok(())
        }
    }
}

/// The command that shows the violation again: of the schedule, if it is saved; else the search.
fn repeat(options: &Options, checkable: &Checkable, engine: &str, model: MemoryModel) -> String {
    let file = checkable.argument.clone();
    let mut words = match &options.save {
        Some(schedule) => {
            let schedule = quoted(&schedule.display().to_string());
            vec!["drawloom replay".to_owned(), file, schedule]
        }
        None => {
            let mut words = vec!["drawloom check".to_owned(), file];
            words.push(format!("--engine {engine} --memory {}", model.name()));
            let search = options.search.to_possible_value();
            if let Some(search) = search.filter(|_| options.search != SearchKind::Auto) {
                words.push(format!("--search {}", search.get_name()));
            }
            words.push(format!("--seed {} --max-steps {}", options.seed, options.max_steps));
            if let Some(executions) = options.max_executions {
                words.push(format!("--max-executions {executions}"));
            }
            if let Some(bytes) = options.max_memory {
                words.push(format!("--max-memory {bytes}"));
            }
            for (is_set, option) in [
                (options.keep_going, "--keep-going"),
                (options.leaks, "--leaks"),
                (options.witness, "--witness"),
                (options.expect == Headers::Ignore, "--expect ignore"),
            ] {
                if is_set {
                    words.push(option.to_owned());
                }
            }
            words
        }
    };
    words.extend(options.limits.words());
    words.extend(super::surroundings(options.input.as_deref(), &options.arguments));
    words.join(" ")
}
