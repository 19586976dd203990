//! The program `drawloom` as a user meets it: what a command has said, how it has ended, and the files that it works on.
#![allow(dead_code)] // each test crate that includes this uses a part of it

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

#[path = "command.rs"]
pub(crate) mod command;

/// What a command said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    /// Runs the command to its end.
    pub(crate) fn by(command: impl Into<Command>) -> Self {
        let mut command = command.into();
        let output = command.output().expect("it runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        let said = Said {
            code: output.status.code().expect("no signal ended it"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        assert!(!said.stderr.contains("panicked"), "{command:?}: {}", said.stderr);
        said
    }

    /// What stdout has after the sign of the first verdict.
    pub(crate) fn report(&self) -> &str {
        self.stdout.trim_start_matches(['✓', '○', '?', '✗', ' '])
    }
}

/// A folder for the files of one test.
pub(crate) struct Folder(pub(crate) TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Folder(TempDir::new().expect("a folder"))
    }

    pub(crate) fn with(self, name: &str, text: &str) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it has one")).expect("it is made");
        self.write(name, text);
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("it is written");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("it is there")
    }

    /// Runs in this folder, with words separated by spaces.
    pub(crate) fn drawloom(&self, arguments: &str) -> Said {
        drawloom_in(self.0.path(), arguments, "")
    }

    /// The same with a text on stdin.
    pub(crate) fn drawloom_on(&self, stdin: &str, arguments: &str) -> Said {
        drawloom_in(self.0.path(), arguments, stdin)
    }
}

/// Runs in a folder, with words separated by spaces and a text on stdin.
pub(crate) fn drawloom_in(folder: &Path, arguments: &str, stdin: &str) -> Said {
    let mut command = command::drawloom();
    command.current_dir(folder).args(arguments.split_whitespace());
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env_remove("COLUMNS");
    let mut command = Command::from(command);
    command.write_stdin(stdin);
    let said = Said::by(command);
    assert!(!said.stdout.contains('\x1b'), "{arguments}: no colours in a pipe");
    said
}
