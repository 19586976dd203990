//! `drawloom campaign`: prints what a cluster needs to run the shards of a command.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use drawloom::guest::Share;

use super::error::{Error, Exit};
use super::output::write;
use super::shard_error::ShardError;
use super::shell::quoted;
use super::{Command, check, fuzz, parsed, reason};

/// Below the help texts of the command and of its own commands.
const EXAMPLES: &str = "\
Examples:
  drawloom campaign slurm --shards 100 -- check a.il --memory rc11 > job.sh
  drawloom campaign slurm --shards 8 --folder out -- mutants --quick > job.sh
  drawloom merge out/*.shard";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Options {
    #[command(subcommand)]
    engine: Engine,
}

#[derive(Subcommand)]
enum Engine {
    /// Print a job array for Slurm, which `sbatch` takes
    #[command(after_help = EXAMPLES)]
    Slurm {
        /// How many shards there are
        #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..=Share::SHARDS_MAX))]
        shards: u64,
        /// The folder for the results of the shards, which all machines must share
        #[arg(long, value_name = "FOLDER", default_value = "shards")]
        folder: PathBuf,
        /// What to share out: check, fuzz or mutants, with their options
        #[arg(last = true, required = true, value_name = "COMMAND")]
        command: Vec<OsString>,
    },
}

/// Prints the script.
pub(super) fn campaign(options: &Options) -> Result<Exit, Error> {
    let Engine::Slurm { shards, folder, command } = &options.engine;
    can_be_shared(command, *shards)?;
    let folder = quoted(&folder.display().to_string());
    let words: Vec<String> = command.iter().map(|it| quoted(&it.to_string_lossy())).collect();
    let (name, rest) = words.split_first().expect("clap asks for one");
    let rest = rest.iter().fold(String::new(), |text, word| text + " " + word);
    // A comment ends with its line.
    let comment = format!("{name}{rest}").replace(['\n', '\r'], " ");
    write(&format!(
        "#!/bin/bash
# {shards} shards of: drawloom {comment}
# When they have ended: drawloom merge {folder}/*.shard
# A shard that was stopped goes on where it was: submit this again.
#SBATCH --job-name=drawloom
#SBATCH --array=1-{shards}
#SBATCH --requeue
#SBATCH --open-mode=append
set -euo pipefail
mkdir -p {folder}
exec drawloom {name} --shard \"$SLURM_ARRAY_TASK_ID/{shards}\" \\
    --resume {folder}/\"$SLURM_ARRAY_TASK_ID.shard\"{rest}
"
    ))?;
    Ok(Exit::Fine)
}

/// # Errors
/// It is no command that can be shared out.
fn can_be_shared(command: &[OsString], shards: u64) -> Result<(), Error> {
    let (name, rest) = command.split_first().expect("clap asks for one");
    let shard = format!("--shard=1/{shards}");
    let mut words: Vec<OsString> =
        vec!["drawloom".into(), name.clone(), shard.into(), "--resume=1.shard".into()];
    words.extend(rest.iter().cloned());
    let refused = |error| ShardError::NoCampaign { reason: reason(&error) };
    let (command, given) = parsed(words).map_err(refused)?;
    match command {
        Command::Check(options) => check::can_be_shared(&options, &given),
        Command::Fuzz(options) => fuzz::can_be_shared(&options, &given),
        // Its shards have a format, in which `merge` shows the matrix.
        _ => Ok(()),
    }
}
