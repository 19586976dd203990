//! A journal of finished work, so that an interrupted run can continue, and so that several processes can do
//! the work of one.
//!
//! The journal has one JSON value per line: first what the rows depend on, then one row for each piece of work, in
//! the order in which they finished. Each row is written in one piece and flushed at once. A last line
//! without a line end was still being written when the process ended; it is dropped, and a message says
//! so.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::hash::Hasher as _;
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use siphasher::sip::SipHasher13;

use super::say;

/// The first line of a journal: what its rows depend on.
pub(super) trait Header: Serialize + DeserializeOwned {
    /// Whether rows under one header are of use under the other.
    fn fits(&self, other: &Self) -> bool;
}

/// Why a run cannot continue from a journal, or cannot keep one.
#[derive(Debug, thiserror::Error)]
pub(super) enum JournalError {
    #[error("{name}: {source}")]
    Io { name: String, source: io::Error },
    #[error("{name}: no journal of this command")]
    NoJournal { name: String },
    #[error("{name}: another process adds to it")]
    InUse { name: String },
    #[error("{name}: the journal is of another program, seed or question")]
    OfAnotherRun { name: String },
    #[error("{name}: line {line}: {source}")]
    Row { name: String, line: usize, source: serde_json::Error },
}

/// A journal that is open to be added to.
pub(super) struct Journal<R> {
    /// `None` after a write has failed: half a line may be there, and nothing must follow it.
    file: Mutex<Option<File>>,
    name: String,
    rows: Vec<R>,
}

impl<R: Serialize + DeserializeOwned> Journal<R> {
    /// Reads the journal if it exists; otherwise begins a new one.
    ///
    /// # Errors
    /// The file cannot be read or written, is not a journal, or belongs to another run.
    pub(super) fn open<H: Header>(path: &Path, header: &H) -> Result<Self, JournalError> {
        let name = path.display().to_string();
        let cannot = |source| JournalError::Io { name: name.clone(), source };
        let open = OpenOptions::new().create(true).read(true).append(true).open(path);
        let mut file = open.map_err(cannot)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(JournalError::InUse { name }),
            // Without locks, nobody can tell.
            Err(TryLockError::Error(_)) | Ok(()) => {}
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(cannot)?;
        let whole = whole_lines(&bytes);
        if whole == 0 && !line(header).as_bytes().starts_with(&bytes) {
            return Err(JournalError::NoJournal { name });
        }
        let rows = match rows_of::<H, R>(&name, &bytes[..whole])? {
            None => Vec::new(),
            Some((found, rows)) if found.fits(header) => rows,
            Some(_) => return Err(JournalError::OfAnotherRun { name }),
        };
        if whole < bytes.len() {
            say(&format!("note: {name}: the last line is incomplete and is dropped\n"));
            file.set_len(whole as u64).map_err(cannot)?;
        }
        let journal = Journal { file: Mutex::new(Some(file)), name, rows };
        if whole == 0 {
            journal.write(line(header))?;
        }
        Ok(journal)
    }

    /// The rows that the journal already had.
    pub(super) fn rows(&self) -> &[R] {
        &self.rows
    }

    /// Adds a row.
    ///
    /// # Errors
    /// The row cannot be written.
    pub(super) fn append(&self, row: &R) -> Result<(), JournalError> {
        self.write(line(row))
    }

    fn write(&self, mut line: String) -> Result<(), JournalError> {
        line.push('\n');
        let mut open = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = open.as_mut() else { return Ok(()) };
        let written = file.write_all(line.as_bytes()).and_then(|()| file.flush());
        if written.is_err() {
            *open = None;
        }
        written.map_err(|source| JournalError::Io { name: self.name.clone(), source })
    }
}

/// Reads a journal that may still be written to; what is incomplete at its end does not count.
///
/// # Errors
/// The file cannot be read, or is no journal with such a header.
pub(super) fn read<H: Header, R: DeserializeOwned>(
    path: &Path,
) -> Result<(H, Vec<R>), JournalError> {
    let name = path.display().to_string();
    let bytes = fs::read(path).map_err(|source| JournalError::Io { name: name.clone(), source })?;
    rows_of(&name, &bytes[..whole_lines(&bytes)])?.ok_or(JournalError::NoJournal { name })
}

/// Where the last line end is; after it, a line may have been cut off in the middle of a character.
fn whole_lines(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1)
}

fn line(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("texts and numbers")
}

/// The header and the rows; `None` if there is not even a header.
fn rows_of<H: Header, R: DeserializeOwned>(
    name: &str,
    bytes: &[u8],
) -> Result<Option<(H, Vec<R>)>, JournalError> {
    let name = || name.to_owned();
    let text = str::from_utf8(bytes).map_err(|_| JournalError::NoJournal { name: name() })?;
    let mut lines = text.lines();
    let Some(first) = lines.next() else { return Ok(None) };
    let header =
        serde_json::from_str(first).map_err(|_| JournalError::NoJournal { name: name() })?;
    let row = |(at, text): (usize, &str)| {
        let wrong = |source| JournalError::Row { name: name(), line: at + 2, source };
        serde_json::from_str(text).map_err(wrong)
    };
    let rows: Result<Vec<R>, _> = lines.enumerate().map(row).collect();
    Ok(Some((header, rows?)))
}

/// A fingerprint of what is in these files.
///
/// # Errors
/// One cannot be read.
pub(super) fn fingerprint(files: &[&Path]) -> Result<String, JournalError> {
    let read = |file: &&Path| {
        let cannot = |source| JournalError::Io { name: file.display().to_string(), source };
        fs::read(file).map_err(cannot)
    };
    let contents = files.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(fingerprint_of(&contents))
}

/// A fingerprint of contents of files.
pub(super) fn fingerprint_of(contents: &[impl AsRef<[u8]>]) -> String {
    let mut hasher = SipHasher13::new();
    for bytes in contents {
        hasher.write(bytes.as_ref());
    }
    format!("{:016x}", hasher.finish())
}

/// A fingerprint of this build of drawloom.
///
/// # Errors
/// Its file cannot be read.
pub(super) fn fingerprint_of_build() -> Result<String, JournalError> {
    let name = "this program".to_owned();
    let executable = std::env::current_exe().map_err(|source| JournalError::Io { name, source })?;
    fingerprint(&[&executable])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    const ROW: &str = r#"{"part":3}"#;

    #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
    struct Row {
        part: u64,
    }

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Seed {
        seed: u64,
    }

    impl Header for Seed {
        fn fits(&self, other: &Self) -> bool {
            self.seed == other.seed
        }
    }

    fn row() -> Row {
        serde_json::from_str(ROW).expect("a row")
    }

    fn open(folder: &Path, seed: u64) -> Result<Journal<Row>, JournalError> {
        Journal::open(&folder.join("journal"), &Seed { seed })
    }

    #[test]
    fn a_journal_has_the_rows_that_were_appended() {
        let folder = tempfile::tempdir().expect("a folder");
        let journal = open(folder.path(), 1).expect("a new one");
        assert_eq!(journal.rows(), []);
        journal.append(&row()).expect("it can be written");
        drop(journal);
        assert_eq!(open(folder.path(), 1).expect("a known one").rows(), [row()]);
    }

    #[test]
    fn an_incomplete_last_line_is_dropped_and_written_over() {
        let folder = tempfile::tempdir().expect("a folder");
        open(folder.path(), 1).and_then(|it| it.append(&row())).expect("it can be written");
        let path = folder.path().join("journal");
        let whole = fs::read_to_string(&path).expect("it is there");
        fs::write(&path, format!("{whole}{}", &ROW[..5])).expect("it can be written");
        let journal = open(folder.path(), 1).expect("a known one");
        assert_eq!(journal.rows(), [row()]);
        journal.append(&row()).expect("it can be written");
        assert_eq!(fs::read_to_string(&path).expect("it is there"), format!("{whole}{ROW}\n"));
    }

    #[test]
    fn a_journal_of_another_run_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        open(folder.path(), 1).expect("a new one");
        assert!(open(folder.path(), 2).is_err(), "another seed");
        for text in ["hello\n", "hello", "{"] {
            fs::write(folder.path().join("journal"), text).expect("it can be written");
            assert_eq!(open(folder.path(), 1).is_err(), text != "{", "{text}");
        }
    }
}
