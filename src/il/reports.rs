//! The findings of one run, up to a maximum.

use super::{Diagnostic, Span};

/// The number of findings that one run reports. Further ones are mostly the same mistake.
pub const FINDINGS_MAX: usize = 50;

/// Collects findings; the first one beyond [`FINDINGS_MAX`] becomes a note that there are more.
#[derive(Debug, Default)]
pub(super) struct Reports {
    found: Vec<Diagnostic>,
    /// The place of the first finding that is not shown.
    overflow: Option<Span>,
}

impl Reports {
    /// Adds a finding, or drops it if there are enough.
    pub(super) fn push(&mut self, finding: Diagnostic) {
        if self.found.len() < FINDINGS_MAX {
            self.found.push(finding);
        } else {
            self.overflow.get_or_insert(finding.span);
        }
    }

    /// Adds advice to the finding pushed last, unless that was dropped or has advice.
    pub(super) fn advise_last(&mut self, help: impl FnOnce() -> String) {
        if let Some(finding) = self.found.last_mut().filter(|_| self.overflow.is_none()) {
            finding.help.get_or_insert_with(help);
        }
    }

    /// Whether further findings are dropped, so that it is useless to look for them.
    pub(super) fn is_full(&self) -> bool {
        self.overflow.is_some()
    }

    /// Whether nothing was found.
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The findings in the order of the text. Those without a place keep the order in which they
    /// were found.
    pub(super) fn into_findings(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|finding| finding.span.start);
        if let Some(span) = self.overflow {
            let message = format!("more errors follow; only the first {FINDINGS_MAX} are shown");
            self.found.push(Diagnostic::new(span, message));
        }
        self.found
    }
}
