//! Runs bodies, and fails with what is wrong in them.

use std::fmt;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use drawloom::engine::heddle::Heddle;
use drawloom::engine::{Bound, HeddleSchedule, Report, Verdict, WorldSchedule};
use drawloom::suite::{Checked, Failed, Suite};

use crate::plan::{Draw, Plan};
use crate::rand::Numbers;
use crate::scheduler::{SEED, Scheduler, default_seed};
use crate::{Config, FailurePersistence, MaxSteps, future};

/// How often a search of one execution may begin again, since it saw too little.
const BEGINNINGS_MAX: u64 = 32;

/// Runs a body in the executions that a scheduler wants.
#[derive(Debug)]
pub struct Runner<S: Scheduler> {
    scheduler: S,
    config: Config,
}

impl<S: Scheduler> Runner<S> {
    /// A runner for this scheduler.
    pub fn new(scheduler: S, config: Config) -> Self {
        Runner { scheduler, config }
    }

    /// Runs the body, says in one line what was done, and returns the number of executions. If the body has checked
    /// nothing, there is a warning, also when the output of tests that pass is not shown.
    ///
    /// # Panics
    /// With the violation, if an execution shows one. The error output has that execution.
    #[track_caller]
    pub fn run<F>(self, body: F) -> usize
    where
        F: Fn() + Send + Sync + 'static,
    {
        let run = Run { config: &self.config, body: Arc::new(body) };
        match run.planned(self.scheduler.plan()) {
            Ok(count) => count,
            Err(message) => panic!("{message}"),
        }
    }
}

/// Runs a body in the executions that several schedulers want.
pub struct PortfolioRunner {
    schedulers: Vec<Box<dyn Scheduler + Send>>,
    stops_at_failure: bool,
    config: Config,
}

impl PortfolioRunner {
    /// A runner without a scheduler. After a failure it may stop, or let the other schedulers have their turn.
    pub fn new(stop_on_first_failure: bool, config: Config) -> Self {
        PortfolioRunner { schedulers: Vec::new(), stops_at_failure: stop_on_first_failure, config }
    }

    /// Adds a scheduler.
    pub fn add(&mut self, scheduler: impl Scheduler + Send + 'static) {
        self.schedulers.push(Box::new(scheduler));
    }

    /// Runs the body for one scheduler after the other.
    ///
    /// # Panics
    /// With a violation, if an execution shows one.
    #[track_caller]
    pub fn run<F>(self, body: F)
    where
        F: Fn() + Send + Sync + 'static,
    {
        let run = Run { config: &self.config, body: Arc::new(body) };
        let mut failure = None;
        for scheduler in self.schedulers {
            failure = run.planned(scheduler.plan()).err().or(failure);
            if self.stops_at_failure && failure.is_some() {
                break;
            }
        }
        if let Some(message) = failure {
            panic!("{message}");
        }
    }
}

impl fmt::Debug for PortfolioRunner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PortfolioRunner")
            .field("schedulers", &self.schedulers.len())
            .field("stops_at_failure", &self.stops_at_failure)
            .field("config", &self.config)
            .finish()
    }
}

/// Runs a body in executions whose order is fixed, and compares those with each other.
#[track_caller]
pub(crate) fn check_repeatable(executions_max: usize, body: impl Fn() + Send + Sync + 'static) {
    let run = Run { config: &Config::default(), body: Arc::new(body) };
    let engine = run.engine().repeats_single(true).executions_max(executions_max as u64);
    match run.search(engine, &Numbers::new(Some(default_seed()))) {
        Ok(checked) => say(&checked),
        Err(message) => panic!("{message}"),
    };
}

/// A body that is run. The errors of its methods are the messages of panics.
struct Run<'a> {
    config: &'a Config,
    body: Arc<dyn Fn() + Send + Sync>,
}

impl Run<'_> {
    /// Runs the body as planned; the number of executions.
    #[track_caller]
    fn planned(&self, plan: Plan) -> Result<usize, String> {
        match plan {
            Plan::Again(schedule) => self.again(&schedule),
            Plan::Every { executions_max, numbers } => {
                let engine = match executions_max {
                    Some(executions_max) => self.engine().executions_max(executions_max as u64),
                    None => self.engine(),
                };
                Ok(say(&self.search(engine, &Numbers::new(numbers))?))
            }
            Plan::Drawn { executions: 0, .. } => Ok(0),
            Plan::Drawn { draw, executions, seed } => self.drawn(draw, executions as u64, seed),
        }
    }

    fn engine(&self) -> Heddle {
        // As in shuttle, nobody asks for what is never dropped, and a body of one execution is run once.
        let mut engine = Heddle::default().leaks(false).repeats_single(false);
        (engine.steps_max, engine.ends_when_too_long) = match self.config.max_steps {
            MaxSteps::None => (usize::MAX, false),
            MaxSteps::FailAfter(steps_max) => (steps_max, true),
            MaxSteps::ContinueAfter(steps_max) => (steps_max, false),
        };
        engine.stack_bytes = engine.stack_bytes.max(self.config.stack_size);
        engine.time_max = self.config.max_time;
        engine
    }

    /// One execution, as the engine runs it.
    fn execution(&self, numbers: &Numbers) -> impl Fn() + Send + Sync + 'static {
        let (body, numbers) = (self.body.clone(), numbers.clone());
        move || {
            numbers.begin();
            body();
            future::end_detached();
        }
    }

    #[track_caller]
    fn again(&self, schedule: &HeddleSchedule) -> Result<usize, String> {
        let numbers = Numbers::new(Some(default_seed()));
        match suite(self.engine()).repeat(schedule, self.execution(&numbers)) {
            Ok(report) => self.object_to_length(&report).map(|()| 1),
            Err(failed) => Err(self.failure(&failed, &numbers)),
        }
    }

    #[track_caller]
    fn drawn(&self, draw: Draw, executions: u64, seed: u64) -> Result<usize, String> {
        let start = Instant::now();
        let engine = |seed| self.engine().strategy(draw.with_seed(seed));
        // One execution shows whether the body draws numbers.
        let numbers = Numbers::new(Some(seed));
        let mut checked = self.search_one(engine(seed), &numbers)?;
        if numbers.drawn_from().is_none() {
            if executions > 1 {
                checked = self.search(engine(seed).executions_max(executions), &numbers)?;
            }
            return Ok(say(&checked));
        }
        // An execution that is repeated must draw the same numbers. So others are for a search of their own.
        let mut count = counted(&checked);
        for nth in 1..executions {
            if self.config.max_time.is_some_and(|time| start.elapsed() > time) {
                break;
            }
            let seed = seed.wrapping_add(nth);
            count += counted(&self.search_one(engine(seed), &Numbers::new(Some(seed)))?);
        }
        eprintln!("shuttle: {count} searches of one execution, each with its own random numbers");
        Ok(count)
    }

    /// Runs one execution.
    #[track_caller]
    fn search_one(&self, engine: Heddle, numbers: &Numbers) -> Result<Checked, String> {
        // A search that sees too little begins again with the next number, and does not count the execution.
        let mut number = 1;
        loop {
            let checked = self.search(engine.executions_max(number), numbers)?;
            if checked.report.executions > 0 || number == BEGINNINGS_MAX {
                return Ok(checked);
            }
            number += 1;
        }
    }

    #[track_caller]
    fn search(&self, engine: Heddle, numbers: &Numbers) -> Result<Checked, String> {
        let checked = match suite(engine).check(self.execution(numbers)) {
            Ok(checked) => checked,
            Err(failed) => return Err(self.failure(&failed, numbers)),
        };
        if checked.report.executions > 0
            && let Some(warning) = &checked.warning
        {
            // It is shown also if the output of tests that pass is not. If it cannot be written, nobody can be told.
            let _ = writeln!(io::stderr(), "{warning}");
        }
        self.object_to_length(&checked.report).map(|()| checked)
    }

    fn object_to_length(&self, report: &Report) -> Result<(), String> {
        match self.config.max_steps {
            MaxSteps::FailAfter(steps_max) if report.bounds.contains(&Bound::Steps) => {
                Err(format!(
                    "exceeded max_steps bound: an execution has more than {steps_max} operations"
                ))
            }
            _ => Ok(()),
        }
    }

    /// Shows a failure; its message.
    fn failure(&self, failed: &Failed, numbers: &Numbers) -> String {
        let report = failed.report.as_deref();
        let Some(Verdict::Violated(found)) = report.map(|it| &it.verdict) else {
            let length = report.and_then(|it| self.object_to_length(it).err());
            return length.unwrap_or_else(|| failed.message.clone());
        };
        eprintln!("{}", failed.shown);
        if let Some(seed) = numbers.drawn_from() {
            eprintln!("the body draws random numbers: set {SEED}={seed} besides\n");
        }
        if let (FailurePersistence::File(folder), Some(schedule)) =
            (&self.config.failure_persistence, &found.schedule)
        {
            match keep(folder.as_deref().unwrap_or(Path::new(".")), schedule) {
                Ok(path) => eprintln!("the schedule is in {}", path.display()),
                Err(error) => eprintln!("the schedule cannot be written to a file: {error}"),
            }
        }
        failed.message.clone()
    }
}

/// Says what was done; the number of executions.
fn say(checked: &Checked) -> usize {
    eprintln!("{}", checked.summary);
    counted(checked)
}

fn counted(checked: &Checked) -> usize {
    usize::try_from(checked.report.executions).unwrap_or(usize::MAX)
}

fn suite(engine: Heddle) -> Suite {
    Suite { tool: "shuttle", engine, accepted: None }
}

/// Writes a schedule to a new file in this folder.
fn keep(folder: &Path, schedule: &WorldSchedule) -> io::Result<PathBuf> {
    let mut paths = (0..).map(|number| folder.join(format!("schedule{number:03}.txt")));
    loop {
        let path = paths.next().expect("there is always another number");
        match File::create_new(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            file => return file?.write_all(schedule.to_string().as_bytes()).map(|()| path),
        }
    }
}
