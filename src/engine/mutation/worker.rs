//! Child processes that make attempts: one request per line in, one answer per line out.
//!
//! A child that aborts loses one attempt and nothing else.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::{Attempt, Observation, Suite};

/// The main loop of a child: makes the attempts that come in, one per line, until its input ends.
///
/// The end of the input means that the parent is gone. A child in the middle of an attempt notices this
/// only if another thread reads the input and ends the process.
///
/// # Errors
/// A request cannot be parsed, or an answer cannot be written.
pub fn serve(suite: &Suite, requests: impl BufRead, mut answers: impl Write) -> io::Result<()> {
    for request in requests.lines() {
        let attempt: Attempt = serde_json::from_str(&request?)?;
        let observation = suite.attempt(&attempt);
        serde_json::to_writer(&mut answers, &observation)?;
        answers.write_all(b"\n")?;
        answers.flush()?;
    }
    Ok(())
}

/// Why an attempt has no observation.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Lost {
    /// The child ended by itself.
    #[error("the process aborted")]
    Aborted,
    /// The time was up, and the child was killed.
    #[error("the time was up")]
    TimeOut,
    /// The child was killed from outside, or it could not be started.
    #[error("{0}")]
    Gone(String),
}

/// A child process that makes attempts. Dropping the value ends it.
#[derive(Debug)]
pub struct Worker {
    child: Child,
    requests: Option<ChildStdin>,
    answers: Receiver<String>,
}

impl Worker {
    /// Starts a child by a command whose process calls [`serve`].
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(mut command: Command) -> Result<Self, Lost> {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // This variable would override an attempt's seed.
        command.env_remove("SHUTTLE_RANDOM_SEED");
        let gone = |error: io::Error| Lost::Gone(format!("a child does not start: {error}"));
        let mut child = command.spawn().map_err(gone)?;
        let (sender, answers) = mpsc::channel();
        let requests = child.stdin.take();
        if let Some(output) = child.stdout.take() {
            // This thread ends with the child's output.
            thread::spawn(move || {
                let lines = BufReader::new(output).lines();
                lines.map_while(Result::ok).try_for_each(|line| sender.send(line))
            });
        }
        Ok(Worker { child, requests, answers })
    }

    /// Makes an attempt, until the deadline. After an error the child is no longer running.
    ///
    /// # Errors
    /// The child did not answer.
    pub fn attempt(&mut self, attempt: &Attempt, deadline: Instant) -> Result<Observation, Lost> {
        if let Some(requests) = &mut self.requests {
            let mut request = serde_json::to_vec(attempt).expect("texts and numbers");
            request.push(b'\n');
            // A child that has ended does not answer either.
            let _ = requests.write_all(&request).and_then(|()| requests.flush());
        }
        let left = deadline.saturating_duration_since(Instant::now());
        match self.answers.recv_timeout(left.max(Duration::from_millis(1))) {
            Ok(answer) => serde_json::from_str(&answer)
                .map_err(|error| Lost::Gone(format!("a child answers what is no answer: {error}"))),
            Err(RecvTimeoutError::Timeout) => Err(Lost::TimeOut),
            Err(RecvTimeoutError::Disconnected) => Err(match self.child.wait() {
                Ok(status) if has_aborted(status) => Lost::Aborted,
                Ok(status) => Lost::Gone(format!("a child ended: {status}")),
                Err(error) => Lost::Gone(format!("a child cannot be waited for: {error}")),
            }),
        }
    }
}

/// Whether the process ended by itself. A process that was interrupted, or that the system killed for
/// lack of memory, did not.
#[cfg(unix)]
pub fn has_aborted(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    const SIGILL: i32 = 4;
    const SIGABRT: i32 = 6;
    const SIGBUS: i32 = 7;
    const SIGSEGV: i32 = 11;
    matches!(status.signal(), Some(SIGILL | SIGABRT | SIGBUS | SIGSEGV))
}

/// Whether the process failed.
#[cfg(not(unix))]
pub fn has_aborted(status: ExitStatus) -> bool {
    !status.success()
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.requests.take());
        // The child may be in the middle of an attempt that does not end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
