//! The result for a mutant.

use serde::{Deserialize, Serialize};

use super::Mutant;

/// The model that noticed a mutant, and how.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Kill {
    /// The model's name.
    pub model: String,
    /// The engine's name.
    pub engine: String,
    /// The execution that showed it, from 1; `None` if the process aborted.
    pub execution: Option<u64>,
    /// What it showed: a violation's name, `endless`, `aborted`, or the label that was never reached.
    pub how: String,
}

/// The result for a mutant.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Outcome {
    /// A model noticed it.
    Killed {
        /// The first model that noticed, or all of them if all were tried.
        by: Vec<Kill>,
    },
    /// No model noticed it, in this many executions.
    Survived {
        /// The executions of all models and engines together.
        executions: u64,
        /// Whether a systematic search of every model completed, within its bound.
        is_complete: bool,
    },
    /// Undecided: the time was up, a child process was lost, or no engine can search it.
    Unjudged {
        /// What happened.
        reason: String,
    },
}

/// A mutant and its result.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Row {
    /// The mutant.
    #[serde(flatten)]
    pub mutant: Mutant,
    /// The result.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// How long it took: the only column that varies from run to run.
    pub ms: u64,
}

impl Row {
    /// Whether no model noticed it.
    pub fn survived(&self) -> bool {
        matches!(self.outcome, Outcome::Survived { .. })
    }

    /// The models that noticed it.
    pub fn kills(&self) -> &[Kill] {
        match &self.outcome {
            Outcome::Killed { by } => by,
            Outcome::Survived { .. } | Outcome::Unjudged { .. } => &[],
        }
    }
}
