//! What a program claims of each of its executions.

use std::fmt;
use std::sync::Arc;

use super::{Outcome, Violation, ViolationKind};

/// A claim about what every execution prints that ends by itself. An execution that breaks it is a
/// violation of the kind [`BrokenClaim`](ViolationKind::BrokenClaim).
#[derive(Clone)]
pub struct Claim {
    text: String,
    is_broken_by: Arc<dyn Fn(&str) -> bool + Send + Sync>,
}

impl Claim {
    /// A claim in the program's own words, and whether an output breaks it.
    pub fn new(
        text: impl Into<String>,
        is_broken_by: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        Claim { text: text.into(), is_broken_by: Arc::new(is_broken_by) }
    }

    /// The violation that an outcome is, if it breaks the claim.
    pub fn broken_by(&self, outcome: &Outcome) -> Option<Violation> {
        let Outcome::Finished { output, .. } = outcome else { return None };
        (self.is_broken_by)(output).then(|| Violation {
            kind: ViolationKind::BrokenClaim,
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
