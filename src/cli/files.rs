//! Files on the command line. A folder stands for the programs in it, and an output file gets its name
//! only when it is complete.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use drawloom::lang::Language;

use super::content::Content;
use super::source::without_mark;

/// The deepest nesting of folders that is followed; anything deeper is a circle of links.
const DEPTH_MAX: usize = 32;

/// Why a file or folder cannot be used as the arguments ask.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{}: no program in it ends in {}", folder.display(), Language::endings())]
    NoProgram { folder: PathBuf },
    #[error("{}: is a directory", path.display())]
    Directory { path: PathBuf },
    #[error("{}: would be written over, and is read as {}", path.display(), input.display())]
    IsInput { path: PathBuf, input: PathBuf },
    #[error("{}: is there already", path.display())]
    IsThere { path: PathBuf },
    #[error("{}: is there already, and is no {}", path.display(), content.noun())]
    SomethingElse { path: PathBuf, content: Content },
    /// Only the kind of the error: the message names the temporary file.
    #[error("{}: cannot be written: {}", path.display(), why_not_written(*kind))]
    NotWritten { path: PathBuf, kind: io::ErrorKind },
}

fn why_not_written(kind: io::ErrorKind) -> String {
    match kind {
        io::ErrorKind::NotFound => "there is no such folder".to_owned(),
        kind => kind.to_string(),
    }
}

/// Returns the files that the arguments name. Each folder is replaced by the programs in and below it,
/// in the order of their names. Links are followed. If a link leads to something other than an ordinary
/// file, such as a pipe or a device, it is left out: reading it might never end, or might have an
/// effect.
///
/// # Errors
/// A folder cannot be read, or has no program in it. Files are not looked at.
pub(super) fn programs(arguments: &[PathBuf]) -> Result<Vec<PathBuf>, FileError> {
    let mut files = Vec::new();
    for argument in arguments {
        if !argument.is_dir() {
            files.push(argument.clone());
            continue;
        }
        let before = files.len();
        collect(argument, DEPTH_MAX, &mut files).map_err(|error| io_error(argument, error))?;
        if files.len() == before {
            return Err(FileError::NoProgram { folder: argument.clone() });
        }
    }
    Ok(files)
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    let entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut paths = entries.collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            if depth > 0 {
                collect(&path, depth - 1, files)?;
            }
        } else if Language::of_path(&path).is_some() && !is_special(&path) {
            files.push(path);
        }
    }
    Ok(())
}

/// The lines of the file that `--input` names.
pub(super) fn input_lines(path: Option<&Path>) -> Result<Vec<String>, FileError> {
    let Some(path) = path else { return Ok(Vec::new()) };
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| io_error(path, error))?;
    Ok(without_mark(text).lines().map(str::to_owned).collect())
}

/// Checks that a content may be written to this path, in the place of one like it. Call this before a search: a
/// search whose result cannot be written is wasted.
///
/// # Errors
/// As for [`can_write`]; or the file is there and has something else.
pub(super) fn can_replace(
    path: &Path,
    content: Content,
    inputs: &[&Path],
) -> Result<(), FileError> {
    can_write(path, inputs)?;
    if !is_special(path)
        && holds_something_else(path, content).map_err(|error| io_error(path, error))?
    {
        return Err(FileError::SomethingElse { path: path.to_owned(), content });
    }
    Ok(())
}

/// Checks that a file may be written to this path, in the place of one that may be there.
///
/// # Errors
/// The path is a folder, or one of the files that the command reads; or no file can be created beside it.
fn can_write(path: &Path, inputs: &[&Path]) -> Result<(), FileError> {
    if path.is_dir() {
        return Err(FileError::Directory { path: path.to_owned() });
    }
    if let Some(input) = inputs.iter().find(|input| is_same_file(path, input)) {
        return Err(FileError::IsInput { path: path.to_owned(), input: input.to_path_buf() });
    }
    if is_special(path) {
        return Ok(());
    }
    unnamed_beside(path).map(drop).map_err(|error| cannot_write(path, &error))
}

/// Writes a file completely or not at all: a reader never sees half of it.
pub(super) fn write_whole(path: &Path, text: &str) -> Result<(), FileError> {
    let write = || {
        if is_special(path) {
            // A device or a pipe is written to directly, not replaced.
            return fs::write(path, text);
        }
        let mut file = unnamed_beside(path)?;
        file.write_all(text.as_bytes())?;
        file.persist(path).map(drop).map_err(|error| error.error)
    };
    write().map_err(|error| cannot_write(path, &error))
}

/// Writes a new file completely or not at all.
///
/// # Errors
/// Something of that name is there already, which stays as it is; or the file cannot be written.
pub(super) fn write_new(path: &Path, text: &str) -> Result<(), FileError> {
    let write = || {
        let mut file = unnamed_beside(path)?;
        file.write_all(text.as_bytes())?;
        file.persist_noclobber(path).map(drop).map_err(|error| error.error)
    };
    write().map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => FileError::IsThere { path: path.to_owned() },
        _ => cannot_write(path, &error),
    })
}

/// Whether this name belongs to something other than an ordinary file.
fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| !found.is_file())
}

/// Whether both paths lead to the same file, through any links.
fn is_same_file(one: &Path, other: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let number = |path| fs::metadata(path).ok().map(|it| (it.dev(), it.ino()));
        number(one).is_some_and(|it| Some(it) == number(other))
    }
    #[cfg(not(unix))]
    {
        let whole = |path: &Path| path.canonicalize().ok();
        whole(one).is_some_and(|it| Some(it) == whole(other))
    }
}

/// Whether the file exists, is not empty, and has another content.
fn holds_something_else(path: &Path, content: Content) -> io::Result<bool> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    let mut head = Vec::new();
    file.take(content.head_bytes()).read_to_end(&mut head)?;
    Ok(!head.is_empty() && !content.is_in(&head))
}

/// A file that gets its name when it is complete, with the permissions of any other new file.
fn unnamed_beside(path: &Path) -> io::Result<tempfile::NamedTempFile> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // The process's umask removes permissions from this, as for any new file.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

fn io_error(path: &Path, source: io::Error) -> FileError {
    FileError::Io { path: path.to_owned(), source }
}

fn cannot_write(path: &Path, error: &io::Error) -> FileError {
    FileError::NotWritten { path: path.to_owned(), kind: error.kind() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawloom::page::{PAGE_MARK, PICTURE_MARK};

    #[test]
    fn what_cannot_be_saved_is_known_before_it_is_tried() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = folder.path().join("no/such/file");
        let refused =
            can_replace(&missing, Content::Schedule, &[]).expect_err("there is no folder for it");
        let refused = refused.to_string();
        assert_eq!(
            refused,
            format!("{}: cannot be written: there is no such folder", missing.display())
        );
        assert!(can_replace(folder.path(), Content::Schedule, &[]).is_err(), "a folder is no file");
        let file = folder.path().join("file");
        assert!(can_replace(&file, Content::Schedule, &[]).is_ok());
        assert!(!file.exists(), "to ask is not to write");
    }

    #[test]
    fn a_content_replaces_one_like_it_or_nothing() {
        use Content::{Json, Junit, Page, Picture, Sarif, Schedule};
        const ALL: &[Content] = &[Schedule, Page, Picture, Json, Junit, Sarif];
        let log = |name: &str| {
            format!(r#"{{ "runs": [{{ "tool": {{ "driver": {{ "name": "{name}" }} }} }}] }}"#)
        };
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        for (text, replaced_by) in [
            ("", ALL),
            ("drawloom schedule 1\nprogram 0\nmemory sc\nsteps 0\n", &[Schedule]),
            ("drawloom schedule 2\n", &[Schedule]),
            (PAGE_MARK, &[Page]),
            (PICTURE_MARK, &[Picture]),
            (r#"{ "schema": "check-1" }"#, &[Json]),
            (r#"[{ "schema": "check-2" }, 7]"#, &[Json]),
            (r#"{ "schema": "mutants-1" }"#, &[]),
            (r#"{ "a": "schema check-1" }"#, &[]),
            (log("drawloom").as_str(), &[Sarif]),
            (log("clippy").as_str(), &[]),
            ("<?xml version=\"1.0\"?>\n<testsuites name=\"drawloom\" tests=\"1\">", &[Junit]),
            ("<?xml version=\"1.0\"?>\n<testsuites name=\"other\" tests=\"1\">", &[]),
            ("<!DOCTYPE html><html>", &[]),
            ("<svg>", &[]),
            ("drawloom is what I write about", &[]),
            ("il 0.3.0\n", &[]),
            ("\n", &[]),
        ] {
            fs::write(&path, text).expect("it is written");
            for &content in ALL {
                let may_be_replaced = can_replace(&path, content, &[]).is_ok();
                assert_eq!(
                    may_be_replaced,
                    replaced_by.contains(&content),
                    "{content:?}: {text:?}"
                );
            }
        }
    }

    #[test]
    fn an_input_is_not_written_over_by_whatever_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let input = folder.path().join("input");
        fs::write(&input, "drawloom schedule 1\n").expect("it is written");
        let mut names = vec![input.clone(), folder.path().join("./input")];
        let hard = folder.path().join("hard");
        fs::hard_link(&input, &hard).expect("it is made");
        names.push(hard);
        #[cfg(unix)]
        {
            let link = folder.path().join("link");
            std::os::unix::fs::symlink(&input, &link).expect("it is made");
            names.push(link);
        }
        for name in names {
            let refused = can_replace(&name, Content::Schedule, &[&input])
                .expect_err("it is the input")
                .to_string();
            assert!(refused.contains("would be written over"), "{refused}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_walk_takes_ordinary_files_and_links_to_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::write(at("a.il"), "").expect("it is written");
        std::os::unix::fs::symlink(at("a.il"), at("b.il")).expect("it is made");
        std::os::unix::fs::symlink("/dev/null", at("c.il")).expect("it is made");
        let _socket = std::os::unix::net::UnixListener::bind(at("d.il")).expect("it is bound");
        let found = programs(&[folder.path().to_owned()]).expect("there are programs");
        assert_eq!(found, [at("a.il"), at("b.il")]);
    }

    #[cfg(unix)]
    #[test]
    fn a_device_stays_one_and_a_file_can_be_read_by_others() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let to_device = folder.path().join("link");
        std::os::unix::fs::symlink("/dev/null", &to_device).expect("it is made");
        assert!(write_whole(&to_device, "text").is_ok());
        assert!(to_device.is_symlink(), "it was not replaced");
        let (ours, usual) = (folder.path().join("ours"), folder.path().join("usual"));
        fs::write(&usual, "text").expect("it is written");
        assert!(write_whole(&ours, "text").is_ok());
        let mode = |path| fs::metadata(path).expect("it is there").permissions().mode();
        assert_eq!(mode(&ours), mode(&usual));
    }
}
