//! Published packages as folders in which `cargo` can build, once for loom and once for drawloom.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use clap::ValueEnum;
use serde::Deserialize;

use crate::suite::Suite;

/// Whose loom a crate is built with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, ValueEnum)]
pub(crate) enum Engine {
    Loom,
    Drawloom,
}

impl Engine {
    pub(crate) const ALL: [Engine; 2] = [Engine::Loom, Engine::Drawloom];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Engine::Loom => "loom",
            Engine::Drawloom => "drawloom",
        }
    }
}

/// Unpacks all packages into a folder, and returns it.
pub(crate) fn unpack(suites: &[&Suite], work: &Path) -> Result<PathBuf> {
    let scratch = work.join("scratch");
    fs::create_dir_all(scratch.join("src"))?;
    fs::write(scratch.join("src/lib.rs"), "")?;
    let mut manifest = String::from(
        "[package]\nname = \"scratch\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n",
    );
    for Suite { name, version, .. } in suites {
        writeln!(manifest, "{name} = \"={version}\"")?;
    }
    fs::write(scratch.join("Cargo.toml"), manifest)?;
    let vendor = work.join("packages");
    let mut cargo = Command::new("cargo");
    cargo.args(["vendor", "--quiet", "--versioned-dirs"]).arg(&vendor).current_dir(&scratch);
    let output = cargo.output().context("cannot start cargo")?;
    ensure!(output.status.success(), "cargo vendor: {}", String::from_utf8_lossy(&output.stderr));
    Ok(vendor)
}

/// Copies a package for one engine, and puts that engine's loom in its manifest.
pub(crate) fn prepare(
    suite: &Suite,
    engine: Engine,
    packages: &Path,
    work: &Path,
    faces: &Path,
) -> Result<PathBuf> {
    let folder = work.join(engine.name()).join(suite.folder());
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    copy(&packages.join(suite.folder()), &folder)?;
    // The lock file of the package names the loom of its day.
    let _ = fs::remove_file(folder.join("Cargo.lock"));
    let manifest = folder.join("Cargo.toml");
    let mut text = fs::read_to_string(&manifest)?;
    if !text.contains("\n[workspace]") {
        text.push_str("\n[workspace]\n");
    }
    if engine == Engine::Drawloom {
        let face = if wants_version_5(&folder)? { "loom-0.5" } else { "loom" };
        let face = faces.join(face).display().to_string();
        write!(text, "\n[patch.crates-io]\nloom = {{ path = {face:?} }}\n")?;
    }
    fs::write(&manifest, text)?;
    Ok(folder)
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    req: String,
}

/// Whether a package depends on loom 0.5.
fn wants_version_5(folder: &Path) -> Result<bool> {
    let mut cargo = Command::new("cargo");
    cargo.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(folder);
    let output = cargo.output().context("cannot start cargo")?;
    let metadata: Metadata = serde_json::from_slice(&output.stdout)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    let Some(package) = metadata.packages.first() else { bail!("no package") };
    let mut looms = package.dependencies.iter().filter(|it| it.name == "loom");
    Ok(looms.any(|it| it.req.trim_start_matches('^').starts_with("0.5")))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("no package {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else if entry.file_name() != ".cargo-checksum.json" {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
