//! `drawloom selfcheck`: has each engine search the core's own models.

use std::time::Instant;

use clap::{Args, ValueEnum};
use drawloom::engine::World;
use drawloom::engine::mutation::{self, Attempt, Model, Search, Suite};
use drawloom::report::{SearchDone, Selfchecked, render_selfcheck, render_selfcheck_json};
use rayon::prelude::*;

use super::complain;
use super::error::{Error, Exit, NoModels};
use super::given::Given;
use super::output::{Lines, write};
use super::rows::bar;
use super::values;

#[derive(Args)]
#[command(after_help = "\
Examples:
  drawloom selfcheck                         all models by all engines, in a minute or two
  drawloom selfcheck --filter monitor        those whose name has this text in it
  drawloom selfcheck --executions 1000000    searches that go further")]
pub(super) struct Options {
    /// Search only models whose name has this text in it; of several such options, one suffices
    #[arg(long, value_name = "TEXT")]
    filter: Vec<String>,
    /// Executions after which heddle and loom give a model up; a hundredth of that is drawn at random
    #[arg(long, value_name = "COUNT", default_value_t = 20_000,
          value_parser = values::at_least::<u64>(100))]
    executions: u64,
    /// The seed: the same seed gives the same table
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Searches that run at once [default: one per core]
    #[arg(short, long, value_name = "COUNT", value_parser = values::at_least::<u16>(1))]
    jobs: Option<u16>,
    /// How the table is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    lines: Lines,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Plain text
    Text,
    /// One JSON object; docs/schema/selfcheck-1.json has the fields
    Json,
}

/// Searches the models, and says who searched what to which end.
pub(super) fn selfcheck(options: &Options, given: &Given) -> Result<Exit, Error> {
    if given.has("width") && options.format != Format::Text {
        return Err(Error::WidthOfText);
    }
    let suite = mutation::core();
    let models = options.models(&suite)?;
    let searches = options.searches();
    if searches.is_empty() {
        return Err(NoModels::Engine.into());
    }
    let bar = bar("searches", models.len() * searches.len());
    let search = |model: &Model, search: Search| {
        let start = Instant::now();
        let observation =
            suite.attempt(&Attempt { model: model.name.clone(), search, mutant: None });
        bar.inc(1);
        SearchDone { search, observation, time: start.elapsed() }
    };
    let one = |model: &&Model| Selfchecked {
        model: model.name.clone(),
        sometimes: model.sometimes.clone(),
        searches: searches.par_iter().map(|&how| search(model, how)).collect(),
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(super::jobs(options.jobs)).build();
    let pool = pool.map_err(NoModels::Threads)?;
    let checked: Vec<Selfchecked> = pool.install(|| models.par_iter().map(one).collect());
    bar.finish_and_clear();
    write(&match options.format {
        Format::Text => render_selfcheck(&checked, options.lines.style()),
        Format::Json => render_selfcheck_json(&checked, options.seed),
    })?;
    let objections: Vec<String> = checked.iter().flat_map(Selfchecked::objections).collect();
    for objection in &objections {
        complain(objection);
    }
    Ok(if objections.is_empty() { Exit::Fine } else { Exit::Failed })
}

impl Options {
    fn models<'s>(&self, suite: &'s Suite) -> Result<Vec<&'s Model>, NoModels> {
        // A narrow table has blanks in the names.
        let filters: Vec<String> = self.filter.iter().map(|text| text.replace(' ', "_")).collect();
        let is_chosen = |model: &&Model| {
            filters.is_empty() || filters.iter().any(|text| model.name.contains(text))
        };
        let models: Vec<&Model> = suite.models.iter().filter(is_chosen).collect();
        if models.is_empty() {
            return Err(NoModels::Filter { count: suite.models.len() });
        }
        Ok(models)
    }

    /// The searches of each model, by the engines of this build.
    fn searches(&self) -> Vec<Search> {
        let (seed, executions, drawn) = (self.seed, self.executions, self.executions / 100);
        let of_world = |world: World, searches: &[Search]| {
            if world.is_built() { searches.to_vec() } else { Vec::new() }
        };
        let shuttle = [
            Search::Random { seed, executions: drawn },
            Search::Pct { seed, executions: drawn },
            Search::Urw { seed, executions: drawn },
        ];
        [
            of_world(World::Heddle, &[Search::Heddle { executions }]),
            of_world(World::Loom, &[Search::Loom { executions }]),
            of_world(World::Shuttle, &shuttle),
        ]
        .concat()
    }
}
