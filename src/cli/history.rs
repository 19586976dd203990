//! `drawloom history`: searches retold real bugs, and shows which engines find them.

use clap::{Args, ValueEnum};
use drawloom::engine::WorldEngine;
use drawloom::engine::history::{BUGS, Bug, ILLEGAL, Told};
use drawloom::report::{
    Retold, TextStyle, render_counterexample_of, render_history, render_history_json,
    render_history_markdown, render_illegal_markdown, render_story,
};
use rayon::prelude::*;
use std::fmt::Write as _;

use super::complain;
use super::error::{Error, Exit, NotRetold};
use super::given::Given;
use super::output::{Lines, write};
use super::values::{Listed, Row};

#[derive(Args)]
#[command(after_help = "\
Examples:
  drawloom history                  all bugs, with the engines that find them
  drawloom history --id V5 --trace  one bug, and how it happens")]
pub(super) struct Options {
    /// The bug, by its number in docs/BUGS.md [default: all]
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// The engines, separated by commas [default: all]
    #[arg(long, value_parser = engines(), value_delimiter = ',')]
    engine: Vec<WorldEngine>,
    /// The seed: the same seed gives the same table, except for stress
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// How the table is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Show the execution in which the first engine that finds the bug finds it
    #[arg(long, requires = "id")]
    trace: bool,
    #[command(flatten)]
    lines: Lines,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Plain text
    Text,
    /// A JSON array of bugs
    Json,
    /// The whole page docs/HISTORY.md
    Markdown,
}

/// The values of `--engine`.
fn engines() -> Listed<WorldEngine> {
    let row = |engine: WorldEngine| Row::new(engine.name(), engine.summary(), engine);
    WorldEngine::ALL.map(row).into_iter().collect()
}

/// How the page has counterexamples.
const AS_TEXT: TextStyle =
    TextStyle { width: 100, wraps: false, is_brief: false, steps_max: usize::MAX };

/// Bugs whose counterexamples docs/HISTORY.md shows.
const INSTRUCTIVE: &[&str] = &["V5", "V9", "V35", "T1", "T6"];

/// Has each engine search the wrong and the right versions.
pub(super) fn history(options: &Options, given: &Given) -> Result<Exit, Error> {
    let engines = options.engines(given)?;
    if options.trace && options.format == Format::Markdown {
        return Err(Error::TraceInMarkdown);
    }
    if given.has("width") && options.format != Format::Text {
        return Err(Error::WidthOfText);
    }
    let style = options.lines.style();
    let retold = tell(&options.bugs()?, &engines, options.seed);
    write(&match options.format {
        Format::Json => render_history_json(&retold, options.trace),
        Format::Text if options.trace => retold.iter().map(|it| render_story(it, style)).collect(),
        Format::Text => render_history(&retold, style),
        Format::Markdown if options.id.is_some() => render_history_markdown(&retold),
        Format::Markdown => page(&retold, options.seed),
    })?;
    let objections: Vec<String> = retold.iter().flat_map(Retold::objections).collect();
    for objection in &objections {
        complain(objection);
    }
    Ok(if objections.is_empty() { Exit::Fine } else { Exit::Failed })
}

impl Options {
    /// The bugs that the options ask for.
    fn bugs(&self) -> Result<Vec<&'static Bug>, NotRetold> {
        let Some(id) = &self.id else { return Ok(BUGS.iter().collect()) };
        if let Some(bug) = BUGS.iter().find(|bug| id.eq_ignore_ascii_case(bug.id)) {
            return Ok(vec![bug]);
        }
        let illegal = ILLEGAL.iter().find(|bug| id.eq_ignore_ascii_case(bug.id));
        Err(match illegal {
            Some(bug) => NotRetold::DoesNotCompile { id: bug.id, test: bug.test },
            None => NotRetold::Unknown { id: id.clone() },
        })
    }

    /// The engines that the options ask for, in the order of the table.
    fn engines(&self, given: &Given) -> Result<Vec<WorldEngine>, Error> {
        let chosen = &self.engine;
        if let Some(missing) = chosen.iter().find(|engine| !engine.is_built()) {
            return Err(Error::NotBuilt { engine: missing.name() });
        }
        let is_asked = |engine: &WorldEngine| {
            engine.is_built() && (chosen.is_empty() || chosen.contains(engine))
        };
        let asked: Vec<WorldEngine> = WorldEngine::ALL.into_iter().filter(is_asked).collect();
        if given.has("seed") && !asked.iter().any(|engine| engine.draws()) {
            let draw = WorldEngine::ALL.into_iter().filter(|engine| engine.draws());
            let (engine, takers) = (names(asked, ","), names(draw, ", "));
            return Err(Error::NotTaken { engine, option: "seed", takers });
        }
        Ok(asked)
    }
}

fn names(engines: impl IntoIterator<Item = WorldEngine>, between: &str) -> String {
    engines.into_iter().map(WorldEngine::name).collect::<Vec<_>>().join(between)
}

/// Searches on all cores; what each engine reports does not depend on their number.
fn tell(bugs: &[&'static Bug], engines: &[WorldEngine], seed: u64) -> Vec<Retold> {
    let tell = |bug: &'static Bug| Retold {
        bug,
        told: engines.par_iter().filter_map(|&engine| Told::new(bug, engine, seed)).collect(),
    };
    bugs.par_iter().map(|&bug| tell(bug)).collect()
}

/// The whole of docs/HISTORY.md.
fn page(retold: &[Retold], seed: u64) -> String {
    let mut page = format!(
        "# Real bugs, retold\n\n\
         Written by `drawloom history --format markdown --seed {seed}`. {INTRODUCTION}\n{}\n\
         ## What does not compile\n\n{ILLEGAL_INTRODUCTION}\n{}\n\
         ## What was wrong\n\n",
        render_history_markdown(retold),
        render_illegal_markdown(),
    );
    for Retold { bug, .. } in retold {
        let _ = writeln!(page, "- **{}** {} *Missing:* {}.", bug.id, bug.story, bug.missing);
    }
    page += "\n## How they happen\n\n";
    page += TRACES_INTRODUCTION;
    for retold in retold.iter().filter(|retold| INSTRUCTIVE.contains(&retold.bug.id)) {
        let bug = retold.bug;
        let trace = render_counterexample_of(retold, AS_TEXT);
        let _ = writeln!(page, "\n### {}: {}\n\n```text\n{trace}```", bug.id, bug.title);
    }
    page
}

const INTRODUCTION: &str = "\
For each row of [BUGS.md](BUGS.md), `models/history/`
has two short versions of the code, a wrong one and a right one, and each engine must tell them apart. A
number is the execution in which an engine found the bug in the wrong version. The numbers are the same for
every run with the same seed, except those of stress, which runs real threads.

- `-`: the engine found nothing, and need not have. stress sees only what the machine happens to do.
- `never`: the engine cannot find the bug. shuttle treats every ordering as sequentially consistent.
- *right version*: no engine finds anything. `all N` is the number of executions that the version has, all of
  which heddle ran. Wakeups without a cause are not among them ([ENGINES.md](ENGINES.md)).

Each search is bounded: 500 random executions, 5,000 depth first, 300 on real threads. PCT uses half of its
executions to look for bugs of depth two, and the other half for bugs of depth three. In bodies this small,
a search for depth three alone was never seen to find some of the bugs of depth two.
";

const ILLEGAL_INTRODUCTION: &str = "\
The compiler refuses the wrong versions of these bugs. V15 and V21 also have parts that compile.
";

const TRACES_INTRODUCTION: &str = "\
Each trace is the execution in which heddle found the bug, made simpler. Objects are numbered in the order in
which they were made. `...` marks an operation that had not ended when the execution ended.
";
