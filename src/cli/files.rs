//! Files on the command line: folders stand for the programs in them, and what is written appears
//! under its name when it is complete.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use drawloom::lang::Language;

/// Folders within folders, at most; deeper ones are links in a circle.
const DEPTH_MAX: usize = 32;

/// The files that the arguments name: each folder is replaced by the programs in and below it, in
/// the order of their names.
///
/// # Errors
/// A folder that cannot be read, or with no program in it. Files are not looked at.
pub(super) fn programs(arguments: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for argument in arguments {
        if !argument.is_dir() {
            files.push(argument.clone());
            continue;
        }
        let before = files.len();
        collect(argument, DEPTH_MAX, &mut files)
            .map_err(|error| format!("{}: {error}", argument.display()))?;
        if files.len() == before {
            let endings = Language::endings();
            return Err(format!("{}: no program in it ends in {endings}", argument.display()));
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
        } else if Language::of_path(&path).is_some() {
            files.push(path);
        }
    }
    Ok(())
}

/// The lines of the file that `--input` names.
pub(super) fn input_lines(path: Option<&Path>) -> Result<Vec<String>, String> {
    let Some(path) = path else { return Ok(Vec::new()) };
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// Writes a file, all of it or nothing: who reads it never sees half.
pub(super) fn write_whole(path: &Path, text: &str) -> Result<(), String> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let write = || {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.persist(path).map_err(|error| error.error)
    };
    write().map(drop).map_err(|error| format!("{}: {error}", path.display()))
}

/// A word of a command as a shell takes it.
pub(super) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "._/-+=:,@%".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_survives_the_shell() {
        for (word, shown) in [
            ("a/b.il", "a/b.il"),
            ("", "''"),
            ("two words", "'two words'"),
            ("it's", r"'it'\''s'"),
            ("$HOME", "'$HOME'"),
        ] {
            assert_eq!(quoted(word), shown);
        }
    }
}
