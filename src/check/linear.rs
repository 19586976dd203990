//! Checks a data structure against its specification in one call, as a test does.

use std::fmt::Debug;
use std::hash::Hash;

use super::objection;
use crate::linear::{Report, Scenario, Structure, World, explore};

/// Searches each scenario with `engine`, and holds every history against the specification: is the structure
/// linearizable? See [`linear`](crate::linear).
///
/// A report without a violation need not mean that everything was searched: look at the verdicts.
///
/// # Panics
/// With the counterexample, if an execution shows a violation: a history that the specification does not have,
/// or anything else that [`check`](crate::check()) finds. Also if the scenarios cannot be run (see
/// [`Error`](crate::linear::Error)), and if the engine cannot search them.
#[track_caller]
pub fn check_linear<E, S, O, R, M>(
    engine: &E,
    structure: &Structure<S, O, R, M>,
    scenarios: impl IntoIterator<Item = Scenario<O>>,
) -> Report<O, R>
where
    E: World,
    S: Send + Sync + 'static,
    O: Clone + Debug + Send + Sync + 'static,
    R: Clone + Debug + PartialEq + Send + 'static,
    M: Clone + Eq + Hash + Send + Sync + 'static,
{
    let scenarios: Vec<_> = scenarios.into_iter().collect();
    let count = scenarios.len();
    let report = match explore(engine, structure, scenarios) {
        Ok(report) => report,
        Err(error) => panic!("{error}"),
    };
    for (search, number) in report.searches.iter().zip(1..) {
        if let Some(message) = objection(engine.name(), &search.report) {
            // A history shows what the threads did; any other violation does not.
            let scenario = match report.wrong {
                Some(_) => String::new(),
                None => format!("\nthe scenario:\n{}", search.scenario),
            };
            panic!("scenario {number} of {count}: {message}{scenario}");
        }
    }
    report
}

/// The function that `worlds!` calls `check_linear` in a world. It has the engine of that world's `check`.
macro_rules! in_world {
    ($(#[$meta:meta])* $name:ident: $engine:expr) => {
        $(#[$meta])*
        ///
        /// # Panics
        /// As [`check_linear`].
        #[track_caller]
        pub fn $name<S, O, R, M>(
            structure: &Structure<S, O, R, M>,
            scenarios: impl IntoIterator<Item = Scenario<O>>,
        ) -> Report<O, R>
        where
            S: Send + Sync + 'static,
            O: Clone + Debug + Send + Sync + 'static,
            R: Clone + Debug + PartialEq + Send + 'static,
            M: Clone + Eq + Hash + Send + Sync + 'static,
        {
            check_linear(&$engine, structure, scenarios)
        }
    };
}

in_world! {
    /// In heddle's world: every execution.
    #[cfg(feature = "heddle")]
    model: crate::engine::heddle::Heddle::default()
}

in_world! {
    /// In loom's world, with loom's engine.
    #[cfg(feature = "loom")]
    model_in_loom: crate::engine::loom::Loom::default()
}

in_world! {
    /// In shuttle's world: a thousand random schedules for each scenario, always the same ones.
    #[cfg(feature = "shuttle")]
    model_in_shuttle: {
        use crate::engine::shuttle::{Shuttle, Strategy};
        Shuttle::new(Strategy::Random { seed: 1 }, 1_000)
    }
}

in_world! {
    /// In the world of real threads: a hundred executions of each scenario.
    model_in_stress: crate::engine::stress::Stress::default().executions_max(100)
}
