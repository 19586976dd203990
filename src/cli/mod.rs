//! The command line: arguments in, text and exit codes out. Nothing else in drawloom prints.
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | nothing found, or what the program's header expects; for `run`, what `main` returned, modulo 256 |
//! | 1 | a violation, a trap, a header that is not met |
//! | 2 | bad input or usage |
//! | 3 | stopped before the end of a search that was to be complete |
//! | 130 | interrupted from the keyboard, with nothing to report |
//! | 141 | nobody reads the output any more |

mod check;
mod engines;
mod files;
mod fuzz;
mod history;
mod limits;
mod mutants;
mod output;
mod progress;
mod replay;
mod resume;
mod run;
mod source;
mod stdout;
mod subject;
mod values;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

/// A violation, or a trap.
const FAILED: u8 = 1;
/// Bad input or usage.
const BAD_INPUT: u8 = 2;
/// Stopped by a bound where everything was asked for.
const UNFINISHED: u8 = 3;
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
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Asking for help is no mistake.
            let _ = stdout::ends_without_reader(error.print());
            return ExitCode::from(if error.use_stderr() { BAD_INPUT } else { 0 });
        }
    };
    ExitCode::from(match arguments.command {
        Command::Run(options) => run::run(&options),
        Command::Check(options) => check::check(&options),
        Command::Fuzz(options) => fuzz::fuzz(&options),
        Command::Replay(options) => replay::replay(&options),
        Command::History(options) => history::history(&options),
        Command::Mutants(options) => mutants::mutants(&options),
        Command::MutantsWorker => mutants::work(),
        Command::Completions { shell } => completions(shell),
    })
}

fn completions(shell: clap_complete::Shell) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "drawloom", &mut script);
    match stdout::Stdout.write_all(&script) {
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

/// Front ends stop after fifty findings, with a last one that says so.
fn how_many(findings: usize) -> String {
    match findings {
        1 => "1 finding".into(),
        2..=50 => format!("{findings} findings"),
        _ => "more than 50 findings".into(),
    }
}

/// On how many cores: as the option says, or all there are.
fn jobs(option: Option<u16>) -> usize {
    let all = || std::thread::available_parallelism().map_or(1, usize::from);
    option.map_or_else(all, usize::from)
}

/// The words of a command that give a program its input and its arguments.
fn surroundings(input: Option<&Path>, arguments: &[String]) -> Vec<String> {
    let mut words = Vec::new();
    if let Some(input) = input {
        words.push(format!("--input {}", files::quoted(&input.display().to_string())));
    }
    if !arguments.is_empty() {
        words.push("--".into());
        words.extend(arguments.iter().map(|word| files::quoted(word)));
    }
    words
}
