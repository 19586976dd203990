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
//!   Discovery    mutants, and which models come to each
//!     | Runner::run: each mutant against those models, in a fixed order
//!   Row    killed by whom, after how many executions; survived; unjudged
//! ```
//!
//! A broken operation may abort the process, so everything that is run is run in child processes:
//! [`serve`] is what a child does. A row depends on the suite, the seed and the options alone, not
//! on time or on the number of children: searches end after so many executions. What ends by the
//! clock is no row's verdict but [`Outcome::Unjudged`].
//!
//! Does not see: an operation that no model comes to while nothing is broken, within the budgets of
//! `discover`. It has no row.

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
pub use worker::{Lost, Worker, serve};

/// A model as it is run in the worlds.
#[derive(Clone)]
pub struct Model {
    /// The name, which no other model of the suite has.
    pub name: String,
    /// The labels that a search must come to. If a mutant keeps it from one, that is a kill.
    pub sometimes: Vec<String>,
    /// How many preemptions loom allows; `None` for all.
    pub preemptions_max: Option<usize>,
    /// The body in each world that is to search it.
    pub bodies: BTreeMap<World, Body>,
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What is to be broken, and who is to notice.
#[derive(Clone, Debug)]
pub struct Suite {
    /// In the order in which they are listed.
    pub models: Vec<Model>,
    /// The files whose operations are broken, with their texts. The operations of other files, the
    /// models' own among them, stay whole.
    pub sources: Vec<Source>,
    /// The mutants that nobody can notice.
    pub equivalents: Vec<Equivalent>,
}

impl Suite {
    fn model(&self, name: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.name == name)
    }

    /// The source that an operation stands in, if it is under test.
    pub fn source(&self, operation: &Operation) -> Option<&Source> {
        self.sources.iter().find(|source| source.is_at(&operation.file))
    }
}
