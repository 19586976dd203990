//! Standard output, whose reader may close it early: `drawloom run FILE | head -1`.
//!
//! A tool that writes to a closed pipe is normally ended by a signal, without a message. Rust ignores
//! that signal and returns an error instead. This process therefore ends itself, with the exit code that
//! shells report for the signal.

use std::io::{self, Write};

/// Shells report this code for a process that SIGPIPE ended.
const NO_READER: i32 = 141;

/// Ends the process if a write to standard output failed because the reader has closed it.
pub(super) fn ends_without_reader<T>(written: io::Result<T>) -> io::Result<T> {
    if written.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe) {
        std::process::exit(NO_READER);
    }
    written
}

/// Standard output for a guest program.
pub(super) struct Stdout;

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        ends_without_reader(io::stdout().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        ends_without_reader(io::stdout().flush())
    }
}
