//! The command line: arguments in, text and exit codes out. Nothing else in drawloom prints.
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | nothing found; for `run`, what `main` returned, modulo 256 |
//! | 1 | a trap |
//! | 2 | bad input or usage |
//! | 130 | interrupted from the keyboard |

mod run;
mod source;

use std::io::Write as _;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// A trap.
const FAILED: u8 = 1;
/// Bad input or usage.
const BAD_INPUT: u8 = 2;
/// As shells report a process that SIGINT ended.
const INTERRUPTED: u8 = 130;

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
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Reads the arguments, does what they ask for, and says how it went.
pub(crate) fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Asking for help is no mistake. A closed output is nothing to complain to.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { BAD_INPUT } else { 0 });
        }
    };
    ExitCode::from(match arguments.command {
        Command::Run(options) => run::run(&options),
        Command::Completions { shell } => completions(shell),
    })
}

fn completions(shell: clap_complete::Shell) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "drawloom", &mut script);
    match std::io::stdout().write_all(&script) {
        Ok(()) => 0,
        Err(error) => {
            complain(&format!("cannot write the output: {error}"));
            FAILED
        }
    }
}

/// Says on stderr what went wrong. Colours go where they can be seen.
fn complain(message: &str) {
    say(&format!("error: {message}\n"));
}

/// Writes to stderr as it is. If nobody can read that, there is nobody to tell.
fn say(text: &str) {
    let _ = anstream::stderr().write_all(text.as_bytes());
}
