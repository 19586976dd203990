//! What became of a mutant.

use serde::{Deserialize, Serialize};

use super::Mutant;

/// Who noticed a mutant, and how.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Kill {
    /// The model's name.
    pub model: String,
    /// The engine's name.
    pub engine: String,
    /// The execution that showed it, from 1; `None` if the process aborted.
    pub execution: Option<u64>,
    /// What it showed: a violation's name, `endless`, `aborted`, or the label that was never
    /// reached.
    pub how: String,
}

/// What became of a mutant.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Outcome {
    /// Somebody noticed.
    Killed {
        /// Who: the first one, or all if all were asked.
        by: Vec<Kill>,
    },
    /// Nobody did, in so many executions.
    Survived {
        /// Over all models and engines.
        executions: u64,
        /// Whether loom came to the end of every model, within its bound.
        is_complete: bool,
    },
    /// The clock ended it, a child was lost, or no engine can search it. Says nothing.
    Unjudged {
        /// What happened.
        reason: String,
    },
}

/// A mutant and what became of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Row {
    /// Which.
    #[serde(flatten)]
    pub mutant: Mutant,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// How long it took: the only column that is not the same every time.
    pub ms: u64,
}

impl Row {
    /// Who noticed.
    pub fn kills(&self) -> &[Kill] {
        match &self.outcome {
            Outcome::Killed { by } => by,
            Outcome::Survived { .. } | Outcome::Unjudged { .. } => &[],
        }
    }
}
