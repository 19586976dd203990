//! The command line: arguments in, text and exit codes out. Nothing else in drawloom prints.
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | nothing found, or what the program's header expects; for `run`, what `main` returned, modulo 256 |
//! | 1 | a violation, a trap, a header that is not met, or output that cannot be written |
//! | 2 | bad input or usage |
//! | 3 | a bound stopped a search that was to be exhaustive |
//! | 130 | interrupted from the keyboard, with nothing to report |
//! | 141 | the reader of the output has closed it |
//!
//! Each command is a file. It declares its options, turns them into one value that it then uses, and
//! returns an `Exit` or an `Error`. [`main`] is the only place that prints errors.

mod campaign;
mod check;
mod choice;
mod content;
mod crate_error;
mod engines;
mod error;
mod executable;
mod explain;
mod files;
mod flags;
mod fuzz;
mod given;
mod history;
mod interrupt;
mod journal;
mod kept;
mod known;
mod krate;
mod limits;
mod line;
mod manual;
mod merge;
mod mutants;
mod new;
mod output;
mod pictures;
mod progress;
mod replay;
mod rows;
mod run;
mod selection;
mod selfcheck;
mod several;
mod shard;
mod shard_error;
mod shell;
mod source;
mod stdout;
mod subject;
mod values;

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use error::{Error, Exit};
use given::Given;

#[derive(Parser)]
#[command(version, about, arg_required_else_help = true, after_help = EXAMPLES)]
struct Arguments {
    /// Whether the output has colours; auto looks at the terminal and at the environment
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    color: Color,
    #[command(subcommand)]
    command: Command,
}

/// The first steps, below the help text.
const EXAMPLES: &str = "\
First steps:
  drawloom new counter.bas          write a small program to start from
  drawloom check counter.bas        search every execution of it
  drawloom explain data-race        what such a violation means, and how to fix it
  drawloom test                     check a crate that has loom tests";

/// When the output has colours.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// Decides for both streams.
    fn apply(self) {
        match self {
            Color::Auto if is_off("CLICOLOR_FORCE") && !io::stdout().is_terminal() => {
                anstream::ColorChoice::Never
            }
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

/// Whether a variable is `0`, which `anstream` takes for set.
fn is_off(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| value == "0")
}

#[derive(Subcommand)]
enum Command {
    /// Run a guest program on real threads
    Run(run::Options),
    /// Check guest programs: search every execution, or as many as the options allow
    Check(check::Options),
    /// Run random executions of a guest program, within a budget
    Fuzz(fuzz::Options),
    /// Put the shards of a search together, and give its verdict
    Merge(merge::Options),
    /// Print what a cluster needs to run the shards of a command
    Campaign(campaign::Options),
    /// Show the execution of a saved schedule again
    Replay(replay::Options),
    /// Explain a kind of violation: what it means, how to fix it, a program that shows it
    Explain(explain::Options),
    /// Write a small program to start from
    New(new::Options),
    /// Search retold real concurrency bugs, and show which engines find them
    History(history::Options),
    /// Run the loom tests of a crate on drawloom's engine, and show what each model was worth
    Test(krate::Options),
    /// Break the synchronisation of the core, or of a crate, one operation at a time, and show what notices
    Mutants(mutants::Options),
    /// Make the attempts that come in on stdin; used by the child processes of `mutants`
    #[command(hide = true)]
    MutantsWorker,
    /// Search the models of the core itself, and show which engine searched what to which end
    Selfcheck(selfcheck::Options),
    /// Print a completion script for a shell
    #[command(after_help = "\
Examples:
  drawloom completions bash > drawloom.bash       then, in ~/.bashrc: source drawloom.bash
  drawloom completions fish > drawloom.fish       in ~/.config/fish/completions
  drawloom completions zsh > _drawloom            in a folder of $fpath")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page of drawloom, or of one of its commands
    Man(manual::Options),
}

/// Reads the arguments, runs the command, and returns the exit code.
pub(crate) fn main() -> ExitCode {
    let (command, given) = match parsed(std::env::args_os()) {
        Ok(arguments) => arguments,
        Err(error) => {
            // A request for help is not an error.
            let _ = stdout::ends_without_reader(error.print());
            return if error.use_stderr() { Exit::BadInput } else { Exit::Fine }.into();
        }
    };
    match command.carry_out(&given) {
        Ok(exit) => exit.into(),
        Err(error) => {
            say(&error.details());
            complain(&error.to_string());
            error.exit().into()
        }
    }
}

/// Arguments as values, and as the user wrote them.
fn parsed<W: Into<OsString> + Clone>(
    words: impl IntoIterator<Item = W>,
) -> Result<(Command, Given), clap::Error> {
    let mut command = Arguments::command();
    let mut matches = command.try_get_matches_from_mut(words)?;
    let arguments = Arguments::from_arg_matches(&matches);
    let arguments = arguments.map_err(|error| error.format(&mut command))?;
    let (name, matches) = matches.remove_subcommand().expect("clap asks for one");
    arguments.color.apply();
    Ok((arguments.command, Given::new(self::command(&name), matches)))
}

/// Why arguments are wrong, in one line.
fn reason(error: &clap::Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// The arguments that a command of ours takes.
fn command(name: &str) -> clap::Command {
    let all = Arguments::command();
    all.find_subcommand(name).expect("it is one of ours").clone()
}

impl Command {
    fn carry_out(&self, given: &Given) -> Result<Exit, Error> {
        match self {
            Command::Run(options) => run::run(options, given),
            Command::Check(options) => check::check(options, given),
            Command::Fuzz(options) => fuzz::fuzz(options, given),
            Command::Campaign(options) => campaign::campaign(options),
            Command::Merge(options) => merge::merge(options, given),
            Command::Replay(options) => replay::replay(options, given),
            Command::History(options) => history::history(options, given),
            Command::Test(options) => krate::test(options, given),
            Command::Mutants(options) => mutants::mutants(options, given, None),
            Command::MutantsWorker => mutants::work(),
            Command::Explain(options) => explain::explain(options),
            Command::New(options) => new::new(options),
            Command::Selfcheck(options) => selfcheck::selfcheck(options, given),
            Command::Completions { shell } => completions(*shell),
            Command::Man(options) => manual::print(options),
        }
    }
}

fn completions(shell: clap_complete::Shell) -> Result<Exit, Error> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "drawloom", &mut script);
    stdout::Stdout.write_all(&script).map_err(Error::Output)?;
    Ok(Exit::Fine)
}

/// Prints the error on stderr, in colour if stderr shows colours.
fn complain(message: &str) {
    say(&format!("error: {message}\n"));
}

/// Writes the text to stderr unchanged. If that fails, there is nobody left to tell.
fn say(text: &str) {
    let _ = anstream::stderr().write_all(text.as_bytes());
}

/// The number of cores: what the option says, or all.
fn jobs(option: Option<u16>) -> usize {
    let all = || std::thread::available_parallelism().map_or(1, usize::from);
    option.map_or_else(all, usize::from)
}
