//! A child process with a deadline, of which all output is kept.

use std::io::Read as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::cli::crate_error::CrateError;

/// How a process ended.
#[derive(Debug)]
pub(super) enum Ended {
    /// By itself, or by a signal.
    Exited {
        status: ExitStatus,
        /// What it wrote to its two outputs, as they came together.
        output: String,
        /// How long it took.
        time: Duration,
    },
    /// It was still running at the deadline, and was killed.
    TimeOut,
}

/// What is kept of an output; what comes after it is read and dropped.
const OUTPUT_BYTES_MAX: usize = 1 << 20;

/// Runs a command until it ends, or the time is up.
///
/// # Errors
/// It cannot be started.
pub(super) fn run(mut command: Command, time_max: Duration) -> Result<Ended, CrateError> {
    let start = Instant::now();
    let program = command.get_program().display().to_string();
    let failed = |source| CrateError::Start { program: program.clone(), source };
    // Both outputs are one pipe, which is closed when the process and all that it has started have ended.
    let (mut reader, writer) = std::io::pipe().map_err(failed)?;
    let copy = writer.try_clone().map_err(failed)?;
    command.stdin(Stdio::null()).stdout(writer).stderr(copy);
    let mut child = command.spawn().map_err(failed)?;
    // The command has its own copies of the pipe's end.
    drop(command);
    let (sender, ended) = mpsc::channel();
    thread::spawn(move || {
        let (mut kept, mut piece) = (Vec::new(), [0; 1 << 14]);
        while let Ok(count @ 1..) = reader.read(&mut piece) {
            let room = OUTPUT_BYTES_MAX.saturating_sub(kept.len());
            kept.extend_from_slice(&piece[..count.min(room)]);
        }
        sender.send(kept)
    });
    match ended.recv_timeout(time_max.saturating_sub(start.elapsed())) {
        Ok(output) => {
            let status = child.wait().map_err(failed)?;
            let output = String::from_utf8_lossy(&output).into_owned();
            Ok(Ended::Exited { status, output, time: start.elapsed() })
        }
        Err(_) => {
            end(&mut child);
            Ok(Ended::TimeOut)
        }
    }
}

/// Ends a child, whatever it does.
fn end(child: &mut Child) {
    // If it has just ended by itself, neither has anything to do.
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, time_max: Duration) -> Ended {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        run(command, time_max).expect("it starts")
    }

    #[test]
    fn what_a_process_writes_is_kept_with_how_it_ended() {
        let Ended::Exited { status, output, .. } =
            shell("echo one; echo two >&2; exit 3", Duration::from_mins(1))
        else {
            panic!("it ends")
        };
        assert_eq!((status.code(), &*output), (Some(3), "one\ntwo\n"));
    }

    #[test]
    fn a_process_that_does_not_end_is_killed() {
        assert!(matches!(shell("exec sleep 600", Duration::from_millis(50)), Ended::TimeOut));
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = run(Command::new("/no/such/program"), Duration::from_mins(1));
        assert!(error.expect_err("no such").to_string().contains("/no/such/program"));
    }
}
