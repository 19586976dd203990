//! A journal of finished mutants, so that an interrupted run can continue.
//!
//! The journal has one JSON value per line: first what the rows depend on, then one row per mutant, in
//! the order in which they finished. Each row is written in one piece and flushed at once. A last line
//! without a line end was still being written when the process ended; it is dropped, and a message says
//! so.

use std::fs::{self, File, OpenOptions};
use std::hash::Hasher as _;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use drawloom::engine::mutation::Row;
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;

use super::say;

/// What the rows depend on.
#[derive(PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Header {
    /// The version of this format.
    drawloom_mutants: u32,
    /// What was run: a fingerprint of the executables, and with it of the code and its models.
    executable: String,
    seed: u64,
    asks_all: bool,
}

impl Header {
    fn line(&self) -> String {
        serde_json::to_string(self).expect("texts and numbers")
    }
}

const VERSION: u32 = 2;

/// Why a run cannot continue from a journal, or cannot keep one.
#[derive(Debug, thiserror::Error)]
pub(super) enum JournalError {
    #[error("{name}: {source}")]
    Io { name: String, source: io::Error },
    #[error("{name}: no journal of drawloom mutants")]
    NoJournal { name: String },
    #[error("{name}: the journal is of another program, seed or question")]
    OfAnotherRun { name: String },
    #[error("{name}: line {line}: {source}")]
    Row { name: String, line: usize, source: serde_json::Error },
}

pub(super) struct Journal {
    file: Mutex<File>,
    name: String,
    rows: Vec<Row>,
}

impl Journal {
    /// Reads the journal if it exists; otherwise begins a new one.
    ///
    /// # Errors
    /// The file cannot be read or written, is not a journal, or belongs to another run.
    pub(super) fn open(
        path: &Path,
        executable: String,
        seed: u64,
        asks_all: bool,
    ) -> Result<Self, JournalError> {
        let name = path.display().to_string();
        let cannot = |source| JournalError::Io { name: name.clone(), source };
        let header = Header { drawloom_mutants: VERSION, executable, seed, asks_all };
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(cannot(error)),
        };
        let whole = text.rfind('\n').map_or(0, |at| at + 1);
        if whole == 0 && !header.line().starts_with(&text) {
            return Err(JournalError::NoJournal { name });
        }
        let rows = read(&name, &text[..whole], &header)?;
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(cannot)?;
        if whole < text.len() {
            say(&format!("note: {name}: the last line is incomplete and is dropped\n"));
            file.set_len(whole as u64).map_err(cannot)?;
        }
        let journal = Journal { file: Mutex::new(file), name, rows };
        if whole == 0 {
            journal.write(&header)?;
        }
        Ok(journal)
    }

    /// The rows that the journal already had.
    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Adds a row.
    ///
    /// # Errors
    /// The row cannot be written.
    pub(super) fn append(&self, row: &Row) -> Result<(), JournalError> {
        self.write(row)
    }

    fn write(&self, value: &impl Serialize) -> Result<(), JournalError> {
        let mut line = serde_json::to_vec(value).expect("texts and numbers");
        line.push(b'\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let written = file.write_all(&line).and_then(|()| file.flush());
        written.map_err(|source| JournalError::Io { name: self.name.clone(), source })
    }
}

/// A fingerprint of what is in these files.
///
/// # Errors
/// One cannot be read.
pub(super) fn fingerprint(files: &[&Path]) -> Result<String, JournalError> {
    let mut hasher = SipHasher13::new();
    for file in files {
        let cannot = |source| JournalError::Io { name: file.display().to_string(), source };
        hasher.write(&fs::read(file).map_err(cannot)?);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn read(name: &str, text: &str, header: &Header) -> Result<Vec<Row>, JournalError> {
    let name = || name.to_owned();
    let mut lines = text.lines();
    let Some(first) = lines.next() else { return Ok(Vec::new()) };
    let found: Header =
        serde_json::from_str(first).map_err(|_| JournalError::NoJournal { name: name() })?;
    if found != *header {
        return Err(JournalError::OfAnotherRun { name: name() });
    }
    let row = |(at, text): (usize, &str)| {
        let wrong = |source| JournalError::Row { name: name(), line: at + 2, source };
        serde_json::from_str(text).map_err(wrong)
    };
    lines.enumerate().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = r#"{"file":"a.rs","line":1,"column":2,"op":"Lock","name":null,"operator":"leave-out","outcome":"survived","executions":3,"is_complete":true,"ms":4}"#;

    fn row() -> Row {
        serde_json::from_str(ROW).expect("a row")
    }

    fn open(folder: &Path, seed: u64) -> Result<Journal, JournalError> {
        let executable = folder.join("executable");
        fs::write(&executable, "code").expect("it can be written");
        let executable = fingerprint(&[&executable])?;
        Journal::open(&folder.join("journal"), executable, seed, false)
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
        fs::write(&path, format!("{whole}{}", &ROW[..30])).expect("it can be written");
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
