//! The order in which the models are tried on a mutant.
//!
//! Most mutants are noticed by almost every model at once, and a few only by one model after thousands
//! of executions. So the models are tried in rounds with growing budgets. Within a round, models that
//! reach few operations go first, because they are about this one.

use super::{Attempt, Discovery, Mutant, Search};

/// Executions in the first rounds.
const FIRST_HEDDLE: u64 = 300;
const FIRST_RANDOM: u64 = 20;
const FIRST_LOOM: u64 = 300;
/// Executions by each strategy of shuttle before the last round: those of the models' own tests.
const FULL_RANDOM: u64 = 200;
const FULL_URW: u64 = 100;
/// Executions by our own engine and by loom in their last rounds.
const FULL_HEDDLE: u64 = 50_000;
const FULL_LOOM: u64 = 10_000;
/// The same when every model is tried.
const ALL_HEDDLE: u64 = 10_000;
const ALL_LOOM: u64 = 3_000;

/// One round: every model is searched in these ways, one after the other.
type Round = Vec<Search>;

fn rounds(seed: u64, asks_all: bool) -> Vec<Round> {
    let (last, last_own) = if asks_all { (ALL_LOOM, ALL_HEDDLE) } else { (FULL_LOOM, FULL_HEDDLE) };
    let first = discovery(seed).map(|search| vec![search]);
    let last = [
        vec![Search::Heddle { executions: last_own }],
        all_of_shuttle(seed),
        vec![Search::Loom { executions: last }],
    ];
    first.into_iter().chain(last).collect()
}

/// The searches of the first rounds. Of an unbroken model they show which operations it reaches.
pub(super) fn discovery(seed: u64) -> [Search; 3] {
    [
        Search::Heddle { executions: FIRST_HEDDLE },
        Search::Random { seed, executions: FIRST_RANDOM },
        Search::Loom { executions: FIRST_LOOM },
    ]
}

/// What the models' own tests do under shuttle.
fn all_of_shuttle(seed: u64) -> Round {
    vec![
        Search::Random { seed, executions: FULL_RANDOM },
        Search::Pct { seed, executions: FULL_RANDOM },
        Search::Urw { seed, executions: FULL_URW },
    ]
}

/// All attempts on a mutant, in order.
pub(super) fn attempts(
    mutant: &Mutant,
    discovery: &Discovery,
    seed: u64,
    asks_all: bool,
) -> Vec<Attempt> {
    let models = discovery.models_that_reach(mutant);
    let mut attempts = Vec::new();
    for round in rounds(seed, asks_all) {
        for model in &models {
            for &search in &round {
                if search.is_shuttle() && mutant.needs_weak_memory() {
                    continue;
                }
                let (model, mutant) = ((*model).to_owned(), Some(mutant.clone()));
                attempts.push(Attempt { model, search, mutant });
            }
        }
    }
    attempts
}
