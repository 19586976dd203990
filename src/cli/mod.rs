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

mod check;
mod choice;
mod crate_error;
mod engines;
mod error;
mod files;
mod flags;
mod fuzz;
mod given;
mod history;
mod interrupt;
mod krate;
mod limits;
mod mutants;
mod output;
mod pictures;
mod progress;
mod replay;
mod resume;
mod rows;
mod run;
mod shell;
mod source;
mod stdout;
mod subject;
mod values;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use error::{Error, Exit};
use given::Given;

#[derive(Parser)]
#[command(version, about, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a guest program on real threads
    Run(run::Options),
    /// Check guest programs: search every execution, or as many as the options allow
    Check(check::Options),
    /// Run random executions of a guest program, within a budget
    Fuzz(fuzz::Options),
    /// Show the execution of a saved schedule again
    Replay(replay::Options),
    /// Search retold real concurrency bugs, and show which engines find them
    History(history::Options),
    /// Run the loom tests of a crate on drawloom's engine, and show what each model was worth
    Test(krate::Options),
    /// Break the synchronisation of the core, or of a crate, one operation at a time, and show what notices
    Mutants(mutants::Options),
    /// Make the attempts that come in on stdin; used by the child processes of `mutants`
    #[command(hide = true)]
    MutantsWorker,
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Reads the arguments, runs the command, and returns the exit code.
pub(crate) fn main() -> ExitCode {
    let (command, given) = match arguments() {
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

/// The arguments as values, and as the user wrote them.
fn arguments() -> Result<(Command, Given), clap::Error> {
    let mut command = Arguments::command();
    let mut matches = command.try_get_matches_from_mut(std::env::args_os())?;
    let arguments = Arguments::from_arg_matches(&matches);
    let arguments = arguments.map_err(|error| error.format(&mut command))?;
    let (name, matches) = matches.remove_subcommand().expect("clap asks for one");
    Ok((arguments.command, Given::new(self::command(&name), matches)))
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
            Command::Replay(options) => replay::replay(options, given),
            Command::History(options) => history::history(options, given),
            Command::Test(options) => krate::test(options),
            Command::Mutants(options) => mutants::mutants(options, given),
            Command::MutantsWorker => mutants::work(),
            Command::Completions { shell } => completions(*shell),
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
