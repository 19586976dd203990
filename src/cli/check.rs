//! `drawloom check`: searches every execution of guest programs, or as many as the options allow.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use drawloom::guest::comparison::Comparison;
use drawloom::guest::explorer::Explorer;
use drawloom::guest::{
    self, Bound, EngineKind, Expectation, Expected, Findings, MemoryModel, Search, Setting,
};
use drawloom::lang::Language;
use drawloom::reference::ViolationKind;
use drawloom::report::{Checked, Conclusion, Program, Searched, TextStyle};

use super::content::Content;
use super::engines::Choice;
use super::error::{Error, Exit};
use super::files::{can_replace, input_lines, write_whole};
use super::flags::FlagOptions;
use super::given::{Given, is_of_use};
use super::interrupt::Interrupt;
use super::known::{Known, KnownOptions};
use super::limits::SearchLimits;
use super::output::{Output, exit};
use super::pictures::Pictures;
use super::progress::{Budget, Label, beside_lines, watched};
use super::selection::Selection;
use super::several::{Several, Shared};
use super::shard::{self, ShardOptions, Shards};
use super::shard_error::ShardError;
use super::shell::quoted;
use super::source;
use super::subject::{Checkable, Surroundings, load};
use super::{complain, say, values};

#[derive(Args)]
#[command(after_help = "\
Examples:
  drawloom check counter.il                           every execution of one program
  drawloom check programs --fail-fast                 all programs in a folder, as tests
  drawloom check programs -j 4                        the same, four programs at once
  drawloom check counter.il --memory rc11 --time 10s  under a weak memory model, for a while
  drawloom check counter.il --save a.schedule         keep the execution that shows a violation
  drawloom check programs --report out.sarif          beside the text, a report for an editor
  drawloom check programs --format github             annotations in a workflow
  drawloom check args.il -- one two                   with arguments of the program")]
pub(super) struct Options {
    /// Programs, or folders of programs: .il, .tvm, .litmus, .bas; or - for stdin
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Arguments that the programs read with Environment.GetArgument [default: those in their headers]
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<String>,
    /// The language of all programs [default: from the file names]
    #[arg(long, value_name = "LANGUAGE", value_parser = values::language)]
    language: Option<Language>,
    /// The engine that searches
    #[arg(long, value_parser = Choice::values(), default_value = EngineKind::Explorer(Search::Auto).name())]
    engine: Choice,
    /// The memory model [default: the one in the program's header; without one, rc11 if the program has
    /// an atomic weaker than seq-cst, else sc]
    #[arg(long, value_name = "MODEL", value_parser = values::memory_model())]
    memory: Option<MemoryModel>,
    /// How the explorer searches
    #[arg(long, value_parser = values::search(), default_value = Search::default().name())]
    search: Search,
    /// Continue after a violation, and collect distinct violations
    #[arg(long)]
    keep_going: bool,
    /// Stop after this many executions
    #[arg(long, value_name = "COUNT", value_parser = values::at_least::<u64>(1))]
    max_executions: Option<u64>,
    /// Cut an execution off after this many visible operations
    #[arg(long, value_name = "COUNT", default_value_t = guest::Options::default().steps_max as u32,
          value_parser = values::at_least::<u32>(1))]
    max_steps: u32,
    /// Memory that the process may use while it searches: bytes, or 512M, 2G [default: 2G]
    #[arg(long, value_name = "BYTES", value_parser = values::bytes)]
    max_memory: Option<usize>,
    /// Time that each search may take: 10s, 2m, 500ms
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    time: Option<Duration>,
    #[command(flatten)]
    flags: FlagOptions,
    #[command(flatten)]
    limits: SearchLimits,
    #[command(flatten)]
    part: ShardOptions,
    /// Time that one execution on real threads (stress) may take
    #[arg(long, value_name = "TIME", value_parser = values::duration, default_value = "10s")]
    watchdog: Duration,
    /// Cores to use: for the search of a single program, or as many programs at once, each on one core
    /// [default: all]
    #[arg(short, long, value_name = "COUNT", value_parser = values::at_least::<u16>(1))]
    jobs: Option<u16>,
    /// The seed of everything that is drawn at random
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    seed: u64,
    /// Report threads that are never joined, and memory that can no longer be freed, as violations
    #[arg(long)]
    leaks: bool,
    /// For a litmus test with `exists`, show an execution that satisfies it, if there is one
    #[arg(long)]
    witness: bool,
    /// Write the schedule of the first violation, or else of the witness, to a file for `drawloom
    /// replay`
    #[arg(long, value_name = "SCHEDULE")]
    save: Option<PathBuf>,
    #[command(flatten)]
    pictures: Pictures,
    /// The file whose lines the programs read as their input
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    of_known: KnownOptions,
    /// Whether findings are compared with the programs' headers
    #[arg(long, value_enum, default_value_t = Headers::Use)]
    expect: Headers,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Headers {
    /// Compare: a program with a header is a test
    Use,
    /// Treat headers as comments
    Ignore,
}

/// Why a program is left out when another one is wrong.
const FAIL_FAST: &str = "--fail-fast";

/// What the options ask for together.
struct Plan<'o> {
    options: &'o Options,
    given: &'o Given,
    files: Vec<PathBuf>,
    /// Whether the arguments name one program, and no folder.
    is_one: bool,
    /// How many programs are checked at once.
    at_once: usize,
    surroundings: Surroundings,
    /// The engines that search; the first one decides.
    engines: Vec<EngineKind>,
    /// Whether the searches are bounded by executions or by time.
    has_limit: bool,
    /// The memory model for a program without a header.
    searching: guest::Options,
    budget: Budget,
    known: Known,
}

impl<'o> Plan<'o> {
    fn new(options: &'o Options, given: &'o Given) -> Result<Self, Error> {
        let engines = options.engine.kinds(options.search)?;
        let files = options.selection.programs(&options.files)?;
        let cores = super::jobs(options.jobs);
        // Which violation a search finds first may depend on its cores, so each of several programs gets one.
        let (at_once, jobs, of_run) = match files.len() {
            1 => (1, cores, &[][..]),
            several => (cores.min(several), 1, &[Setting::Jobs][..]),
        };
        given.suits(&engines, of_run)?;
        let surroundings = Surroundings {
            arguments: options.arguments.clone(),
            input: input_lines(options.input.as_deref())?,
            limits: options.limits.of_reference(),
            is_spurious: options.limits.spurious,
            wants_witness: options.witness,
        };
        let is_one = options.files.len() == 1 && !options.files[0].is_dir();
        let searching = guest::Options {
            keeps_going: options.keep_going,
            finds_leaks: options.leaks,
            executions_max: options.max_executions.unwrap_or(u64::MAX),
            steps_max: options.max_steps as usize,
            memory_max: options.max_memory.unwrap_or(guest::Options::default().memory_max),
            seed: options.seed,
            jobs,
            watchdog: options.watchdog,
            ..guest::Options::default()
        };
        let plan = Plan {
            options,
            given,
            files,
            is_one,
            at_once,
            surroundings,
            engines,
            has_limit: options.max_executions.is_some() || options.time.is_some(),
            searching,
            budget: Budget {
                time: options.time,
                executions: options.max_executions,
                memory: searching.memory_max,
            },
            known: Known::new(&options.of_known),
        };
        options.output.suits(given, &plan.inputs())?;
        if let Some(path) = &options.save {
            if !is_one {
                return Err(Error::SaveOfSeveral);
            }
            can_replace(path, Content::Schedule, &plan.inputs())?;
        }
        if options.pictures.has_picture() && !is_one {
            return Err(Error::PictureOfSeveral);
        }
        let others = options.output.reports().chain(options.save.as_deref());
        options.pictures.can_be_written(&plan.inputs(), others)?;
        Ok(plan)
    }

    /// The files that the command reads.
    fn inputs(&self) -> Vec<&Path> {
        self.files.iter().chain(&self.options.input).map(PathBuf::as_path).collect()
    }

    /// Checks the programs, and tells of each in their order. Those that were not begun say why.
    ///
    /// # Errors
    /// A report cannot be written. Nothing is checked any more then.
    fn check_all(&self, uses_header: bool, interrupt: &Interrupt) -> Result<Vec<Checked>, Error> {
        let (options, count) = (self.options, self.files.len());
        let several = Several { count, at_once: self.at_once, is_over: &|| interrupt.is_over() };
        let shared = Shared::default();
        let has_room = |result: &Result<Checked, Error>| {
            self.at_once == 1 || interrupt.is_over() || !result.as_ref().is_ok_and(is_out_of_memory)
        };
        let check = |at: usize| {
            let place = if self.is_one { String::new() } else { format!("{}/{count}", at + 1) };
            let loaded = load(&self.files[at], options.language, &self.surroundings, uses_header);
            let result = match loaded {
                Ok(checkable) => {
                    shared.check(|| self.check(&checkable, &place, interrupt), has_room)
                }
                Err((program, refusal)) => Ok(Checked::refused(program, refusal)),
            };
            let is_wrong = |checked: &Checked| checked.conclusion() >= Conclusion::Wrong;
            if options.selection.fail_fast && result.as_ref().is_ok_and(is_wrong) || result.is_err()
            {
                interrupt.end();
            }
            result
        };
        let mut told = Ok(());
        let results = several.each(check, |_, result| {
            if let (Ok(checked @ Checked { not_run: None, .. }), true) = (result, told.is_ok()) {
                told = beside_lines(|| options.output.one(checked, self.is_one));
                if told.is_err() {
                    interrupt.end();
                }
            }
        });
        told?;
        let why = if interrupt.was_pressed() { "interrupted" } else { FAIL_FAST };
        let results = results.into_iter().zip(&self.files).map(|(result, file)| {
            let name = source::name(file);
            let program = || Program { name, text: String::new(), own_file: 0 };
            result.unwrap_or_else(|| Ok(Checked::not_run(program(), why)))
        });
        results.collect()
    }

    /// Checks a program. `place` is its place in the run, for the line on the terminal.
    fn check(
        &self,
        checkable: &Checkable,
        place: &str,
        interrupt: &Interrupt,
    ) -> Result<Checked, Error> {
        let options = self.options;
        let model = self.model(checkable);
        let expectation = self.expectation(checkable);
        let searching = self.searching(checkable);
        // The search over traces refuses waits that end without a cause.
        let counts_traces =
            expectation.is_some_and(|it| it.executions.is_some()) && !options.limits.spurious;
        let mut checked = Checked::new(checkable.program.clone());
        for &kind in &self.engines {
            let kind = match kind {
                EngineKind::Explorer(Search::Auto) if counts_traces && model == MemoryModel::Sc => {
                    EngineKind::Explorer(Search::Traces)
                }
                other => other,
            };
            let engine = options.engine.engine(kind, model, searching, self.has_limit);
            let Some(engine) = engine else { continue };
            let explorer = match kind {
                EngineKind::Explorer(search) => {
                    Some(Explorer { model: Some(model), search, options: searching })
                }
                _ => None,
            };
            let known = explorer.and_then(|explorer| self.known.find(&explorer, checkable));
            let is_known = known.is_some();
            let (findings, time) = known.unwrap_or_else(|| {
                let program = checkable.program.name.as_str();
                let label = Label { place, program, engine: engine.name() };
                let search = |control: &guest::Control| engine.check(&checkable.subject, control);
                // A header may say how many there are.
                let of_header = expectation.and_then(|it| it.executions);
                let executions = self.budget.executions.or(of_header);
                let budget = Budget { executions, ..self.budget };
                watched(label, interrupt, budget, search)
            });
            if is_known {
                let seconds = time.as_secs_f64();
                let remark = format!(
                    "known from an earlier run, which took {seconds:.3} s; --no-cache searches again"
                );
                checked.remarks.push(remark);
            } else if let Some(explorer) = explorer {
                self.known.keep(&explorer, checkable, &findings, time);
            }
            let is_shown = !findings.tally.violations.is_empty() || !findings.witnesses.is_empty();
            let repeat = is_shown.then(|| self.repeat(checkable, kind, model));
            let seed = options.seed;
            checked.searches.push(Searched { findings, time, is_known, seed, repeat });
            if interrupt.is_over() {
                break;
            }
        }
        let is_stopped = |it: &Searched| it.findings.tally.bounds.contains(&Bound::Interrupted);
        let is_left = !interrupt.was_pressed() && checked.searches.iter().any(is_stopped);
        if is_left {
            checked.remarks.push("stopped by --fail-fast: another program is wrong".to_owned());
        }
        if options.engine == Choice::All && interrupt.is_over() {
            checked.remarks.push("interrupted: not all engines have been asked".to_owned());
            checked.is_undecided = true;
        }
        let deciding = &checked.searches[0].findings;
        checked.judgement = expectation.map(|expectation| expectation.judge(deciding));
        checked.claim = checkable.claim(deciding)?;
        if options.engine == Choice::All {
            compare(&mut checked);
        }
        // Whether its search had begun depends on how many programs are checked at once.
        if is_left && checked.conclusion() < Conclusion::Wrong {
            return Ok(Checked::not_run(checked.program, FAIL_FAST));
        }
        Ok(checked)
    }

    fn model(&self, checkable: &Checkable) -> MemoryModel {
        self.options.memory.unwrap_or(checkable.model)
    }

    /// What the header expects; it says what happens under one memory model.
    fn expectation<'c>(&self, checkable: &'c Checkable) -> Option<&'c Expectation> {
        checkable.expectation.as_ref().filter(|_| self.model(checkable) == checkable.model)
    }

    /// The options for searches of this program.
    fn searching(&self, checkable: &Checkable) -> guest::Options {
        let expectation = self.expectation(checkable);
        guest::Options {
            // A header names every outcome, a litmus test asks about all states, and a comparison needs
            // all outcomes.
            keeps_going: self.searching.keeps_going
                || expectation.is_some()
                || checkable.litmus.is_some()
                || self.options.engine == Choice::All,
            finds_leaks: self.searching.finds_leaks || expectation.is_some_and(expects_leak),
            ..self.searching
        }
    }

    /// # Errors
    /// The options ask for a search that cannot be cut.
    fn can_be_shared(&self) -> Result<(), ShardError> {
        shard::can_be_read(&self.files[0])?;
        if !matches!(self.options.engine, Choice::One(EngineKind::Explorer(_))) {
            let value = self.given.value("engine");
            return Err(ShardError::OtherSearch { option: "engine", value });
        }
        if !matches!(self.options.search, Search::Auto | Search::Graphs) {
            let value = self.options.search.name().to_owned();
            return Err(ShardError::OtherSearch { option: "search", value });
        }
        if !self.is_one {
            return Err(ShardError::OfSeveral);
        }
        Ok(())
    }

    /// The search that can be cut.
    ///
    /// # Errors
    /// The options ask for something else.
    fn in_shards(&self, checkable: &Checkable) -> Result<Explorer, ShardError> {
        self.can_be_shared()?;
        let (model, options) = (Some(self.model(checkable)), self.searching(checkable));
        Ok(Explorer { model, search: Search::Graphs, options })
    }

    /// The command that shows the violation again: a replay if the schedule is saved, otherwise the same
    /// search.
    fn repeat(&self, checkable: &Checkable, kind: EngineKind, model: MemoryModel) -> String {
        let (options, program) = (self.options, checkable.argument.as_str());
        let is_of_use = |option: &str| is_of_use(option, |setting| kind.takes(setting));
        if let Some(schedule) = options.save.as_ref().filter(|_| kind.takes(Setting::Save)) {
            let schedule = quoted(&schedule.display().to_string());
            return self.given.again("replay", &[program, &schedule], &[], is_of_use);
        }
        let decided = [
            ("engine", kind.name().to_owned()),
            ("memory", model.name().to_owned()),
            ("seed", options.seed.to_string()),
            ("max-steps", options.max_steps.to_string()),
        ];
        // What was searched in parts was searched over graphs, whatever the options say.
        let of_parts = match kind {
            EngineKind::Explorer(search) if search != self.options.search => Some(search),
            _ => None,
        };
        let of_parts = of_parts.map(|search| ("search", search.name().to_owned()));
        // What the option says of several programs is how many are checked at once.
        let of_one = (self.files.len() > 1).then(|| ("jobs", self.searching.jobs.to_string()));
        let decided = decided.into_iter().chain(of_parts).chain(of_one);
        let decided: Vec<_> = decided.filter(|&(it, _)| is_of_use(it)).collect();
        self.given.again("check", &[program], &decided, is_of_use)
    }
}

/// Checks programs.
pub(super) fn check(options: &Options, given: &Given) -> Result<Exit, Error> {
    let plan = Plan::new(options, given)?;
    options.flags.apply(plan.files.iter().map(PathBuf::as_path), options.language)?;
    let interrupt = Interrupt::install();
    let uses_header = options.expect == Headers::Use;
    if options.part.shard.is_some() {
        return run_shard(&plan, uses_header, &interrupt);
    }
    let all = plan.check_all(uses_header, &interrupt)?;
    let left: Vec<&str> = all.iter().filter_map(|it| it.not_run).collect();
    if let [why, ..] = left[..] {
        let were = if left.len() == 1 { "program was" } else { "programs were" };
        complain(&format!("{why}: {} {were} left out", left.len()));
    }
    let told = options.output.all(&all, plan.is_one);
    // What was found has been told, whatever becomes of the file.
    if let (Some(path), [checked]) = (&options.save, &all[..])
        && !checked.searches.is_empty()
    {
        save(path, &plan.inputs(), checked)?;
    }
    match &all[..] {
        [checked] if plan.is_one => options.pictures.write(checked, &plan.inputs(), None)?,
        all => {
            let style = TextStyle { is_brief: false, ..options.output.style() };
            options.pictures.write_all(all, &plan.inputs(), style)?;
        }
    }
    told?;
    Ok(match exit(&all) {
        // A program that is wrong is wrong whether or not the others were started.
        Exit::Fine if interrupt.was_pressed() => Exit::Unfinished,
        exit => exit,
    })
}

/// # Errors
/// The search cannot be made in shards.
pub(super) fn can_be_shared(options: &Options, given: &Given) -> Result<(), Error> {
    shard::can_be_shared(given)?;
    Ok(Plan::new(options, given)?.can_be_shared()?)
}

/// Runs one shard of a search.
fn run_shard(plan: &Plan<'_>, uses_header: bool, interrupt: &Interrupt) -> Result<Exit, Error> {
    let Plan { options, given, budget, .. } = *plan;
    plan.can_be_shared()?;
    match load(&plan.files[0], options.language, &plan.surroundings, uses_header) {
        Ok(checkable) => {
            let engine = plan.in_shards(&checkable)?;
            shard::run(&engine, &checkable, &options.part, given, interrupt, budget)
        }
        Err((program, refusal)) => {
            let checked = Checked::refused(program, refusal);
            options.output.one(&checked, true)?;
            Ok(Exit::BadInput)
        }
    }
}

/// Gives the verdict of a search that was made in shards.
pub(super) fn merge(options: &Options, given: &Given, shards: &Shards) -> Result<Checked, Error> {
    let plan = Plan::new(options, given)?;
    options.flags.apply(plan.files.iter().map(PathBuf::as_path), options.language)?;
    let uses_header = options.expect == Headers::Use;
    match load(&plan.files[0], options.language, &plan.surroundings, uses_header) {
        Ok(checkable) => {
            let (engine, model) = (plan.in_shards(&checkable)?, plan.model(&checkable));
            let memory_max = plan.searching.memory_max;
            let (findings, time, missing) = shards.merged(&engine, &checkable, memory_max)?;
            let mut checked = Checked::new(checkable.program.clone());
            checked.judgement = plan.expectation(&checkable).map(|it| it.judge(&findings));
            checked.claim = checkable.claim(&findings)?;
            let kind = EngineKind::Explorer(Search::Graphs);
            let is_violated = !findings.tally.violations.is_empty();
            let repeat = is_violated.then(|| plan.repeat(&checkable, kind, model));
            let (seed, is_known) = (options.seed, false);
            checked.searches.push(Searched { findings, time, is_known, seed, repeat });
            checked.remarks = missing;
            Ok(checked)
        }
        Err((program, refusal)) => Ok(Checked::refused(program, refusal)),
    }
}

/// Compares what the other engines have shown with the findings of the first one, which drives the
/// reference.
fn compare(checked: &mut Checked) {
    let Some((reference, others)) = checked.searches.split_first() else { return };
    let others: Vec<Findings> = others.iter().map(|it| it.findings.clone()).collect();
    let comparison = Comparison::new(&reference.findings, true, &others);
    checked.disagreements = comparison.differences().iter().map(ToString::to_string).collect();
    checked.remarks.extend(comparison.coverage.iter().map(ToString::to_string));
    checked.remarks.extend(comparison.known.iter().map(ToString::to_string));
    checked.shows_known = !comparison.known.is_empty();
    if let Some(why) = comparison.undecided.filter(|_| !comparison.outside.is_empty()) {
        let outside = comparison.outside.iter();
        let lines = outside.map(|outside| format!("undecided, because {why}: {outside}"));
        checked.remarks.extend(lines);
        checked.is_undecided = true;
    }
}

/// Whether a search of the program has used up the memory.
fn is_out_of_memory(checked: &Checked) -> bool {
    checked.searches.iter().any(|it| it.findings.tally.bounds.contains(&Bound::Memory))
}

/// Whether a header expects that something is left behind. The search must then look for it.
pub(super) fn expects_leak(expectation: &guest::Expectation) -> bool {
    expectation.violations.contains(&Expected::Kind(ViolationKind::Leak))
}

/// Writes the first schedule that was found.
pub(super) fn save(path: &Path, inputs: &[&Path], checked: &Checked) -> Result<(), Error> {
    let findings = || checked.searches.iter().map(|it| &it.findings);
    let violations = findings().flat_map(|it| &it.tally.violations);
    let found = violations.chain(findings().flat_map(|it| &it.witnesses));
    let mut schedules = found.filter_map(|it| it.schedule.as_ref());
    match schedules.next() {
        // The file may have changed during a long search.
        Some(schedule) => {
            can_replace(path, Content::Schedule, inputs)?;
            write_whole(path, &schedule.to_string())?;
        }
        None => {
            say(&format!("note: {}: not written: there is no schedule to save\n", path.display()));
        }
    }
    Ok(())
}
