//! `drawloom merge`: puts the shards of a search together, and gives its verdict.

use std::path::{Path, PathBuf};

use clap::Args;

use super::error::{Error, Exit};
use super::files::{Content, can_replace};
use super::given::Given;
use super::output::{Output, exit};
use super::pictures::Pictures;
use super::rows::MutantShards;
use super::shard::Shards;
use super::shard_error::ShardError;
use super::{Command, check, fuzz, mutants, parsed, reason};

#[derive(Args)]
pub(super) struct Options {
    /// The files that the shards have kept their results in, in any order
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write the schedule of the first violation, or else of the witness, to a file for `drawloom replay`
    #[arg(long, value_name = "SCHEDULE")]
    save: Option<PathBuf>,
    #[command(flatten)]
    pictures: Pictures,
    #[command(flatten)]
    output: Output,
}

/// Gives the verdict of the command that the shards have run together.
pub(super) fn merge(options: &Options, given: &Given) -> Result<Exit, Error> {
    let inputs: Vec<&Path> = options.files.iter().map(PathBuf::as_path).collect();
    options.output.suits(given, &inputs)?;
    let others = options.output.reports().chain(options.save.as_deref());
    options.pictures.can_be_written(&inputs, others)?;
    if let Some(path) = &options.save {
        can_replace(path, Content::Schedule, &inputs)?;
    }
    if let Some(shards) = MutantShards::read(&options.files)? {
        let name = options.files[0].display().to_string();
        for option in ["format", "quiet", "report", "save", "svg", "verbose", "width"] {
            if given.has(option) {
                return Err(ShardError::OfMutants { option }.into());
            }
        }
        return match command(&name, shards.command())? {
            (Command::Mutants(mut of_shards), given) => {
                of_shards.choice.html.clone_from(&options.pictures.html);
                mutants::mutants(&of_shards, &given, Some(&shards))
            }
            _ => Err(ShardError::NoShard { name }.into()),
        };
    }
    let shards = Shards::read(&options.files)?;
    let checked = match command(shards.name(), shards.command())? {
        (Command::Check(of_shards), given) => check::merge(&of_shards, &given, &shards)?,
        (Command::Fuzz(of_shards), given) => fuzz::merge(&of_shards, &given, &shards)?,
        _ => return Err(ShardError::NoShard { name: shards.name().to_owned() }.into()),
    };
    options.output.one(&checked, true)?;
    let told = options.output.all(std::slice::from_ref(&checked), true);
    options.pictures.write(&checked, &inputs, None)?;
    if let Some(path) = options.save.as_ref().filter(|_| !checked.searches.is_empty()) {
        check::save(path, &inputs, &checked)?;
    }
    told?;
    Ok(exit(&[checked]))
}

/// The command that has run the shards.
fn command(name: &str, words: &[String]) -> Result<(Command, Given), ShardError> {
    let words = std::iter::once("drawloom".to_owned()).chain(words.iter().cloned());
    let wrong = |error| ShardError::Command { name: name.to_owned(), reason: reason(&error) };
    parsed(words).map_err(wrong)
}
