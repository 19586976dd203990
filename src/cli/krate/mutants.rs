//! `drawloom mutants --crate`: breaks the synchronisation of a crate, and shows which of its tests notice.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use drawloom::engine::mutation::{Discovery, Model, Mutant, Suite};
use drawloom::report::{Matrix, render_survivors_github, render_survivors_sarif};
use drawloom::session::Performed;

use super::build::Built;
use super::package::{Package, Selection, own_sources};
use super::patch::Patch;
use super::report::{Findings, Tests};
use super::shadow::Shadow;
use super::sources::Sources;
use super::trial::Trial;
use super::unbroken::{Limits, Unbroken, Witness};
use super::weakest::weakest;
use crate::cli::choice::{Choice, Format};
use crate::cli::crate_error::CrateError;
use crate::cli::error::{Error, Exit};
use crate::cli::given::Given;
use crate::cli::journal::{Journal, fingerprint};
use crate::cli::rows::{Header, MutantShards, Rows, bar};
use crate::cli::say;
use crate::cli::shard_error::ShardError;
use crate::cli::values;

/// The options of `mutants` that are about a crate.
#[derive(Args)]
pub(in crate::cli) struct CrateOptions {
    /// Break the operations of this crate, and run its own loom tests: its folder, or its Cargo.toml
    #[arg(long = "crate", value_name = "PATH", help_heading = "Somebody's crate")]
    pub(in crate::cli) path: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Somebody's crate")]
    pub(in crate::cli) selection: Selection,
    /// Break operations of the crate's dependencies, too
    #[arg(long, help_heading = "Somebody's crate")]
    dependencies: bool,
    /// Executions that each model may have [default: four times those of the unbroken model, at least 1,000]
    #[arg(long, value_name = "COUNT", value_parser = values::at_least::<u64>(1), help_heading = "Somebody's crate")]
    executions: Option<u64>,
    /// Search for orderings that can all be weakened without a test noticing, and print them as a patch
    #[arg(long, help_heading = "Somebody's crate")]
    weakest: bool,
}

/// What part of a mutant's time the search of one model may take, before executions are drawn at random. A mutant is
/// tried on several tests, and these may have several models.
const SHARE_OF_SEARCH: u32 = 20;

/// Runs the mutants of the crate at `path`.
pub(in crate::cli) fn mutants(
    choice: &Choice,
    of_crate: &CrateOptions,
    path: &Path,
    given: &Given,
    shards: Option<&MutantShards>,
) -> Result<Exit, Error> {
    if choice.shard.is_some() && of_crate.weakest {
        return Err(ShardError::Weakest.into());
    }
    let package = Package::find(path, &of_crate.selection)?;
    let shadow = Shadow::of(&package)?;
    let built = Built::of(&package, &shadow)?;
    let limits = Limits {
        search_time_max: choice.timeout / SHARE_OF_SEARCH,
        time_max: choice.timeout,
        executions_max: of_crate.executions,
        jobs: crate::cli::jobs(choice.jobs),
    };
    let bar = bar("tests", built.tests.len());
    let unbroken = Unbroken::run(&built, &shadow, limits, true, &|| bar.inc(1));
    bar.finish_and_clear();
    let unbroken = unbroken?;
    let tests = Tests { package: &package, built: &built, unbroken: &unbroken };
    if unbroken.witnesses.is_empty() {
        say(&tests.to_text(choice.lines.style()));
        return Err(unbroken.nothing_to_ask(&package.name).into());
    }
    let mut sources =
        Sources::new(&shadow.root, package.folder(), own_sources()?, of_crate.dependencies);
    let reached: Vec<(String, Vec<Mutant>)> = unbroken
        .witnesses
        .iter()
        .map(|witness| (witness.test.title.clone(), mutants_of(witness, &mut sources)))
        .collect();
    let suite = suite(&unbroken, sources);
    let discovery = Discovery::new(&suite, &reached);
    let is_file = |file: &str| suite.sources.iter().any(|source| source.has_name(file));
    if let Some(file) = choice.site.as_ref().map(|site| &site.file).filter(|file| !is_file(file)) {
        let known: Vec<&str> = suite.sources.iter().map(|source| source.file.as_str()).collect();
        let (file, package, known) = (file.clone(), package.name.clone(), known.join(", "));
        return Err(CrateError::NoFile { file, package, known }.into());
    }
    let mutants = choice.wanted(&suite, &discovery);
    if mutants.is_empty() {
        return Err(CrateError::NoOperation { package: package.name.clone() }.into());
    }
    let of = || -> Result<String, Error> {
        let (binaries, conditions) = (fingerprint(&built.binaries())?, package.conditions());
        Ok(format!("{binaries} {:?} {conditions:?}", of_crate.executions))
    };
    let journal = match (&choice.resume, shards) {
        (_, Some(shards)) => {
            shards.suits(&of()?)?;
            None
        }
        (None, None) => None,
        (Some(path), None) => {
            let command = given.of_all_processes();
            let header = Header::new(of()?, 0, choice.weights, command, choice.shard);
            Some(Journal::open(path, &header)?)
        }
    };
    let trial = Trial {
        built: &built,
        shadow: &shadow,
        witnesses: &unbroken.witnesses,
        reached_by: reached_by(&reached),
        limits,
        asks_all: choice.weights,
    };
    let run = |fresh: &[Mutant], done: &(dyn Fn(&_) + Sync)| trial.rows(fresh, done);
    let all = Rows::new(mutants, choice, journal.as_ref(), shards, &suite, &run);
    let (rows, missing) = (&all.list, &all.missing);
    let matrix = Matrix { suite: &suite, discovery: &discovery, rows, seed: None, missing };
    let weakest = of_crate.weakest.then(|| {
        let survivors: Vec<Mutant> =
            rows.iter().filter(|row| row.survived()).map(|row| row.mutant.clone()).collect();
        let bar = indicatif::ProgressBar::new_spinner();
        let trial = Trial { asks_all: false, reached_by: reached_by(&reached), ..trial };
        let found = weakest(&trial, &survivors, &|sets| {
            bar.set_message(format!("{sets} sets of weaker orderings"));
        });
        bar.finish_and_clear();
        let patch = Patch::of(&found.weakenings, &suite);
        (found, patch)
    });
    if choice.format != Format::Text {
        say(&tests.to_text(choice.lines.style()));
    }
    let findings = Findings { tests, matrix: &matrix, with_weights: choice.weights, weakest };
    let text = match choice.format {
        Format::Json => findings.to_json(),
        Format::Github => render_survivors_github(&matrix),
        Format::Sarif => render_survivors_sarif(&matrix),
        Format::Markdown => findings.to_markdown(),
        Format::Text => findings.to_text(choice.lines.style()),
    };
    let told = all.made.told(&matrix, &text);
    choice.write_page(&matrix, &format!("drawloom mutants --crate {}", package.name))?;
    told
}

/// The mutants of the operations under test that a test reaches.
fn mutants_of(witness: &Witness, sources: &mut Sources) -> Vec<Mutant> {
    let performed = witness.runs.iter().flat_map(|run| &run.operations);
    let counts: Vec<&Performed> = performed.filter(|it| sources.has(&it.operation)).collect();
    Performed::mutants_of(counts)
}

/// The crate's tests as a suite. They are run in processes of their own, so the models have no bodies here.
fn suite(unbroken: &Unbroken, sources: Sources) -> Suite {
    let model = |witness: &Witness| Model {
        name: witness.test.title.clone(),
        sometimes: Vec::new(),
        preemptions_max: None,
        bodies: BTreeMap::new(),
    };
    Suite {
        models: unbroken.witnesses.iter().map(model).collect(),
        sources: sources.into_sources(),
        equivalents: Vec::new(),
    }
}

/// For each operation, the tests that reach it.
fn reached_by(reached: &[(String, Vec<Mutant>)]) -> BTreeMap<String, Vec<usize>> {
    let mut all = BTreeMap::<String, Vec<usize>>::new();
    for (index, (_, mutants)) in reached.iter().enumerate() {
        for mutant in mutants {
            let known = all.entry(mutant.operation.to_string()).or_default();
            if known.last() != Some(&index) {
                known.push(index);
            }
        }
    }
    all
}
