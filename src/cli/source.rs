//! Reading a guest program from a file.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use drawloom::il::beginning;
use drawloom::lang::Language;

use super::shell::quoted;

/// The largest guest program that is read; a larger file was named by mistake.
const BYTES_MAX: u64 = 64 << 20;

/// A guest program as its author wrote it.
#[derive(Clone, Debug)]
pub(super) struct Source {
    /// The name that messages use.
    pub(super) name: String,
    /// The name that a command line uses.
    pub(super) argument: String,
    pub(super) language: Language,
    pub(super) text: String,
}

/// Why a [`Source`] could not be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error("{}: unknown ending; a program ends in {}, or is given with --language", path.display(), Language::endings())]
    UnknownLanguage { path: PathBuf },
    #[error("stdin: needs --language")]
    StdinLanguage,
    #[error("{name}: is a directory")]
    Directory { name: String },
    #[error("{name}: {source}")]
    Io { name: String, source: io::Error },
    #[error("{name}: larger than {} MiB", BYTES_MAX >> 20)]
    TooLarge { name: String },
    #[error("{name}:{line}:{column}: a zero byte; this is not a text file")]
    Binary { name: String, line: usize, column: usize },
    #[error("{name}:{line}:{column}: not UTF-8")]
    NotUtf8 { name: String, line: usize, column: usize },
}

/// The name that messages use for a program.
pub(super) fn name(path: &Path) -> String {
    if is_stdin(path) { "stdin".to_owned() } else { path.display().to_string() }
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// Reads a program. `-` means stdin.
pub(super) fn read(path: &Path, language: Option<Language>) -> Result<Source, ReadError> {
    let (name, is_stdin) = (name(path), is_stdin(path));
    let io_error = |source| ReadError::Io { name: name.clone(), source };
    let mut bytes = Vec::new();
    if is_stdin && language.is_none() {
        return Err(ReadError::StdinLanguage);
    }
    if is_stdin {
        io::stdin().take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(io_error)?;
    } else {
        let file = File::open(path).map_err(io_error)?;
        if file.metadata().map_err(io_error)?.is_dir() {
            return Err(ReadError::Directory { name });
        }
        file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(io_error)?;
    }
    let argument = argument(path, language);
    // The file is looked for first: a missing file matters more than how its name ends.
    let Some(language) = language.or_else(|| Language::of_path(path)) else {
        return Err(ReadError::UnknownLanguage { path: path.to_owned() });
    };
    if bytes.len() as u64 > BYTES_MAX {
        return Err(ReadError::TooLarge { name });
    }
    if let Some(at) = bytes.iter().position(|&byte| byte == 0) {
        let (line, column) = place(&bytes, at);
        return Err(ReadError::Binary { name, line, column });
    }
    match String::from_utf8(bytes).map(without_mark) {
        Ok(text) => Ok(Source { name, argument, language, text }),
        Err(error) => {
            let (line, column) = place(error.as_bytes(), error.utf8_error().valid_up_to());
            Err(ReadError::NotUtf8 { name, line, column })
        }
    }
}

/// Removes the byte order mark that a text may begin with; the program is the same without it.
pub(super) fn without_mark(text: String) -> String {
    match beginning(&text) {
        0 => text,
        start => text[start..].to_owned(),
    }
}

fn argument(path: &Path, language: Option<Language>) -> String {
    let path = quoted(&path.display().to_string());
    match language {
        None => path,
        Some(language) => format!("{path} --language {}", language.ending()),
    }
}

/// Line and column, from 1; the column counts bytes, since these may not be characters.
fn place(bytes: &[u8], at: usize) -> (usize, usize) {
    let before = &bytes[..at];
    let lines = before.split(|&byte| byte == b'\n');
    let column = lines.clone().next_back().map_or(0, <[u8]>::len);
    (lines.count(), column + 1)
}
