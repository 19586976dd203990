//! Parties that are programs of their own: Go and Java, whose sources are in `peers/`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::Opened;
use crate::child::output;

/// The first Java whose virtual threads need no option.
const JAVA_VERSION: u32 = 21;
/// A Java whose compiler takes the source and whose classes that one runs.
const JAVA_RELEASE: &str = "17";
/// How long a compiler may take.
const BUILDING: Duration = Duration::from_mins(10);

/// Goroutines, with the Go on the path.
pub(super) fn go(processors: u32, built: &Path) -> Result<Opened> {
    let go = || {
        let mut go = Command::new("go");
        // The one that is installed, and nothing else.
        go.env("GOTOOLCHAIN", "local");
        go
    };
    let version = output(go().arg("version"), BUILDING)?;
    let program = built.join(format!("spawn-go{}", std::env::consts::EXE_SUFFIX));
    let source = source("spawn.go");
    output(go().args(["build", "-o"]).arg(&program).arg(source), BUILDING)?;
    Ok(Opened {
        version,
        program: program.into(),
        arguments: vec![],
        variables: vec![("GOMAXPROCS", processors.to_string())],
        has_options: false,
    })
}

/// Java's virtual threads. A runtime without a compiler will do, if there is a compiler elsewhere.
pub(super) fn java(parallelism: u32, built: &Path) -> Result<Opened> {
    let tools = |name: &str| -> Vec<PathBuf> {
        let home =
            std::env::var_os("JAVA_HOME").map(|home| Path::new(&home).join("bin").join(name));
        home.into_iter().chain([PathBuf::from(name)]).collect()
    };
    let (java, version) = tools("java")
        .into_iter()
        .find_map(|java| Some((java.clone(), java_version(&java)?)))
        .with_context(|| format!("no java of version {JAVA_VERSION} or newer"))?;
    compile(tools("javac"), built).context("no javac compiles it")?;
    let scheduler = format!("-Djdk.virtualThreadScheduler.parallelism={parallelism}");
    let arguments = vec![scheduler.into(), OsString::from("-cp"), built.into(), "Spawn".into()];
    Ok(Opened { version, program: java.into(), arguments, variables: vec![], has_options: false })
}

/// Compiles the Java program with the first compiler that can; the error is that of the last one.
fn compile(compilers: Vec<PathBuf>, built: &Path) -> Result<()> {
    let mut result = Ok(());
    for javac in compilers {
        let mut command = Command::new(javac);
        command.args(["--release", JAVA_RELEASE, "-d"]).arg(built).arg(source("Spawn.java"));
        result = output(&mut command, BUILDING).map(drop);
        if result.is_ok() {
            break;
        }
    }
    result
}

/// The version of a Java that is new enough.
fn java_version(java: &Path) -> Option<String> {
    let text = output(Command::new(java).arg("--version"), BUILDING).ok()?;
    let line = text.lines().next()?;
    is_new_enough(line).then(|| line.to_owned())
}

/// Whether this is what a new enough Java says first: its name, its version, its date.
fn is_new_enough(line: &str) -> bool {
    let version =
        line.split_whitespace().nth(1).and_then(|text| text.split(['.', '-', '+']).next());
    version.and_then(|text| text.parse::<u32>().ok()).is_some_and(|it| it >= JAVA_VERSION)
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_java_is_new_enough_from_21_on() {
        assert!(is_new_enough("openjdk 21 2023-09-19"));
        assert!(is_new_enough("openjdk 25.0.2 2026-01-20 LTS"));
        assert!(is_new_enough("java 27-ea 2027-03-16"));
        assert!(!is_new_enough("openjdk 17.0.15 2025-04-15"));
        assert!(!is_new_enough("javac: command not found"));
        assert!(!is_new_enough(""));
    }
}
