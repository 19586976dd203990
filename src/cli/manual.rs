//! `drawloom man`: manual pages, made from the same definitions as the help texts.

use std::io::Write as _;

use clap::{Args, CommandFactory};
use clap_mangen::Man;

use super::Arguments;
use super::error::{Error, Exit};
use super::stdout::Stdout;

#[derive(Args)]
#[command(after_help = "\
Examples:
  drawloom man | man -l -                   the page of drawloom itself
  drawloom man check > drawloom-check.1     that of a command
  drawloom man campaign slurm | man -l -    that of a command of a command")]
pub(super) struct Options {
    /// The command, with the command that it has itself, if it has one [default: drawloom itself]
    command: Vec<String>,
}

/// Prints a page in the language of `man`, as in `drawloom man check | man -l -`.
pub(super) fn print(options: &Options) -> Result<Exit, Error> {
    let mut page = Vec::new();
    Man::new(command(options)?).render(&mut page).map_err(Error::Output)?;
    Stdout.write_all(&page).map_err(Error::Output)?;
    Ok(Exit::Fine)
}

/// The command that the page is about.
fn command(options: &Options) -> Result<clap::Command, Error> {
    let mut all = Arguments::command();
    // Options that all commands have belong on each page.
    all.build();
    let visible = |it: &&clap::Command| !it.is_hide_set() && it.get_name() != "help";
    let mut page = all;
    for name in options.command.iter().flat_map(|words| words.split_whitespace()) {
        let Some(found) = page.get_subcommands().filter(visible).find(|it| it.get_name() == name)
        else {
            let known: Vec<&str> =
                page.get_subcommands().filter(visible).map(clap::Command::get_name).collect();
            let of = page.get_bin_name().unwrap_or_else(|| page.get_name()).to_owned();
            return Err(Error::NoCommand { of, name: name.to_owned(), known: known.join(", ") });
        };
        page = found.clone().version(env!("CARGO_PKG_VERSION"));
    }
    Ok(page)
}
