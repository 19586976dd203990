//! The output and input of a program. Threads pass whole lines, each in one step.

use std::io::{self, BufRead, Read as _, Write};

use super::sync::{Mutex, named};

/// Where a program's output goes.
pub type Sink = Box<dyn Write + Send>;

/// Where a program's input comes from.
pub type Source = Box<dyn BufRead + Send>;

/// The input. The lock around it gives each line to one thread.
pub(super) struct Input {
    pub(super) source: Source,
}

impl Input {
    /// The next line without its end; `None` after the last one. A line that is too long is an error, so
    /// that it cannot fill the host's memory.
    pub(super) fn read_line(&mut self) -> io::Result<Option<String>> {
        const LINE_MAX: u64 = 1 << 20;
        let mut line = String::new();
        if (&mut self.source).take(LINE_MAX).read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if line.len() as u64 == LINE_MAX && !line.ends_with('\n') {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a line is longer than 1 MiB"));
        }
        let without_end =
            line.strip_suffix('\n').map_or(line.as_str(), |it| it.trim_end_matches('\r'));
        Ok(Some(without_end.to_owned()))
    }
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input").finish_non_exhaustive()
    }
}

pub(super) struct Output {
    stream: Mutex<Stream>,
}

struct Stream {
    sink: Sink,
    bytes_left: u64,
}

/// Why a line was not written.
#[derive(Debug)]
pub(super) enum WriteError {
    /// The program has reached its output limit.
    Limit,
    /// The sink failed.
    Sink(io::Error),
}

impl Output {
    pub(super) fn new(sink: Sink, bytes_max: u64) -> Self {
        let stream = Mutex::new(Stream { sink, bytes_left: bytes_max });
        Output { stream: named("the output", stream) }
    }

    /// Writes whole lines; writes nothing if they do not fit.
    pub(super) fn write(&self, lines: &str) -> Result<(), WriteError> {
        let mut stream = self.stream.lock().map_err(|_| WriteError::Sink(has_panicked()))?;
        let left = stream.bytes_left.checked_sub(lines.len() as u64).ok_or(WriteError::Limit)?;
        stream.bytes_left = left;
        stream.sink.write_all(lines.as_bytes()).map_err(WriteError::Sink)
    }

    pub(super) fn flush(&self) -> io::Result<()> {
        self.stream.lock().map_err(|_| has_panicked())?.sink.flush()
    }
}

/// Of a source or a sink: it is not asked again.
pub(super) fn has_panicked() -> io::Error {
    io::Error::other("it has panicked")
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output").finish_non_exhaustive()
    }
}
