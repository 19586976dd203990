//! `drawloom test`: runs the loom tests of a crate on our engine, and shows what each model was worth.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use drawloom::report::render_lines;

use super::build::Built;
use super::package::{Package, Selection};
use super::report::Tests;
use super::shadow::Shadow;
use super::unbroken::{Limits, Unbroken};
use crate::cli::error::{Error, Exit};
use crate::cli::given::Given;
use crate::cli::output::{Lines, write};
use crate::cli::rows::bar;
use crate::cli::values;

#[derive(Args)]
#[command(after_help = "\
Examples:
  drawloom test                                       the loom tests of the crate here
  drawloom test --crate path/to/crate --format json   those of another one, as data")]
pub(in crate::cli) struct Options {
    /// The crate: its folder, or its Cargo.toml
    #[arg(long = "crate", value_name = "PATH", default_value = ".")]
    path: PathBuf,
    #[command(flatten)]
    selection: Selection,
    /// Time that the search of one model may take
    #[arg(long, value_name = "TIME", value_parser = values::duration, default_value = "1m")]
    time: Duration,
    /// Time that one test may take
    #[arg(long, value_name = "TIME", value_parser = values::duration, default_value = "10m")]
    timeout: Duration,
    /// Executions that one model may have
    #[arg(long, value_name = "COUNT", value_parser = values::at_least::<u64>(1))]
    executions: Option<u64>,
    /// How many tests run at once [default: one per core]
    #[arg(long, value_name = "COUNT", value_parser = values::at_least::<u16>(1))]
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
    /// One JSON object
    Json,
}

/// Runs the tests.
pub(in crate::cli) fn test(options: &Options, given: &Given) -> Result<Exit, Error> {
    if given.has("width") && options.format != Format::Text {
        return Err(Error::WidthOfText);
    }
    let package = Package::find(&options.path, &options.selection)?;
    let shadow = Shadow::of(&package)?;
    let built = Built::of(&package, &shadow)?;
    let limits = Limits {
        search_time_max: options.time,
        time_max: options.timeout,
        executions_max: options.executions,
        jobs: crate::cli::jobs(options.jobs),
    };
    let bar = bar("tests", built.tests.len());
    let unbroken = Unbroken::run(&built, &shadow, limits, false, &|| bar.inc(1));
    bar.finish_and_clear();
    let unbroken = unbroken?;
    let tests = Tests { package: &package, built: &built, unbroken: &unbroken };
    write(&match options.format {
        Format::Text => {
            let style = options.lines.style();
            let summary = render_lines(&[tests.summary_line()], style);
            format!("{}\n{summary}", tests.to_text(style))
        }
        Format::Json => tests.to_json(),
    })?;
    match tests.exit() {
        Exit::Failed => Ok(Exit::Failed),
        _ if unbroken.witnesses.is_empty() => Err(unbroken.nothing_to_ask(&package.name).into()),
        exit => Ok(exit),
    }
}
