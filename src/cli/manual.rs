//! `drawloom man`: manual pages, made from the same definitions as the help texts.

use std::io::Write as _;

use clap::{Args, CommandFactory};
use clap_mangen::Man;

use super::Arguments;
use super::error::{Error, Exit};
use super::stdout::Stdout;

#[derive(Args)]
pub(super) struct Options {
    /// The command [default: drawloom itself]
    command: Option<String>,
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
    let Some(name) = &options.command else { return Ok(all) };
    let visible = |it: &&clap::Command| !it.is_hide_set() && it.get_name() != "help";
    match all.get_subcommands().filter(visible).find(|it| it.get_name() == name) {
        Some(found) => Ok(found.clone().version(env!("CARGO_PKG_VERSION"))),
        None => {
            let known: Vec<&str> =
                all.get_subcommands().filter(visible).map(clap::Command::get_name).collect();
            Err(Error::NoCommand { name: name.clone(), known: known.join(", ") })
        }
    }
}
