//! The names of a program, numbered.

use std::collections::BTreeMap;

/// The maximum number of shared variables, locks, functions, and variables of one thread: the sizes of
/// the original's tables.
pub(super) const NAMES_MAX: usize = 10;

/// Names in the order of their first use; the index is the name's number.
#[derive(Debug, Default)]
pub(super) struct Table<'t> {
    names: Vec<&'t str>,
    numbers: BTreeMap<&'t str, usize>,
}

impl<'t> Table<'t> {
    /// Adds the name if it is new; returns whether it is.
    pub(super) fn insert(&mut self, name: &'t str) -> bool {
        let next = self.names.len();
        let is_new = *self.numbers.entry(name).or_insert(next) == next;
        if is_new {
            self.names.push(name);
        }
        is_new
    }

    /// The name's number.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.numbers.get(name).copied()
    }

    /// The number of names.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// The names, by number.
    pub(super) fn iter(&self) -> impl Iterator<Item = &'t str> {
        self.names.iter().copied()
    }
}

/// The names of a program, by what they name.
#[derive(Debug, Default)]
pub(super) struct Names<'t> {
    /// Variables that some line writes in its thread's own scope.
    pub(super) locals: Table<'t>,
    /// Variables that some `setshared` writes.
    pub(super) shared: Table<'t>,
    /// Names in `lock` and `unlock`.
    pub(super) locks: Table<'t>,
    /// The functions; the number is the section's index.
    pub(super) functions: Table<'t>,
}
