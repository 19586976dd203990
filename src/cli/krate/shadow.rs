//! A shadow of the user's workspace, in which cargo may write: links to the user's files, and a lock file of its own.
//!
//! cargo writes the lock file where Cargo.toml is, and with our package in loom's place it is another one than the
//! user's. So the build is made in a folder that has links to everything in the workspace's root except its lock file,
//! of which it has a copy. cargo does not look through links when it joins paths, so `src/lib.rs` is named
//! `src/lib.rs` there, too. Packages outside of the root that the workspace names by path are linked at the same
//! distance, so that `../other` means the same.

use std::fs::{self, File};
use std::hash::Hasher as _;
use std::io;
use std::path::{Path, PathBuf};

use siphasher::sip::SipHasher13;

use super::package::Package;
use crate::cli::crate_error::CrateError;
use crate::cli::say;

/// The workspace as cargo sees it.
#[derive(Debug)]
pub(super) struct Shadow {
    /// The root of the workspace.
    pub(super) root: PathBuf,
    /// Where cargo puts what it builds.
    pub(super) build: PathBuf,
    /// A folder for files of a run.
    pub(super) scratch: PathBuf,
    /// Keeps another run from making the shadow anew meanwhile.
    _lock: File,
}

/// What is not linked: the lock file has a copy, and cargo's output would go around in a circle.
const NOT_LINKED: &[&str] = &["Cargo.lock", "target", ".git"];

impl Shadow {
    /// Makes the shadow anew. A lock file that cargo has made in an earlier shadow is kept if the user's is the same.
    ///
    /// # Errors
    /// A file cannot be written or read.
    pub(super) fn of(package: &Package) -> Result<Self, CrateError> {
        let shared = package.target.join("drawloom");
        let home = shared.join(name_of(&package.root));
        make_folder(&home)?;
        let lock_of_home = lock(&home.join("lock"))?;
        let all = home.join("shadow");
        let root = below(&all, &package.root);
        let lock = Lock::of(&package.root.join("Cargo.lock"), &root, &home)?;
        // Links are removed, not what they lead to.
        match fs::remove_dir_all(&all) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(CrateError::at(&all)(error));
            }
            _ => {}
        }
        make_folder(&root)?;
        let target = package.target.as_path();
        for name in entries(&package.root)? {
            let original = package.root.join(&name);
            // cargo looks for its settings in the folders above, too.
            let is_found_above = name == ".cargo" && shared.starts_with(&package.root);
            if !NOT_LINKED.iter().any(|it| name == *it) && original != target && !is_found_above {
                link(&original, &root.join(&name))?;
            }
        }
        for (folder, its_root) in &package.outside {
            link_outside(&all, &package.root, folder, its_root)?;
        }
        lock.write(&root, &home)?;
        let scratch = home.join("scratch");
        make_folder(&scratch)?;
        // Of its own: cargo gives packages of one name the same files, whatever workspace they are in.
        Ok(Shadow { root, build: home.join("build"), scratch, _lock: lock_of_home })
    }
}

/// A name for a workspace, among all that are built into one folder.
fn name_of(root: &Path) -> String {
    let mut hasher = SipHasher13::new();
    hasher.write(root.as_os_str().as_encoded_bytes());
    let name = root.file_name().unwrap_or_default().to_string_lossy().into_owned();
    format!("{name}-{:016x}", hasher.finish())
}

/// Waits until no other run has the file, and has it until dropped.
fn lock(path: &Path) -> Result<File, CrateError> {
    let failed = |source| CrateError::Io { path: path.to_owned(), source };
    let file = File::create(path).map_err(failed)?;
    if file.try_lock().is_err() {
        say("note: waiting for another run for this crate\n");
        file.lock().map_err(failed)?;
    }
    Ok(file)
}

/// The path below a folder at which an absolute path has its shadow.
fn below(all: &Path, path: &Path) -> PathBuf {
    let names = path.components().filter(|it| matches!(it, std::path::Component::Normal(_)));
    all.join(names.collect::<PathBuf>())
}

/// Links a package outside of the root, where the way to it leaves the way to the root.
fn link_outside(all: &Path, root: &Path, folder: &Path, its_root: &Path) -> Result<(), CrateError> {
    let Some(common) = root.ancestors().skip(1).find(|it| folder.starts_with(it)) else {
        return Ok(());
    };
    // Its workspace may be around the user's, which is not a member: then it has other members beside it.
    let names = if common.starts_with(its_root) {
        entries(common)?
    } else {
        let rest = folder.strip_prefix(common).unwrap_or(folder);
        rest.components().take(1).map(|it| it.as_os_str().to_owned()).collect()
    };
    for name in names {
        let shadow = below(all, &common.join(&name));
        // What is there is the way to the root, or was linked for another package.
        if fs::symlink_metadata(&shadow).is_err() {
            link(&common.join(&name), &shadow)?;
        }
    }
    Ok(())
}

/// The lock file of the shadow.
#[derive(Debug)]
struct Lock {
    /// The user's, if there is one.
    of_user: Option<String>,
    /// What cargo has made of it, or will begin with.
    text: Option<String>,
}

impl Lock {
    fn of(user: &Path, earlier_root: &Path, home: &Path) -> Result<Self, CrateError> {
        let of_user = read(user)?;
        let known = read(&home.join("Cargo.lock.user"))?;
        let earlier = read(&earlier_root.join("Cargo.lock"))?;
        let is_same = known.as_deref() == Some(of_user.as_deref().unwrap_or_default());
        let text = match earlier.filter(|_| is_same) {
            Some(earlier) => Some(earlier),
            None => of_user.as_deref().map(without_loom),
        };
        Ok(Lock { of_user, text })
    }

    fn write(&self, root: &Path, home: &Path) -> Result<(), CrateError> {
        let known = home.join("Cargo.lock.user");
        fs::write(&known, self.of_user.as_deref().unwrap_or_default())
            .map_err(CrateError::at(&known))?;
        let path = root.join("Cargo.lock");
        match &self.text {
            Some(text) => fs::write(&path, text).map_err(CrateError::at(path)),
            None => Ok(()),
        }
    }
}

/// A lock file without the versions of loom in it, so that cargo chooses anew: the newest, which is ours.
fn without_loom(text: &str) -> String {
    let is_loom = |part: &&str| part.lines().any(|line| line.trim() == "name = \"loom\"");
    let parts = text.split("\n[[package]]\n");
    let kept: Vec<&str> = parts.filter(|part| !is_loom(part)).collect();
    kept.join("\n[[package]]\n")
}

/// The text of a file; `None` if there is no such file.
fn read(path: &Path) -> Result<Option<String>, CrateError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(CrateError::at(path)(error)),
    }
}

fn entries(folder: &Path) -> Result<Vec<std::ffi::OsString>, CrateError> {
    let names = fs::read_dir(folder).and_then(|entries| {
        entries.map(|entry| entry.map(|it| it.file_name())).collect::<io::Result<Vec<_>>>()
    });
    names.map_err(CrateError::at(folder))
}

fn make_folder(path: &Path) -> Result<(), CrateError> {
    fs::create_dir_all(path).map_err(CrateError::at(path))
}

fn link(original: &Path, link: &Path) -> Result<(), CrateError> {
    if let Some(folder) = link.parent() {
        make_folder(folder)?;
    }
    symbolic_link(original, link).map_err(CrateError::at(link))
}

#[cfg(unix)]
fn symbolic_link(original: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(original, link)
}

#[cfg(windows)]
fn symbolic_link(original: &Path, link: &Path) -> io::Result<()> {
    if original.is_dir() {
        std::os::windows::fs::symlink_dir(original, link)
    } else {
        std::os::windows::fs::symlink_file(original, link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_file_loses_loom_and_nothing_else() {
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\ndependencies = [\n \"loom\",\n]\n\n\
                    [[package]]\nname = \"loom\"\nversion = \"0.7.2\"\n\n\
                    [[package]]\nname = \"loomish\"\nversion = \"1.0.0\"\n";
        let expected = "version = 4\n\n[[package]]\nname = \"a\"\ndependencies = [\n \"loom\",\n]\n\n\
                        [[package]]\nname = \"loomish\"\nversion = \"1.0.0\"\n";
        assert_eq!(without_loom(lock), expected);
    }

    #[cfg(unix)]
    #[test]
    fn a_package_beside_the_root_is_at_the_same_distance_in_the_shadow() {
        let folder = tempfile::tempdir().expect("a folder");
        let here = folder.path();
        for path in ["group/own", "group/other/deep", "far"] {
            fs::create_dir_all(here.join(path)).expect("a folder");
        }
        let root = here.join("group/own");
        let all = here.join("shadow");
        let shadow = below(&all, &root);
        fs::create_dir_all(&shadow).expect("a folder");
        for outside in ["group/other/deep", "far"] {
            let path = here.join(outside);
            link_outside(&all, &root, &path, &path).expect("it can be linked");
        }
        assert!(shadow.join("../other/deep").is_dir() && shadow.join("../../far").is_dir());
        assert!(!fs::symlink_metadata(&shadow).expect("there").is_symlink());
    }
}
