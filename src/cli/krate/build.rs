//! Builds the tests of a package with our crate in loom's place, and lists them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use cargo_metadata::Message;

use super::package::{Package, drop_ins};
use super::process::{Ended, run};
use super::shadow::Shadow;
use crate::cli::crate_error::CrateError;

/// A test binary.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Binary {
    /// The name of the target: that of the package for the tests in `src`, else that of the file in `tests`.
    pub(super) target: String,
    pub(super) path: PathBuf,
}

/// A test of a binary.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Test {
    pub(super) binary: Binary,
    /// The name by which the binary knows it.
    pub(super) name: String,
    /// The same, with the binary's name before it if there are several binaries.
    pub(super) title: String,
}

/// What was built.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) tests: Vec<Test>,
    /// What the user should know besides, each in a line.
    pub(super) notes: Vec<String>,
    /// The folder in which the tests run.
    folder: PathBuf,
}

/// Options of `cargo test` that choose what is built. If the user gives none, only tests are.
const CHOICES: &[&str] =
    &["--lib", "--bins", "--bin", "--tests", "--test", "--examples", "--example", "--all-targets"];

/// How long a binary may take to list its tests. One without the usual harness may do anything.
const TIME_TO_LIST: Duration = Duration::from_secs(20);

/// Settings of the build: a search is most of the work, so what searches is optimised, and what the tests check stays on.
/// All other packages have the level of the crate: with a level for all at once (`"*"`), the compiler's plugins would have it
/// too, and syn alone took as long to build as the engine.
/// Source lines in reports are part of the code, so debug information is not needed. An optimised build without link-time
/// optimisation takes half the time. The user's own settings are overridden, not changed.
const PROFILE: &[&str] = &[
    "profile.dev.opt-level=1",
    "profile.dev.package.drawloom.opt-level=3",
    "profile.dev.package.corosensei.opt-level=3",
    "profile.dev.package.smallvec.opt-level=3",
    "profile.dev.debug=false",
    "profile.dev.lto=\"off\"",
];

impl Built {
    /// Builds the tests and lists them.
    ///
    /// # Errors
    /// cargo cannot build any test, or there is none.
    pub(super) fn of(package: &Package, shadow: &Shadow) -> Result<Self, CrateError> {
        let (binaries, is_whole) = build(package, shadow)?;
        if binaries.is_empty() && !is_whole {
            let (package, cfg) = (package.name.clone(), package.conditions());
            return Err(CrateError::Build { package, cfg });
        }
        let folder = shadow.root.join(package.folder());
        let mut notes = Vec::new();
        if !is_whole {
            let targets: Vec<&str> = binaries.iter().map(|it| it.target.as_str()).collect();
            notes.push(format!(
                "cargo did not build all tests; these are there: {}",
                targets.join(", ")
            ));
        }
        let mut tests = Vec::new();
        for binary in &binaries {
            match list(binary, &folder, &package.arguments_of_tests)? {
                Some(names) => tests.extend(names.into_iter().map(|name| Test {
                    binary: binary.clone(),
                    title: name.clone(),
                    name,
                })),
                None => notes.push(format!("{} does not list its tests", binary.target)),
            }
        }
        if tests.is_empty() {
            let (package, cfg) = (package.name.clone(), package.cfg.clone());
            return Err(CrateError::NoTests { package, cfg });
        }
        if tests.iter().any(|test| test.binary != tests[0].binary) {
            for test in &mut tests {
                test.title = format!("{}::{}", test.binary.target, test.name);
            }
        }
        Ok(Built { tests, notes, folder })
    }

    /// The command that runs one test.
    pub(super) fn command(&self, test: &Test) -> Command {
        let mut command = command(&test.binary, &self.folder);
        command.args([&test.name, "--exact", "--nocapture"]);
        command
    }

    /// The files that were built.
    pub(super) fn binaries(&self) -> Vec<&Path> {
        let mut paths: Vec<&Path> =
            self.tests.iter().map(|test| test.binary.path.as_path()).collect();
        paths.dedup();
        paths
    }
}

/// A command that runs a test binary, as cargo would.
fn command(binary: &Binary, folder: &Path) -> Command {
    let mut command = Command::new(&binary.path);
    command.current_dir(folder).env("CARGO_MANIFEST_DIR", folder).env("RUST_BACKTRACE", "0");
    command.env_remove("DRAWLOOM_SCHEDULE");
    command
}

/// The test binaries, and whether all that was to be built was.
fn build(package: &Package, shadow: &Shadow) -> Result<(Vec<Binary>, bool), CrateError> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let manifest = shadow.root.join(package.folder()).join("Cargo.toml");
    let mut command = Command::new(&cargo);
    command.current_dir(&shadow.root).arg("test").arg("--manifest-path").arg(&manifest);
    // One target that does not build with this cfg must not hide the others.
    command.args(["--no-run", "--no-fail-fast", "--message-format=json-render-diagnostics"]);
    for (number, folder) in drop_ins(package)?.iter().enumerate() {
        // The keys of patches may be any; the first is the one that the user's own patch would have.
        let key = if number == 0 { "loom".to_owned() } else { format!("loom-{number}") };
        let path = folder.display().to_string();
        command.args(["--config", &format!("patch.crates-io.{key}.package=\"loom\"")]);
        command.args(["--config", &format!("patch.crates-io.{key}.path={path:?}")]);
    }
    for setting in PROFILE {
        command.args(["--config", setting]);
    }
    if !package.features.is_empty() {
        command.arg("--features").arg(package.features.join(","));
    }
    let is_choice =
        |argument: &String| CHOICES.iter().any(|it| argument.split('=').next() == Some(it));
    if !package.arguments_of_cargo.iter().any(is_choice) {
        command.arg("--tests");
    }
    command.args(&package.arguments_of_cargo);
    command.env("CARGO_TARGET_DIR", &shadow.build);
    if let Some(cfg) = &package.cfg {
        flags(&mut command, cfg);
    }
    let program = cargo.display().to_string();
    let failed = |source| CrateError::Start { program: program.clone(), source };
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(failed)?;
    let mut binaries = Vec::new();
    if let Some(output) = child.stdout.take() {
        // A line that is no message comes from a build script, and says nothing here.
        for message in Message::parse_stream(std::io::BufReader::new(output)).map_while(Result::ok)
        {
            if let Message::CompilerArtifact(artifact) = message
                && artifact.profile.test
                && artifact.manifest_path == *manifest
                && let Some(path) = artifact.executable
            {
                binaries.push(Binary { target: artifact.target.name, path: path.into() });
            }
        }
    }
    let status = child.wait().map_err(failed)?;
    binaries.sort_by(|a, b| a.target.cmp(&b.target));
    Ok((binaries, status.success()))
}

/// Adds the cfg to the flags of the compiler that the environment has. Without any there, those of cargo's own settings
/// do not count, as with every other way to set the variable.
fn flags(command: &mut Command, cfg: &str) {
    const ENCODED: &str = "CARGO_ENCODED_RUSTFLAGS";
    const PLAIN: &str = "RUSTFLAGS";
    match (std::env::var(ENCODED), std::env::var(PLAIN)) {
        (Ok(given), _) if !given.is_empty() => {
            command.env(ENCODED, format!("{given}\u{1f}--cfg\u{1f}{cfg}"));
        }
        (_, Ok(given)) if !given.is_empty() => {
            command.env(PLAIN, format!("{given} --cfg {cfg}"));
        }
        _ => {
            command.env(PLAIN, format!("--cfg {cfg}"));
        }
    }
}

/// The tests that are not ignored; `None` if the binary has not the usual harness.
fn list(
    binary: &Binary,
    folder: &Path,
    arguments: &[String],
) -> Result<Option<Vec<String>>, CrateError> {
    let names = |is_ignored: bool| {
        let mut command = command(binary, folder);
        command.args(arguments).args(["--list", "--format", "terse"]);
        command.args(is_ignored.then_some("--ignored"));
        Ok(match run(command, TIME_TO_LIST)? {
            Ended::Exited { status, output, .. } if status.success() => {
                Some(names_of_tests(&output))
            }
            Ended::Exited { .. } | Ended::TimeOut => None,
        })
    };
    let asks_for_ignored =
        arguments.iter().any(|it| it == "--ignored" || it == "--include-ignored");
    let Some(mut all) = names(false)? else { return Ok(None) };
    if !asks_for_ignored {
        let ignored = names(true)?.unwrap_or_default();
        all.retain(|name| !ignored.contains(name));
    }
    Ok(Some(all))
}

/// The names in a harness's list: `name: test`.
fn names_of_tests(list: &str) -> Vec<String> {
    list.lines().filter_map(|line| line.strip_suffix(": test")).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_tests_and_other_lines() {
        let list = "running\nloom::push: test\nfast: benchmark\ntwo words: test\n";
        assert_eq!(names_of_tests(list), ["loom::push", "two words"]);
    }
}
