//! Which programs of a run are checked.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;

use super::error::Error;
use super::files::programs;

#[derive(Args)]
pub(super) struct Selection {
    /// Check only programs whose path has this text in it; of several such options, one suffices
    #[arg(long, value_name = "TEXT")]
    filter: Vec<String>,
    /// Stop after the first program in which something is wrong
    #[arg(long)]
    pub(super) fail_fast: bool,
}

impl Selection {
    /// The programs that the arguments name, folders replaced by what is in them, and that the filters choose.
    ///
    /// # Errors
    /// As [`programs`]; or no program is left.
    pub(super) fn programs(&self, arguments: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
        let mut files = programs(arguments)?;
        // A program that is named twice is checked once.
        let mut known = BTreeSet::new();
        files.retain(|path| known.insert(path.clone()));
        let count = files.len();
        files.retain(|path| {
            let path = path.to_string_lossy();
            self.filter.is_empty() || self.filter.iter().any(|text| path.contains(text))
        });
        if files.is_empty() {
            let filters: Vec<String> = self.filter.iter().map(|text| format!("'{text}'")).collect();
            return Err(Error::NothingLeft { filters: filters.join(" or "), count });
        }
        Ok(files)
    }
}
