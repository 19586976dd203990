//! The command `cargo-drawloom`, which makes `cargo drawloom` one of cargo's.
//!
//! It has no work of its own: it starts the program `drawloom`, which is installed beside it, for the crate in the
//! current folder.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

const HELP: &str = "\
Runs a crate's loom tests on drawloom's engine

Usage: cargo drawloom <COMMAND> [OPTIONS] [-- <CARGO TEST ARGUMENTS>...]

Commands:
  test     Run the loom tests of the crate, and show what each model was worth
  mutants  Break the crate's synchronisation, one operation at a time, and show which tests notice

`cargo drawloom <COMMAND> --help` shows the options. Nothing of the crate's files is changed.
";

/// The exit code for bad usage.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).peekable();
    // cargo passes the name of the command on.
    if arguments.peek().is_some_and(|it| it == "drawloom") {
        arguments.next();
    }
    let command = arguments.next();
    match command.as_ref().and_then(|it| it.to_str()) {
        Some(command @ ("test" | "mutants")) => start(command, arguments.collect()),
        Some("help" | "-h" | "--help") => {
            print!("{HELP}");
            ExitCode::SUCCESS
        }
        Some("-V" | "--version") => {
            println!("cargo-drawloom {}", env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        None => {
            eprint!("{HELP}");
            ExitCode::from(USAGE)
        }
        Some(other) => {
            eprintln!("error: there is no command '{other}'; there are test and mutants");
            ExitCode::from(USAGE)
        }
    }
}

/// The arguments, for the crate in the current folder unless they name one.
fn for_a_crate(command: &str, arguments: Vec<OsString>) -> Vec<OsString> {
    let own = arguments.iter().take_while(|it| *it != "--");
    let names_crate =
        |it: &OsString| it == "--crate" || it.to_str().is_some_and(|it| it.starts_with("--crate="));
    let names_crate = own.into_iter().any(names_crate);
    let crate_here = (!names_crate).then(|| ["--crate", "."].map(OsString::from));
    let command = [OsString::from(command)];
    command.into_iter().chain(crate_here.into_iter().flatten()).chain(arguments).collect()
}

/// Starts drawloom, and ends as it does.
fn start(command: &str, arguments: Vec<OsString>) -> ExitCode {
    let arguments = for_a_crate(command, arguments);
    let beside =
        |own: PathBuf| own.with_file_name(format!("drawloom{}", std::env::consts::EXE_SUFFIX));
    let program = match std::env::current_exe().map(beside) {
        Ok(program) if program.is_file() => program,
        _ => "drawloom".into(),
    };
    match Command::new(&program).args(arguments).status() {
        // What a signal has ended has no code.
        Ok(status) => ExitCode::from(status.code().map_or(1, |code| code as u8)),
        Err(error) => {
            eprintln!("error: cannot start {}: {error}", program.display());
            ExitCode::from(USAGE)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crate_is_that_in_the_current_folder_unless_one_is_named() {
        let with = |arguments: &[&str]| {
            let all = for_a_crate("test", arguments.iter().map(OsString::from).collect());
            all.into_iter()
                .map(|it| it.into_string().expect("Unicode"))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(with(&["--jobs", "1"]), "test --crate . --jobs 1");
        assert_eq!(with(&["--crate", "a"]), "test --crate a");
        assert_eq!(with(&["--crate=a"]), "test --crate=a");
        assert_eq!(with(&["--", "--crate"]), "test --crate . -- --crate");
    }
}
