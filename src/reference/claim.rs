//! A claim of a program about each of its executions, or a question about them.

use std::fmt;
use std::sync::Arc;

use super::{Outcome, Violation, ViolationKind};

/// A claim about the output of every execution that ends by itself. An execution that breaks it is a
/// violation of the kind [`BrokenClaim`](ViolationKind::BrokenClaim). A question is stated in the same
/// way: an execution that answers it is a [`Witness`](ViolationKind::Witness), which is not a violation.
#[derive(Clone)]
pub struct Claim {
    kind: ViolationKind,
    text: String,
    is_broken_by: Arc<dyn Fn(&str) -> bool + Send + Sync>,
}

impl Claim {
    /// A claim in the program's own words, and whether an output breaks it.
    pub fn new(
        text: impl Into<String>,
        is_broken_by: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        let (kind, text) = (ViolationKind::BrokenClaim, text.into());
        Claim { kind, text, is_broken_by: Arc::new(is_broken_by) }
    }

    /// A question in the program's own words, and whether an output answers it.
    pub fn question(
        text: impl Into<String>,
        is_answered_by: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        Claim { kind: ViolationKind::Witness, ..Claim::new(text, is_answered_by) }
    }

    /// The violation or the witness for an outcome, if it breaks the claim or answers the question.
    pub fn broken_by(&self, outcome: &Outcome) -> Option<Violation> {
        let Outcome::Finished { output, .. } = outcome else { return None };
        (self.is_broken_by)(output).then(|| Violation {
            kind: self.kind,
            message: format!("{}: this execution ends with {}", self.text, output.trim_end()),
            places: Vec::new(),
        })
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").field("text", &self.text).finish_non_exhaustive()
    }
}
