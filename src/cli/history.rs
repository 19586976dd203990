//! `drawloom history`: real bugs retold, and who finds them.

use clap::{Args, ValueEnum};
use drawloom::engine::history::{BUGS, Bug, ILLEGAL, Searcher, Told};
use drawloom::report::{
    Retold, render_counterexample_of, render_history, render_history_json, render_history_markdown,
    render_illegal_markdown, render_story,
};
use rayon::prelude::*;
use std::fmt::Write as _;

use super::output::{line_width, write};
use super::{BAD_INPUT, FAILED, complain};

#[derive(Args)]
pub(super) struct Options {
    /// The bug, as docs/BUGS.md numbers it; else all
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// The engines, with commas between them; else all
    #[arg(long, value_enum, value_delimiter = ',')]
    engine: Vec<Engine>,
    /// Where chance comes from: the same seed gives the same table, except for stress
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// How the table is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Show how the bug comes about, in the first engine that finds it
    #[arg(long, requires = "id")]
    trace: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// loom: interleavings, weak memory included
    Loom,
    /// shuttle: any thread that can run
    ShuttleRandom,
    /// shuttle: probabilistic concurrency testing
    ShuttlePct,
    /// shuttle: uniform random walks
    ShuttleUrw,
    /// shuttle: schedule after schedule
    ShuttleDfs,
    /// Real threads, jittered
    Stress,
}

impl Engine {
    fn searcher(self) -> Searcher {
        match self {
            Engine::Loom => Searcher::Loom,
            Engine::ShuttleRandom => Searcher::ShuttleRandom,
            Engine::ShuttlePct => Searcher::ShuttlePct,
            Engine::ShuttleUrw => Searcher::ShuttleUrw,
            Engine::ShuttleDfs => Searcher::ShuttleDfs,
            Engine::Stress => Searcher::Stress,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// An array of bugs
    Json,
    /// As docs/HISTORY.md has it
    Markdown,
}

/// Bugs whose counterexamples docs/HISTORY.md shows.
const INSTRUCTIVE: &[&str] = &["V5", "V9", "V35", "T1", "T6"];

/// Lets the engines tell wrong from right; the exit code.
pub(super) fn history(options: &Options) -> u8 {
    let (bugs, searchers) = match asked_for(options) {
        Ok(asked_for) => asked_for,
        Err(message) => {
            complain(&message);
            return BAD_INPUT;
        }
    };
    let retold = tell(&bugs, &searchers, options.seed);
    write(&match options.format {
        Format::Json => render_history_json(&retold, options.trace),
        Format::Text if options.trace => retold.iter().map(render_story).collect(),
        Format::Text => render_history(&retold, line_width(None)),
        Format::Markdown if options.id.is_some() => render_history_markdown(&retold),
        Format::Markdown => page(&retold, options.seed),
    });
    let objections: Vec<String> = retold.iter().flat_map(Retold::objections).collect();
    for objection in &objections {
        complain(objection);
    }
    if objections.is_empty() { 0 } else { FAILED }
}

/// The bugs and engines of the options.
///
/// # Errors
/// There is no such bug, or this build has no such engine.
fn asked_for(options: &Options) -> Result<(Vec<&'static Bug>, Vec<Searcher>), String> {
    let is_asked_for =
        |bug: &&Bug| options.id.as_ref().is_none_or(|id| id.eq_ignore_ascii_case(bug.id));
    let bugs: Vec<&Bug> = BUGS.iter().filter(is_asked_for).collect();
    if let (true, Some(id)) = (bugs.is_empty(), &options.id) {
        return Err(not_retold(id));
    }
    let chosen: Vec<Searcher> = options.engine.iter().map(|engine| engine.searcher()).collect();
    if let Some(missing) = chosen.iter().find(|searcher| !searcher.is_built()) {
        return Err(format!("this drawloom was built without {}", missing.name()));
    }
    let is_chosen = |searcher: &Searcher| chosen.is_empty() || chosen.contains(searcher);
    let all = Searcher::ALL.into_iter().filter(|searcher| searcher.is_built());
    let searchers = all.filter(is_chosen).collect();
    Ok((bugs, searchers))
}

/// Why there is nothing to search under this id.
fn not_retold(id: &str) -> String {
    if let Some(bug) = ILLEGAL.iter().find(|bug| id.eq_ignore_ascii_case(bug.id)) {
        let test = bug.test;
        return format!("bug '{}' does not compile; tests/compile_fail/{test}.rs shows it", bug.id);
    }
    let ids: Vec<&str> = BUGS.iter().map(|bug| bug.id).collect();
    format!("no bug '{id}' is retold; there are {}", ids.join(", "))
}

/// On all cores; what each says does not depend on how many there are.
fn tell(bugs: &[&'static Bug], searchers: &[Searcher], seed: u64) -> Vec<Retold> {
    let tell = |bug: &'static Bug| Retold {
        bug,
        told: searchers.par_iter().filter_map(|&searcher| Told::new(bug, searcher, seed)).collect(),
    };
    bugs.par_iter().map(|&bug| tell(bug)).collect()
}

/// All of docs/HISTORY.md.
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
    page += "\n## How they come about\n\n";
    page += TRACES_INTRODUCTION;
    for retold in retold.iter().filter(|retold| INSTRUCTIVE.contains(&retold.bug.id)) {
        let bug = retold.bug;
        let trace = render_counterexample_of(retold);
        let _ = writeln!(page, "\n### {}: {}\n\n```text\n{trace}```", bug.id, bug.title);
    }
    page
}

const INTRODUCTION: &str = "\
Each row of [BUGS.md](BUGS.md) stands in
`models/history/` twice, wrong and right, in a few lines, and each engine must tell the two apart. The
numbers are the executions until an engine found the wrong version. They are the same for every run
with the same seed, except those of stress, which runs real threads.

- `-`: the engine found nothing, and need not have: stress sees what the machine happens to do.
- `never`: the engine cannot find it: shuttle takes every ordering as sequentially consistent.
- *right version*: no engine finds anything; `all N` is the number of executions that loom looks at,
  all of which it ran. loom is known to leave some out ([ENGINES.md](ENGINES.md)): it is no proof.

Each search is bounded: 500 executions drawn by chance, 5,000 depth first, 300 on real threads. PCT
looks for bugs of depth two first, and then of depth three, with half of its executions each: in so
small bodies, one that looks for depth three is never seen to find some of depth two.
";

const ILLEGAL_INTRODUCTION: &str = "\
The wrong versions of these are refused by the compiler. V15 and V21 also have sides that compile.
";

const TRACES_INTRODUCTION: &str = "\
The execution in which loom found it. Objects are numbered in the order in which they were made;
`...` is what a thread was in when the execution ended.
";
