//! Processes whose output is wanted, and that do not take forever.

use std::io::{Read, Seek};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use wait_timeout::ChildExt;

/// What a command prints, without spaces around it.
///
/// # Errors
/// It cannot be started, fails, or takes longer than the limit, after which it is ended.
pub(crate) fn output(command: &mut Command, limit: Duration) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    // Files, since nobody reads a pipe before the end.
    let (mut out, mut errors) = (tempfile::tempfile()?, tempfile::tempfile()?);
    command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(errors.try_clone()?);
    let mut child = command.spawn().with_context(|| format!("cannot run {name}"))?;
    let Some(status) = child.wait_timeout(limit)? else {
        child.kill()?;
        child.wait()?;
        bail!("it took longer than {} s", limit.as_secs_f64());
    };
    if !status.success() {
        let errors = text(&mut errors)?;
        let lines = || errors.lines().map(str::trim).filter(|line| !line.is_empty());
        // Compilers write the error somewhere among their lines, programs of Rust first, Java first too.
        let error = lines().find(|line| line.to_lowercase().contains("error"));
        bail!("{status}: {}", error.or_else(|| lines().next()).unwrap_or("it says nothing"));
    }
    Ok(text(&mut out)?.trim().to_owned())
}

fn text(file: &mut std::fs::File) -> Result<String> {
    let mut bytes = vec![];
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_command_that_takes_too_long_is_ended() {
        let error = output(Command::new("sleep").arg("60"), SECOND / 20).unwrap_err();
        assert_eq!(error.to_string(), "it took longer than 0.05 s");
    }

    #[test]
    fn an_error_is_what_the_command_says() {
        let mut command = Command::new("sh");
        let error = output(command.args(["-c", "echo no >&2; exit 3"]), SECOND * 10).unwrap_err();
        assert_eq!(error.to_string(), "exit status: 3: no");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = output(&mut Command::new("no-such-program"), SECOND).unwrap_err();
        assert_eq!(error.to_string(), "cannot run no-such-program");
    }
}
