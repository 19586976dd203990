//! Builds the tests of a package and runs them one by one, each in a process of its own with a limit on its time.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use drawloom::record::{ModelRun, asked};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use serde::{Deserialize, Serialize};
use wait_timeout::ChildExt as _;

use crate::package::Engine;
use crate::suite::Suite;

/// By the clock, a test may take so many times its CPU time.
const LATE: u64 = 4;

/// How a test has ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum End {
    Passed,
    /// It has failed, with the first line that says why.
    Failed(String),
    /// Its time was up.
    CutOff,
}

/// One run of a test.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) end: End,
    pub(crate) cpu: Duration,
    /// What drawloom has searched in it.
    pub(crate) models: Vec<ModelRun>,
}

/// The test binaries of a package.
pub(crate) fn build(suite: &Suite, folder: &Path, target: &Path) -> Result<Vec<PathBuf>> {
    let mut cargo = Command::new("cargo");
    cargo.args([
        "test",
        "--release",
        "--no-run",
        "--message-format=json-render-diagnostics",
        "--quiet",
    ]);
    cargo.args(suite.arguments).current_dir(folder).env("CARGO_TARGET_DIR", target);
    cargo.env("RUSTFLAGS", format!("--cfg {} -C debug-assertions --cap-lints allow", suite.cfg));
    let output = cargo.output().context("cannot start cargo")?;
    let log = String::from_utf8_lossy(&output.stderr);
    let first = log.lines().find(|it| it.starts_with("error")).or(log.lines().last());
    let why = || first.map_or_else(|| output.status.to_string(), str::to_owned);
    ensure!(output.status.success(), "does not build: {}", why());
    let messages = output.stdout.split(|&byte| byte == b'\n');
    let artifacts = messages.filter_map(|line| serde_json::from_slice::<Artifact>(line).ok());
    let binaries = artifacts.filter(|it| it.profile.test).filter_map(|it| it.executable);
    Ok(binaries.collect())
}

#[derive(Deserialize)]
struct Artifact {
    profile: Profile,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

/// The names of a binary's tests, the ignored ones left out.
pub(crate) fn tests(suite: &Suite, binary: &Path) -> Result<Vec<String>> {
    let list = |more: &[&str]| -> Result<Vec<String>> {
        let mut command = Command::new(binary);
        let output = command.arg("--list").args(more).output()?;
        let text = String::from_utf8(output.stdout)?;
        let names = text.lines().filter_map(|line| line.strip_suffix(": test"));
        Ok(names.map(str::to_owned).collect())
    };
    let ignored = list(&["--ignored"])?;
    let mut all = list(&[])?;
    all.retain(|it| {
        let is_wanted = suite.only.is_empty() || suite.only.iter().any(|part| it.contains(part));
        is_wanted && !ignored.contains(it)
    });
    Ok(all)
}

/// Runs one test, for at most so much time on a processor.
pub(crate) fn run(
    suite: &Suite,
    engine: Engine,
    folder: &Path,
    binary: &Path,
    test: &str,
    seconds: u64,
    record: &Path,
) -> Result<Run> {
    let _ = fs::remove_file(record);
    let before = cpu_of_children()?;
    let mut command = Command::new("sh");
    command.args([
        "-c",
        "ulimit -c 0; ulimit -t \"$1\"; shift; exec \"$@\"",
        "sh",
        &seconds.to_string(),
    ]);
    command.arg(binary).args([test, "--exact", "--nocapture", "--test-threads=1"]);
    command.current_dir(folder).stdin(Stdio::null());
    let log = record.with_extension("log");
    let output = fs::File::create(&log)?;
    command.stdout(output.try_clone()?).stderr(output);
    if engine == Engine::Drawloom {
        command.env(asked::RECORD, record);
        // A preemption bound in the code would end the search by the clock, and the machine may be busy.
        command.env("DRAWLOOM_TIME", format!("{}s", seconds * LATE));
        if !suite.unwinds {
            command.env("DRAWLOOM_UNWIND", "0");
        }
    }
    let mut child = command.spawn().with_context(|| binary.display().to_string())?;
    // A test that sleeps uses no processor, and has no end either.
    let status = child.wait_timeout(Duration::from_secs(seconds * LATE))?;
    if status.is_none() {
        child.kill()?;
        child.wait()?;
    }
    let cpu = cpu_of_children()?.saturating_sub(before);
    let is_cut = |signal| matches!(signal, 9 | 24);
    let end = match status {
        None => End::CutOff,
        Some(status) if status.success() => End::Passed,
        Some(status) if status.signal().is_some_and(is_cut) => End::CutOff,
        Some(status) => End::Failed(reason(&log, status)?),
    };
    let models = match fs::File::open(record) {
        Ok(file) => BufReader::new(file)
            .lines()
            .map(|line| Ok(serde_json::from_str(&line?)?))
            .collect::<Result<_>>()?,
        Err(_) => Vec::new(),
    };
    Ok(Run { end, cpu, models })
}

/// The first line after the first panic's, the signal that has ended the test, or the last line of all.
fn reason(log: &Path, status: ExitStatus) -> Result<String> {
    let text = String::from_utf8_lossy(&fs::read(log)?).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    let panic = lines.iter().position(|it| it.contains("panicked at"));
    let last = || if status.signal().is_none() { lines.last() } else { None };
    let line = panic.and_then(|it| lines.get(it + 1)).or_else(last);
    Ok(line.map_or_else(|| status.to_string(), |it| it.trim().to_owned()))
}

fn cpu_of_children() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let time = usage.user_time() + usage.system_time();
    Ok(Duration::from_micros(time.num_microseconds().unsigned_abs()))
}
