//! The errors of one text, up to a maximum.

use crate::il::{Diagnostic, FINDINGS_MAX};

/// Collects errors; a text of nothing but errors costs no more memory than one with fifty.
#[derive(Debug, Default)]
pub(super) struct Errors {
    shown: Vec<Diagnostic>,
    hidden: usize,
}

impl Errors {
    /// Adds an error, or only counts it.
    pub(super) fn add(&mut self, diagnostic: Diagnostic) {
        if self.shown.len() < FINDINGS_MAX {
            self.shown.push(diagnostic);
        } else {
            self.hidden += 1;
        }
    }

    /// Counts an error that would not be shown; whether it did. Advice for such an error is not worth its
    /// search.
    pub(super) fn only_counts(&mut self) -> bool {
        let is_full = self.shown.len() == FINDINGS_MAX;
        self.hidden += usize::from(is_full);
        is_full
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// The errors in the order of the text; the last one counts those that are left out.
    pub(super) fn into_diagnostics(mut self) -> Vec<Diagnostic> {
        self.shown.sort_by_key(|diagnostic| diagnostic.span.start);
        if let (Some(last), 1..) = (self.shown.last(), self.hidden) {
            let message = format!("{} more errors are not shown", self.hidden);
            self.shown.push(Diagnostic::new(last.span, message));
        }
        self.shown
    }
}
