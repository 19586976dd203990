//! `drawloom merge`: puts the shards of a search together, and gives its verdict.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::content::Content;
use super::error::{Error, Exit};
use super::files::can_replace;
use super::given::Given;
use super::output::{self, Extent, Output, exit};
use super::pictures::Pictures;
use super::rows::MutantShards;
use super::shard::Shards;
use super::shard_error::ShardError;
use super::{Command, check, choice, fuzz, mutants, parsed, reason};

#[derive(Args)]
#[command(after_help = "\
Examples:
  drawloom merge shards/*.shard                    the verdict of the whole search
  drawloom merge 1.shard 2.shard --format json     the same as data
  drawloom merge shards/*.shard --save a.schedule  and the first violation, for drawloom replay")]
pub(super) struct Options {
    /// The files that the shards have kept their results in, in any order
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write the schedule of the first violation, or else of the witness, to a file for `drawloom replay`
    #[arg(long, value_name = "SCHEDULE")]
    save: Option<PathBuf>,
    #[command(flatten)]
    pictures: Pictures,
    /// How the report on stdout is written [default: text, or for mutants as the shards say]
    #[arg(long, value_enum, help_heading = "Report")]
    format: Option<Format>,
    #[command(flatten)]
    extent: Extent,
}

/// The formats of all commands that have shards.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Plain text
    Text,
    /// One JSON object
    Json,
    /// `JUnit` XML, for shards of `check` and `fuzz`
    Junit,
    /// Tables in Markdown, for shards of `mutants`
    Markdown,
    /// Annotations of GitHub Actions
    Github,
    /// SARIF 2.1.0, for code scanning and editors
    Sarif,
}

impl Format {
    fn of_search(self) -> Result<output::Format, ShardError> {
        Ok(match self {
            Format::Text => output::Format::Text,
            Format::Json => output::Format::Json,
            Format::Junit => output::Format::Junit,
            Format::Github => output::Format::Github,
            Format::Sarif => output::Format::Sarif,
            Format::Markdown => {
                return Err(ShardError::OtherFormat { format: "markdown", commands: "mutants" });
            }
        })
    }

    fn of_mutants(self) -> Result<choice::Format, ShardError> {
        Ok(match self {
            Format::Text => choice::Format::Text,
            Format::Json => choice::Format::Json,
            Format::Markdown => choice::Format::Markdown,
            Format::Github => choice::Format::Github,
            Format::Sarif => choice::Format::Sarif,
            Format::Junit => {
                return Err(ShardError::OtherFormat {
                    format: "junit",
                    commands: "check and fuzz",
                });
            }
        })
    }
}

/// Gives the verdict of the command that the shards have run together.
pub(super) fn merge(options: &Options, given: &Given) -> Result<Exit, Error> {
    let inputs: Vec<&Path> = options.files.iter().map(PathBuf::as_path).collect();
    if let Some(shards) = MutantShards::read(&options.files)? {
        return of_mutants(options, given, &shards, &inputs);
    }
    let shards = Shards::read(&options.files)?;
    let format = options.format.unwrap_or(Format::Text).of_search()?;
    let output = Output { format, extent: options.extent.clone() };
    output.suits(given, &inputs)?;
    let others = output.reports().chain(options.save.as_deref());
    options.pictures.can_be_written(&inputs, others)?;
    if let Some(path) = &options.save {
        can_replace(path, Content::Schedule, &inputs)?;
    }
    let checked = match command(shards.name(), shards.command())? {
        (Command::Check(of_shards), given) => check::merge(&of_shards, &given, &shards)?,
        (Command::Fuzz(of_shards), given) => fuzz::merge(&of_shards, &given, &shards)?,
        _ => return Err(ShardError::NoShard { name: shards.name().to_owned() }.into()),
    };
    output.one(&checked, true)?;
    let told = output.all(std::slice::from_ref(&checked), true);
    options.pictures.write(&checked, &inputs, None)?;
    if let Some(path) = options.save.as_ref().filter(|_| !checked.searches.is_empty()) {
        check::save(path, &inputs, &checked)?;
    }
    told?;
    Ok(exit(&[checked]))
}

/// Shows the matrix of the mutants that the shards have tried.
fn of_mutants(
    options: &Options,
    given: &Given,
    shards: &MutantShards,
    inputs: &[&Path],
) -> Result<Exit, Error> {
    for option in ["quiet", "report", "save", "svg", "verbose"] {
        if given.has(option) {
            return Err(ShardError::OfMutants { option }.into());
        }
    }
    options.pictures.can_be_written(inputs, std::iter::empty())?;
    let name = options.files[0].display().to_string();
    let has_width = given.has("width");
    match command(&name, shards.command())? {
        (Command::Mutants(mut of_shards), given) => {
            of_shards.choice.html.clone_from(&options.pictures.html);
            of_shards.choice.lines = options.extent.lines;
            if let Some(format) = options.format {
                of_shards.choice.format = format.of_mutants()?;
            }
            if has_width && of_shards.choice.format != choice::Format::Text {
                return Err(Error::WidthOfText);
            }
            mutants::mutants(&of_shards, &given, Some(shards))
        }
        _ => Err(ShardError::NoShard { name }.into()),
    }
}

/// The command that has run the shards.
fn command(name: &str, words: &[String]) -> Result<(Command, Given), ShardError> {
    let words = std::iter::once("drawloom".to_owned()).chain(words.iter().cloned());
    let wrong = |error| ShardError::Command { name: name.to_owned(), reason: reason(&error) };
    parsed(words).map_err(wrong)
}
