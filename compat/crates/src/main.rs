//! Runs the loom tests of published crates on loom and on drawloom, and compares.
//!
//! `cargo run --release --manifest-path compat/crates/Cargo.toml -- [CRATE ...]` fetches the packages with `cargo`,
//! builds each twice, runs each test twice for at most `--seconds` of CPU time, and writes a table in Markdown and all
//! results as JSON into the working folder. A crate takes some minutes, most of them for loom: a build for each half, and up
//! to `--seconds` of CPU time for each test on each half.

mod package;
mod run;
mod suite;
mod table;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use serde::{Deserialize, Serialize};

use package::Engine;
use run::Run;
use suite::{SUITES, Suite};

#[derive(Parser)]
#[command(about = "Runs the loom tests of published crates on loom and on drawloom, and compares")]
struct Options {
    /// Only these crates
    crates: Vec<String>,
    /// The CPU time that one test may take, in seconds
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// The folder for packages, builds and results
    #[arg(long, default_value = "target/crates")]
    work: PathBuf,
    /// The folder that has our `loom` and `loom-0.5` [default: the one that this package is in]
    #[arg(long)]
    faces: Option<PathBuf>,
    /// Run only this half; the results of the other are kept
    #[arg(long, value_enum)]
    engine: Option<Engine>,
}

/// What a crate's tests have done.
#[derive(Serialize, Deserialize)]
struct Outcome {
    name: String,
    tests: Vec<Test>,
    /// Why there is nothing to compare.
    trouble: Option<String>,
}

/// One test on each engine.
#[derive(Serialize, Deserialize)]
struct Test {
    name: String,
    loom: Option<Run>,
    drawloom: Option<Run>,
}

impl Test {
    fn of(&mut self, engine: Engine) -> &mut Option<Run> {
        match engine {
            Engine::Loom => &mut self.loom,
            Engine::Drawloom => &mut self.drawloom,
        }
    }
}

fn main() -> Result<()> {
    let options = Options::parse();
    let wanted = wanted(&options.crates)?;
    fs::create_dir_all(&options.work)?;
    let work = options.work.canonicalize()?;
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let faces = options.faces.clone().unwrap_or_else(own).canonicalize()?;
    let packages = package::unpack(&wanted, &work)?;
    let results = work.join("results.json");
    let mut outcomes: Vec<Outcome> = match fs::read(&results) {
        Ok(known) => {
            serde_json::from_slice(&known).with_context(|| results.display().to_string())?
        }
        Err(_) => Vec::new(),
    };
    for suite in wanted {
        eprintln!("{}", suite.folder());
        let index = outcomes.iter().position(|it| it.name == suite.folder());
        let known = index.map(|it| outcomes.swap_remove(it).tests).unwrap_or_default();
        let outcome = compare(suite, known, &options, &packages, &work, &faces);
        outcomes.push(outcome.unwrap_or_else(|error| Outcome {
            name: suite.folder(),
            tests: Vec::new(),
            trouble: Some(format!("{error:#}")),
        }));
        outcomes.sort_by(|one, other| one.name.cmp(&other.name));
        // After each crate, so that an interrupted run has what it did.
        write(&results, &serde_json::to_string_pretty(&outcomes)?)?;
        write(&work.join("results.md"), &table::markdown(&outcomes, options.seconds))?;
    }
    print!("{}", table::markdown(&outcomes, options.seconds));
    Ok(())
}

fn wanted(names: &[String]) -> Result<Vec<&'static Suite>> {
    let find = |name: &String| SUITES.iter().find(|it| it.name == name);
    if let Some(unknown) = names.iter().find(|name| find(name).is_none()) {
        let known: Vec<_> = SUITES.iter().map(|it| it.name).collect();
        bail!("no crate '{unknown}'; there are: {}", known.join(", "));
    }
    Ok(SUITES
        .iter()
        .filter(|it| names.is_empty() || names.iter().any(|name| name == it.name))
        .collect())
}

/// Runs the tests of a crate; what is known of the half that is not run stays.
fn compare(
    suite: &Suite,
    known: Vec<Test>,
    options: &Options,
    packages: &Path,
    work: &Path,
    faces: &Path,
) -> Result<Outcome> {
    let record = work.join("record.jsonl");
    let mut tests = known;
    for engine in Engine::ALL.into_iter().filter(|&it| options.engine.is_none_or(|only| it == only))
    {
        for test in &mut tests {
            *test.of(engine) = None;
        }
        let folder = package::prepare(suite, engine, packages, work, faces)?;
        let target = work.join(format!("target-{}", engine.name()));
        let binaries = run::build(suite, &folder, &target).context(engine.name())?;
        for binary in binaries {
            for name in run::tests(suite, &binary)? {
                let run =
                    run::run(suite, engine, &folder, &binary, &name, options.seconds, &record)?;
                eprintln!("  {}: {name}: {}", engine.name(), table::short(&run));
                let index = tests.iter().position(|it| it.name == name).unwrap_or_else(|| {
                    tests.push(Test { name, loom: None, drawloom: None });
                    tests.len() - 1
                });
                *tests[index].of(engine) = Some(run);
            }
        }
    }
    tests.retain(|it| it.loom.is_some() || it.drawloom.is_some());
    Ok(Outcome { name: suite.folder(), tests, trouble: None })
}

/// Writes a file whole or not at all.
fn write(path: &Path, text: &str) -> Result<()> {
    let folder = path.parent().context("a file is in a folder")?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}
