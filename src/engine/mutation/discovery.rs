//! Finds the mutants: runs the unbroken models and collects the operations that they reach.

use std::collections::{BTreeMap, BTreeSet};

use super::{End, Equivalent, Mutant, Observation, Search, Suite};

/// What the unbroken models reached.
#[derive(Clone, Debug, Default)]
pub struct Discovery {
    /// Every operation of the sources that a model reached, with every operator that applies.
    pub mutants: Vec<Mutant>,
    /// Models by name.
    seen: BTreeMap<String, Seen>,
}

#[derive(Clone, Debug, Default)]
struct Seen {
    /// Index in the suite.
    index: usize,
    /// Indices in the list of mutants.
    mutants: BTreeSet<usize>,
}

/// Why a suite cannot be used to judge mutants.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DiscoveryError {
    /// A model does not pass while nothing is broken; it then says nothing about a mutant.
    #[error("model {model}, nothing broken, {engine}: {what}")]
    Model {
        /// Its name.
        model: String,
        /// The engine that searched it.
        engine: &'static str,
        /// What went wrong.
        what: String,
    },
    /// An argument for an equivalent mutant does not match exactly one mutant.
    #[error(
        "{count} mutants are meant by the argument for {}, {}, '{}': {}",
        .known.file, .known.function, .known.text, .known.operator
    )]
    Equivalent {
        /// The argument.
        known: Equivalent,
        /// How many mutants it matches.
        count: usize,
    },
}

impl Discovery {
    /// Combines what each model has reached: its name with mutants. A model may be there several times.
    pub fn new(suite: &Suite, reached: &[(String, Vec<Mutant>)]) -> Self {
        let all = reached.iter().flat_map(|(_, mutants)| mutants.iter().cloned());
        let mut mutants: Vec<Mutant> = all.collect();
        mutants.sort_by(|a, b| a.rank().cmp(&b.rank()));
        mutants.dedup();
        let mut seen = BTreeMap::new();
        for (index, model) in suite.models.iter().enumerate() {
            seen.insert(model.name.clone(), Seen { index, ..Seen::default() });
        }
        let position =
            |mutant: &Mutant| mutants.binary_search_by(|known| known.rank().cmp(&mutant.rank()));
        for (model, mutants) in reached {
            let Some(seen) = seen.get_mut(model) else { continue };
            seen.mutants.extend(mutants.iter().filter_map(|it| position(it).ok()));
        }
        Discovery { mutants, seen }
    }

    /// The models that reach the broken operation, those first that reach few others.
    pub fn models_that_reach(&self, mutant: &Mutant) -> Vec<&str> {
        let Ok(at) = self.mutants.binary_search_by(|known| known.rank().cmp(&mutant.rank())) else {
            return Vec::new();
        };
        let mut models: Vec<_> =
            self.seen.iter().filter(|(_, seen)| seen.mutants.contains(&at)).collect();
        models.sort_by_key(|(_, seen)| (seen.mutants.len(), seen.index));
        models.into_iter().map(|(name, _)| name.as_str()).collect()
    }

    /// For each operation, the first mutant that `is_wanted`: a sample that leaves no operation out.
    pub fn one_of_each(&self, is_wanted: impl Fn(&Mutant) -> bool) -> Vec<Mutant> {
        let mut sample: Vec<Mutant> =
            self.mutants.iter().filter(|mutant| is_wanted(mutant)).cloned().collect();
        sample.dedup_by(|later, earlier| later.operation == earlier.operation);
        sample
    }

    /// The number of operations.
    pub fn operations(&self) -> usize {
        self.mutants.iter().map(|mutant| &mutant.operation).collect::<BTreeSet<_>>().len()
    }

    /// The number of operators that apply somewhere.
    pub fn operators(&self) -> usize {
        self.mutants.iter().map(|mutant| mutant.operator.name()).collect::<BTreeSet<_>>().len()
    }
}

/// What an unbroken model must not show.
pub(super) fn objection(search: Search, observation: &Observation) -> Option<String> {
    match &observation.end {
        End::Complete | End::Unfinished => None,
        // PCT refuses a body in which no two threads can ever run at once. The other engines do not.
        End::Unsupported(_) if matches!(search, Search::Pct { .. }) => None,
        End::Violated(what) | End::Unsupported(what) => Some(what.clone()),
    }
}
