//! The package under test: where it is, and what its loom tests need to be built.

use std::path::{Component, Path, PathBuf};

use cargo_metadata::camino::Utf8Path;
use cargo_metadata::cargo_platform::{Cfg, CfgExpr, Platform};
use cargo_metadata::semver::Version;
use cargo_metadata::{Dependency, Metadata, MetadataCommand};
use clap::Args;

use crate::cli::crate_error::CrateError;

/// The name of the crate in whose place ours is put.
const LOOM: &str = "loom";

/// The versions of our packages, by which cargo takes them for loom.
const DROP_INS: [(&str, Version); 2] =
    [("loom", Version::new(0, 7, 99)), ("loom-0.5", Version::new(0, 5, 99))];

/// Which package, and how it is built.
#[derive(Args, Default)]
pub(in crate::cli) struct Selection {
    /// The package, if the path is a workspace of several
    #[arg(long, value_name = "NAME")]
    package: Option<String>,
    /// The cfg that loom tests need [default: that of the dependency on loom]
    #[arg(long, value_name = "NAME")]
    cfg: Option<String>,
    /// Features of the package, besides the one that loom needs
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    features: Vec<String>,
    /// Arguments for `cargo test`, and after a second `--` for the test binaries: `-- --test loom -- name`
    #[arg(last = true, value_name = "CARGO TEST ARGUMENTS")]
    arguments: Vec<String>,
}

/// The options of [`Selection`] by their names.
pub(in crate::cli) const SELECTION: &[&str] = &["package", "cfg", "features"];

impl Selection {
    /// Whether there are arguments for cargo.
    pub(in crate::cli) fn has_arguments(&self) -> bool {
        !self.arguments.is_empty()
    }
}

/// The package under test.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) manifest: PathBuf,
    /// The root of its workspace, which is the package's own folder if it has none.
    pub(super) root: PathBuf,
    /// Where cargo puts what it builds for the user.
    pub(super) target: PathBuf,
    /// What is set by `--cfg`, if anything.
    pub(super) cfg: Option<String>,
    /// Features to be turned on.
    pub(super) features: Vec<String>,
    /// The folders below `compat` of ours that are put in loom's place.
    pub(super) faces: Vec<&'static str>,
    /// Packages outside of the root that the workspace names by path, and the roots of their workspaces.
    pub(super) outside: Vec<(PathBuf, PathBuf)>,
    pub(super) arguments_of_cargo: Vec<String>,
    pub(super) arguments_of_tests: Vec<String>,
}

impl Package {
    /// Asks cargo about the package at `path`, which is its folder or its Cargo.toml. Changes nothing there.
    ///
    /// # Errors
    /// There is no such package, or it does not depend on loom.
    pub(super) fn find(path: &Path, selection: &Selection) -> Result<Self, CrateError> {
        if let Some(name) = selection.cfg.as_ref().filter(|name| !is_identifier(name)) {
            return Err(CrateError::CfgName(name.clone()));
        }
        let manifest = if path.is_dir() { path.join("Cargo.toml") } else { path.to_owned() };
        let is_manifest = manifest.file_name().is_some_and(|name| name == "Cargo.toml");
        if !is_manifest || !manifest.is_file() {
            return Err(CrateError::NoManifest(path.to_owned()));
        }
        let manifest = std::path::absolute(&manifest).map_err(CrateError::at(&manifest))?;
        let metadata = metadata(&manifest)?;
        let package = chosen(&metadata, &manifest, selection.package.as_deref())?;
        let looms: Vec<&Dependency> =
            package.dependencies.iter().filter(|it| it.name == LOOM).collect();
        let Some(first) = looms.first() else {
            return Err(CrateError::NoLoom { package: package.name.to_string() });
        };
        let takes = |version: &Version| looms.iter().any(|it| it.req.matches(version));
        let faces: Vec<&'static str> = DROP_INS
            .into_iter()
            .filter(|(_, version)| takes(version))
            .map(|(name, _)| name)
            .collect();
        if faces.is_empty() {
            let (package, requirement) = (package.name.to_string(), first.req.to_string());
            return Err(CrateError::OtherLoom { package, requirement });
        }
        let cfg = match &selection.cfg {
            Some(name) => Some(name.clone()),
            None => cfg_of(&looms, package)?,
        };
        let mut features = selection.features.clone();
        features.extend(feature_of(&looms, package).filter(|it| !selection.features.contains(it)));
        let (of_cargo, of_tests) = split(&selection.arguments);
        Ok(Package {
            name: package.name.to_string(),
            manifest: package.manifest_path.clone().into(),
            root: metadata.workspace_root.clone().into(),
            target: metadata.target_directory.clone().into(),
            cfg,
            features,
            faces,
            outside: outside(&metadata)?,
            arguments_of_cargo: of_cargo,
            arguments_of_tests: of_tests,
        })
    }

    /// The folder of the package below the root of its workspace.
    pub(super) fn folder(&self) -> &Path {
        let folder = self.manifest.parent().unwrap_or(&self.root);
        folder.strip_prefix(&self.root).unwrap_or(folder)
    }

    /// How the build is told from an ordinary one, in words.
    pub(super) fn conditions(&self) -> String {
        let cfg = self.cfg.iter().map(|name| format!("--cfg {name}"));
        let features = self.features.iter().map(|name| format!("feature {name}"));
        let all: Vec<String> = cfg.chain(features).collect();
        if all.is_empty() { "no cfg, no feature".to_owned() } else { all.join(", ") }
    }
}

/// The folders of our packages that take loom's place.
///
/// # Errors
/// One is not in the checkout.
pub(super) fn drop_ins(package: &Package) -> Result<Vec<PathBuf>, CrateError> {
    let compat = home()?.join("compat");
    let there = |name: &&str| {
        let folder = compat.join(name);
        let is_there = folder.join("Cargo.toml").is_file();
        if is_there { Ok(folder) } else { Err(CrateError::NoDropIn(folder)) }
    };
    package.faces.iter().map(there).collect()
}

/// The folders of our own sources that a test of a crate is built with.
///
/// # Errors
/// The path of the checkout cannot be made absolute.
pub(super) fn own_sources() -> Result<Vec<PathBuf>, CrateError> {
    let home = home()?;
    Ok(vec![home.join("src"), home.join("compat")])
}

/// The checkout that this program was built from, or another one if the user says so.
fn home() -> Result<PathBuf, CrateError> {
    let given = std::env::var_os("DRAWLOOM_HOME").filter(|home| !home.is_empty());
    let home = given.map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    std::path::absolute(&home).map_err(CrateError::at(&home))
}

/// What cargo says of a workspace, without its dependencies: so it neither needs nor writes a lock file.
fn metadata(manifest: &Path) -> Result<Metadata, CrateError> {
    let says = MetadataCommand::new().manifest_path(manifest).no_deps().exec();
    says.map_err(|error| {
        let said = match error {
            cargo_metadata::Error::CargoMetadata { stderr } => stderr.trim().to_owned(),
            other => other.to_string(),
        };
        CrateError::Metadata { manifest: manifest.to_owned(), said }
    })
}

/// The package that is meant.
fn chosen<'m>(
    metadata: &'m Metadata,
    manifest: &Path,
    name: Option<&str>,
) -> Result<&'m cargo_metadata::Package, CrateError> {
    let known = || metadata.packages.iter().map(|it| it.name.to_string()).collect();
    match name {
        Some(name) => {
            let found = metadata.packages.iter().find(|it| it.name == name);
            found.ok_or_else(|| CrateError::NoSuchPackage { name: name.to_owned(), known: known() })
        }
        None => match &metadata.packages[..] {
            [only] => Ok(only),
            all => all.iter().find(|it| it.manifest_path == *manifest).ok_or_else(|| {
                let root = metadata.workspace_root.clone().into();
                CrateError::SeveralPackages { root, known: known() }
            }),
        },
    }
}

/// The name that the conditions of the dependencies ask for.
fn cfg_of(
    looms: &[&Dependency],
    package: &cargo_metadata::Package,
) -> Result<Option<String>, CrateError> {
    let mut names = Vec::new();
    let mut conditions = Vec::new();
    for dependency in looms {
        match &dependency.target {
            // It is always there: what the sources ask for is the convention.
            None => return Ok(Some(LOOM.to_owned())),
            Some(platform) => {
                conditions.push(platform.to_string());
                if let Platform::Cfg(condition) = platform {
                    positive_names(condition, &mut names);
                }
            }
        }
    }
    // What the compiler sets by itself cannot be meant.
    names
        .retain(|name| !["unix", "windows", "test", "debug_assertions", "miri"].contains(&&**name));
    let is_named_so = |name: &&String| name.contains(LOOM);
    let found = names.iter().find(is_named_so).or(names.first()).cloned();
    let (package, conditions) = (package.name.to_string(), conditions.join(" and "));
    found.map(Some).ok_or(CrateError::NoCfg { package, conditions })
}

/// The names in a condition that must be set, not those that must not.
fn positive_names(condition: &CfgExpr, names: &mut Vec<String>) {
    match condition {
        CfgExpr::All(all) | CfgExpr::Any(all) => {
            for part in all {
                positive_names(part, names);
            }
        }
        CfgExpr::Value(Cfg::Name(name)) => names.push(name.name.clone()),
        CfgExpr::Value(Cfg::KeyPair(..)) | CfgExpr::Not(_) | CfgExpr::True | CfgExpr::False => {}
    }
}

/// The feature that turns the dependency on, if it is optional everywhere.
fn feature_of(looms: &[&Dependency], package: &cargo_metadata::Package) -> Option<String> {
    let first = looms.iter().all(|it| it.optional).then(|| looms[0])?;
    let name = first.rename.as_deref().unwrap_or(&first.name);
    let turns_on = |entry: &String| entry == name || entry.strip_prefix("dep:") == Some(name);
    let features = package.features.iter().filter(|(_, entries)| entries.iter().any(turns_on));
    // The convention first; an optional dependency without a feature for it is a feature itself.
    let mut all: Vec<&String> = features.map(|(feature, _)| feature).collect();
    all.sort_by_key(|feature| (*feature != LOOM, feature.len()));
    all.first().map(|feature| (*feature).clone())
}

/// The packages that the workspace names by path and that are outside of it, each with its workspace's root.
fn outside(metadata: &Metadata) -> Result<Vec<(PathBuf, PathBuf)>, CrateError> {
    let root = metadata.workspace_root.clone();
    let paths = |metadata: &Metadata| -> Vec<PathBuf> {
        let dependencies = metadata.packages.iter().flat_map(|it| &it.dependencies);
        dependencies.filter_map(|it| it.path.clone()).map(PathBuf::from).collect()
    };
    let (mut pending, mut found) = (paths(metadata), Vec::<(PathBuf, PathBuf)>::new());
    pending.extend(patches(&root)?);
    while let Some(path) = pending.pop() {
        if path.starts_with(&root) || found.iter().any(|(known, _)| *known == path) {
            continue;
        }
        let its = self::metadata(&path.join("Cargo.toml"))?;
        pending.extend(paths(&its));
        found.push((path, its.workspace_root.into()));
    }
    Ok(found)
}

/// The packages that the patches of a workspace name by path, of which cargo says nothing. Patches are in the manifest at
/// the root. Any other path that is found there and has a manifest does no harm.
fn patches(root: &Utf8Path) -> Result<Vec<PathBuf>, CrateError> {
    let manifest = root.join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest).map_err(CrateError::at(&manifest))?;
    let values = text.split("path").skip(1).filter_map(|rest| {
        let value = rest.trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|it| ['"', '\''].contains(it))?;
        value[1..].split(quote).next()
    });
    let folders = values.map(|value| without_detours(root.join(value).as_std_path()));
    Ok(folders.filter(|folder| folder.join("Cargo.toml").is_file()).collect())
}

/// A path without `..`, as cargo joins paths: links are not followed.
fn without_detours(path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => _ = whole.pop(),
            Component::CurDir => {}
            part => whole.push(part),
        }
    }
    whole
}

/// The arguments for cargo, and those after another `--` for the test binaries.
fn split(arguments: &[String]) -> (Vec<String>, Vec<String>) {
    let at = arguments.iter().position(|it| it == "--").unwrap_or(arguments.len());
    let of_tests = arguments.get(at + 1..).unwrap_or_default();
    (arguments[..at].to_vec(), of_tests.to_vec())
}

fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_';
    characters.next().is_some_and(is_start)
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_names_what_must_be_set() {
        for (condition, expected) in [
            ("cfg(loom)", vec!["loom"]),
            ("cfg(all(crossbeam_loom, not(other)))", vec!["crossbeam_loom"]),
            ("cfg(any(st3_loom, target_os = \"none\"))", vec!["st3_loom"]),
            ("cfg(not(loom))", vec![]),
        ] {
            let Platform::Cfg(parsed) = condition.parse().expect("a condition") else { panic!() };
            let mut names = Vec::new();
            positive_names(&parsed, &mut names);
            assert_eq!(names, expected, "{condition}");
        }
    }

    #[test]
    fn patches_of_the_root_are_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = Utf8Path::from_path(folder.path()).expect("Unicode").join("a/b");
        for path in ["a/b", "loom", "a/other"] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(&path).expect("a folder");
            std::fs::write(path.join("Cargo.toml"), "").expect("a file");
        }
        let manifest = "[lib]\npath = \"src/x.rs\"\n[patch.crates-io]\n\
                        loom = { path = \"../../loom\" }\nother.path='../other'\n";
        std::fs::write(root.join("Cargo.toml"), manifest).expect("a file");
        let expected = ["loom", "a/other"].map(|it| folder.path().join(it));
        assert_eq!(patches(&root).expect("it is read"), expected);
    }

    #[test]
    fn a_second_separator_ends_the_arguments_of_cargo() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let (of_cargo, of_tests) = split(&words("--test loom -- one --skip two"));
        assert_eq!((of_cargo, of_tests), (words("--test loom"), words("one --skip two")));
        assert_eq!(split(&words("--lib")), (words("--lib"), vec![]));
    }

    #[test]
    fn a_cfg_has_the_name_of_an_identifier() {
        assert!(is_identifier("crossbeam_loom") && is_identifier("_1"));
        assert!(!is_identifier("") && !is_identifier("1a") && !is_identifier("loom test"));
    }
}
