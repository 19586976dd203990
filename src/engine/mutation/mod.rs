//! Sync mutation: is every lock needed?
//!
//! A model check that passes says little until one knows that it *can* fail. Here every
//! synchronisation operation of the code under test is broken, one at a time and in every way that
//! applies (see [`Operator`]), and the models are run until one of them notices. A mutant that
//! none notices is a finding: a model is missing, or the operation is not needed, or the mutant is
//! equivalent for a reason that can be written down.
//!
//! ```text
//!   Suite    models, which files are under test          (the embedder's, or `core()`)
//!     | Runner::discover: the unbroken models, once
//!   Discovery    mutants, and which models reach each
//!     | Runner::run: each mutant against those models, in a fixed order
//!     |              and an unbroken model again, if a search larger than the discovery's notices a mutant
//!   Row    killed by which model, after how many executions; survived; undecided
//! ```
//!
//! A broken operation may abort the process, so everything runs in child processes: [`serve`] is the
//! main function of a child. A row depends only on the suite, the seed and the options, not on time or
//! on the number of children, because searches end after a fixed number of executions. A search that
//! ends because its time is up decides nothing: the row is [`Outcome::Unjudged`].
//!
//! Does not see: an operation that no model reaches in the unbroken code, within the budgets of
//! `discover`. Such an operation has no row.

mod attempt;
#[cfg(feature = "selfcheck")]
mod core;
mod discovery;
mod equivalent;
mod plan;
mod row;
mod runner;
mod source;
mod worker;

use std::collections::BTreeMap;

use std::fmt;

use super::{Body, World};

pub use crate::session::{Mutant, OpKind, Operation, Operator};
pub use attempt::{Attempt, End, Observation, Search};
#[cfg(feature = "selfcheck")]
pub use core::core;
pub use discovery::{Discovery, DiscoveryError};
pub use equivalent::{Equivalent, Judged, judge};
pub use row::{Kill, Outcome, Row};
pub use runner::{Options, Runner};
pub use source::Source;
pub use worker::{Lost, Worker, has_aborted, serve};

/// A model as it is run in the worlds.
#[derive(Clone)]
pub struct Model {
    /// The name; no other model of the suite has it.
    pub name: String,
    /// The labels that a search must reach. A mutant that keeps a search from one of them is killed.
    pub sometimes: Vec<String>,
    /// The limit on preemptions for loom; `None` for no limit.
    pub preemptions_max: Option<usize>,
    /// The body in each world in which it is searched.
    pub bodies: BTreeMap<World, Body>,
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The code to break, and the models that must notice.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The models, in the order in which they are listed.
    pub models: Vec<Model>,
    /// The files whose operations are broken, with their texts. Operations in other files, including the
    /// models' own, are left whole.
    pub sources: Vec<Source>,
    /// The known equivalent mutants.
    pub equivalents: Vec<Equivalent>,
}

impl Suite {
    fn model(&self, name: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.name == name)
    }

    /// The source file of an operation, if it is under test.
    pub fn source(&self, operation: &Operation) -> Option<&Source> {
        let is_same = |source: &&Source| source.file == operation.file;
        let is_at = |source: &&Source| source.is_at(&operation.file);
        self.sources.iter().find(is_same).or_else(|| self.sources.iter().find(is_at))
    }
}
