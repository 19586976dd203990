//! The command line: arguments in, text and exit codes out. Nothing else in drawloom prints.
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | nothing found, or what the program's header expects; for `run`, what `main` returned, modulo 256 |
//! | 1 | a violation, a trap, a header that is not met; an output that cannot be written |
//! | 2 | bad input or usage |
//! | 3 | stopped before the end of a search that was to be complete |
//! | 130 | interrupted from the keyboard, with nothing to report |
//! | 141 | nobody reads the output any more |
//!
//! Each command is a file. It has the options as they are typed, makes one value of them that it then
//! uses, and comes back with an `Exit` or an `Error`; [`main`] is the only place where errors are told.

mod check;
mod engines;
mod error;
mod files;
mod fuzz;
mod given;
mod history;
mod interrupt;
mod limits;
mod mutants;
mod output;
mod progress;
mod replay;
mod resume;
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
    /// Check guest programs: every execution, or as many as the options allow
    Check(check::Options),
    /// Draw executions of a guest program by chance, within a budget
    Fuzz(fuzz::Options),
    /// Show the execution of a saved schedule again
    Replay(replay::Options),
    /// Retell real concurrency bugs, and show which engines find them
    History(history::Options),
    /// Break the core's synchronisation, one operation at a time: do its models notice?
    Mutants(mutants::Options),
    /// Make attempts that come in on stdin; children of `mutants` do
    #[command(hide = true)]
    MutantsWorker,
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Reads the arguments, does what they ask for, and says how it went.
pub(crate) fn main() -> ExitCode {
    let (command, given) = match arguments() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Asking for help is no mistake.
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

/// The arguments as values, and as they were written.
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
            Command::Mutants(options) => mutants::mutants(options),
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

/// Says on stderr what went wrong. Colours go where they can be seen.
fn complain(message: &str) {
    say(&format!("error: {message}\n"));
}

/// Writes to stderr as it is. If nobody can read that, there is nobody to tell.
fn say(text: &str) {
    let _ = anstream::stderr().write_all(text.as_bytes());
}

/// On how many cores: as the option says, or all there are.
fn jobs(option: Option<u16>) -> usize {
    let all = || std::thread::available_parallelism().map_or(1, usize::from);
    option.map_or_else(all, usize::from)
}
