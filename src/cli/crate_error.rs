//! Why a crate's loom tests cannot be run.

use std::io;
use std::path::PathBuf;

/// What is wrong with a crate, with cargo, or with this installation.
#[derive(Debug, thiserror::Error)]
pub(super) enum CrateError {
    #[error("{}: there is no Cargo.toml", .0.display())]
    NoManifest(PathBuf),
    #[error("{}: cargo says: {said}", .manifest.display())]
    Metadata { manifest: PathBuf, said: String },
    #[error("{}: this is a workspace; choose one with --package: {}", .root.display(), .known.join(", "))]
    SeveralPackages { root: PathBuf, known: Vec<String> },
    #[error("there is no package '{name}' in the workspace; there are {}", .known.join(", "))]
    NoSuchPackage { name: String, known: Vec<String> },
    #[error("{package} does not depend on loom, so it has no loom tests")]
    NoLoom { package: String },
    #[error("{package} depends on loom {requirement}; drawloom has the interfaces of 0.5 and 0.7")]
    OtherLoom { package: String, requirement: String },
    #[error(
        "{package}: loom comes with {conditions}, of which nothing says what to set; use --cfg NAME"
    )]
    NoCfg { package: String, conditions: String },
    #[error("'{0}' is no name of a cfg, such as loom or crossbeam_loom")]
    CfgName(String),
    #[error(
        "{} of drawloom's source is not there; set DRAWLOOM_HOME to a checkout",
        .0.display()
    )]
    NoDropIn(PathBuf),
    #[error("{}: {source}", .path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("cannot start {program}: {source}")]
    Start { program: String, source: io::Error },
    #[error("cargo did not build the tests of {package} ({cfg})")]
    Build { package: String, cfg: String },
    #[error("{package} has no tests{}", .cfg.as_ref().map_or(String::new(), |cfg| format!(" with --cfg {cfg}")))]
    NoTests { package: String, cfg: Option<String> },
    #[error("none of the {tests} tests of {package} can tell anything: {why}")]
    NothingToAsk { package: String, tests: usize, why: String },
    #[error("{}: line {line} is no record of a model: {source}", .path.display())]
    Record { path: PathBuf, line: usize, source: serde_json::Error },
    #[error(
        "no operation of {package} is reached by its loom tests, or no operator applies to one"
    )]
    NoOperation { package: String },
    #[error("no file '{file}' of {package} has an operation; there are {known}")]
    NoFile { file: String, package: String, known: String },
    #[error("{option} for --crate")]
    OnlyForCrates { option: String },
    #[error("--{option} is not for --crate")]
    NotForCrates { option: &'static str },
}

impl CrateError {
    /// An error at a path, for `map_err`.
    pub(super) fn at(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> CrateError {
        let path = path.into();
        |source| CrateError::Io { path, source }
    }
}
