//! Which mutants are run, how, and how that is written: options for the core's and for those of a crate.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use drawloom::engine::mutation::{Discovery, Mutant, Operator, Suite};
use drawloom::guest::Share;
use drawloom::page::render_mutated;
use drawloom::report::{Matrix, mutated_of};

use super::content::Content;
use super::error::Error;
use super::files::{can_replace, write_whole};
use super::output::Lines;
use super::shard::share;
use super::values;

#[derive(Args)]
pub(super) struct Choice {
    /// Break only operations in this file, or in one line of it
    #[arg(long, value_name = "FILE[:LINE]")]
    pub(super) site: Option<Site>,
    /// Break operations only in this way
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(Operator::NAMES))]
    operator: Option<String>,
    /// Try one mutant for each operation, instead of all
    #[arg(long)]
    quick: bool,
    /// Run every model against every mutant, and show which models are needed
    #[arg(long, conflicts_with = "quick")]
    pub(super) weights: bool,
    /// Keep results in a file, and continue from there the next time
    #[arg(long, value_name = "FILE")]
    pub(super) resume: Option<PathBuf>,
    /// Try only the mutants of one of N shards, so that N processes try all; `merge` shows the matrix
    #[arg(long, value_name = "K/N", value_parser = share, requires = "resume")]
    pub(super) shard: Option<Share>,
    /// How many child processes work at once [default: one per core]
    #[arg(long, value_name = "COUNT", value_parser = values::at_least::<u16>(1))]
    pub(super) jobs: Option<u16>,
    /// Time that one mutant may take
    #[arg(long, value_name = "TIME", value_parser = values::duration, default_value = "5m")]
    pub(super) timeout: Duration,
    /// Write the sources to a page for a browser: each operation, how it was broken, and what has noticed
    #[arg(long, value_name = "FILE", conflicts_with = "shard")]
    pub(super) html: Option<PathBuf>,
    /// How the matrix is written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    #[command(flatten)]
    pub(super) lines: Lines,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Plain text
    Text,
    /// One JSON object; docs/schema/mutants-1.json has the fields
    Json,
    /// The tables of docs/MUTANTS.md
    Markdown,
    /// Annotations in a workflow of GitHub Actions, for what is not noticed
    Github,
    /// SARIF 2.1.0, for code scanning and editors: what is not noticed
    Sarif,
}

/// A file, named by the end of its path, and optionally a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Site {
    pub(super) file: String,
    line: Option<u32>,
}

impl std::str::FromStr for Site {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.rsplit_once(':') {
            Some((file, line)) => {
                let line = line.parse().map_err(|_| format!("'{line}' is no line's number"))?;
                Ok(Site { file: file.to_owned(), line: Some(line) })
            }
            None => Ok(Site { file: text.to_owned(), line: None }),
        }
    }
}

impl Choice {
    /// Checks that the page may be written, which a command does before anything runs.
    ///
    /// # Errors
    /// It may not be.
    pub(super) fn can_be_written(&self) -> Result<(), Error> {
        let journal = self.resume.as_deref();
        let inputs: Vec<&Path> = journal.into_iter().collect();
        Ok(self.html.as_ref().map_or(Ok(()), |path| can_replace(path, Content::Page, &inputs))?)
    }

    /// Writes the page, if it is wanted. `title` says what was done.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn write_page(&self, matrix: &Matrix<'_>, title: &str) -> Result<(), Error> {
        let Some(path) = &self.html else { return Ok(()) };
        let text = render_mutated(&mutated_of(matrix, title.to_owned()));
        // The file may have changed during a long run.
        self.can_be_written()?;
        Ok(write_whole(path, &text)?)
    }

    fn is_wanted(&self, suite: &Suite, mutant: &Mutant) -> bool {
        let operation = &mutant.operation;
        let is_there = self.site.as_ref().is_none_or(|Site { file, line }| {
            suite.source(operation).is_some_and(|source| source.has_name(file))
                && line.is_none_or(|it| it == operation.line)
        });
        let is_so = self.operator.as_ref().is_none_or(|name| name == mutant.operator.name());
        is_there && is_so
    }

    /// The mutants that the options choose.
    pub(super) fn wanted(&self, suite: &Suite, discovery: &Discovery) -> Vec<Mutant> {
        if self.quick {
            let is_wanted =
                |it: &Mutant| self.is_wanted(suite, it) && suite.equivalent(it).is_none();
            return discovery.one_of_each(is_wanted);
        }
        discovery.mutants.iter().filter(|it| self.is_wanted(suite, it)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_a_file_and_perhaps_a_line() {
        let site = |file: &str, line| Ok(Site { file: file.into(), line });
        assert_eq!("vm/trap.rs".parse(), site("vm/trap.rs", None));
        assert_eq!("trap.rs:12".parse(), site("trap.rs", Some(12)));
        assert!("trap.rs:x".parse::<Site>().is_err());
    }
}
