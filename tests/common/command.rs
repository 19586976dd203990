//! The program `drawloom`, as every test starts it: it neither knows nor keeps what earlier runs have found, unless a
//! test says so.

use std::process::Command;

/// A command without arguments.
pub(crate) fn drawloom() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_drawloom"));
    command.env("DRAWLOOM_CACHE", "");
    command
}
