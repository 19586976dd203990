//! Rounds of measurements, in which every engine runs every workload once.
//!
//! In a round the workloads come in random order, and for each of them the engines do: what is
//! compared is close together in time, and nobody always comes first. Times are CPU times, and only
//! those of the same round are compared.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

use crate::engines::{Engine, EngineId};
use crate::shuffle::shuffled;
use crate::workloads::Workload;

/// One workload of a run, and how much of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task {
    pub(crate) workload: &'static Workload,
    pub(crate) count: i64,
}

/// The CPU seconds of every engine on every workload, by round.
#[derive(Debug, Default)]
pub(crate) struct Measurements {
    seconds: BTreeMap<(EngineId, &'static str), Vec<f64>>,
}

impl Measurements {
    /// An engine's seconds on a workload, one per round; `None` if it cannot run it.
    pub(crate) fn seconds(&self, engine: EngineId, workload: &str) -> Option<&[f64]> {
        let key = self.seconds.keys().find(|key| **key == (engine, workload))?;
        self.seconds.get(key).map(Vec::as_slice)
    }
}

/// Measures. `progress` hears of each round before it begins, counted from 1.
///
/// # Errors
/// An engine fails, or two give different results.
pub(crate) fn measure(
    engines: &mut [(EngineId, Box<dyn Engine>)],
    tasks: &[Task],
    rounds: u32,
    seed: u64,
    progress: impl Fn(u32),
) -> Result<Measurements> {
    let mut chance = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut measurements = Measurements::default();
    // Who said first what a workload's result is.
    let mut results: BTreeMap<&str, (EngineId, i64)> = BTreeMap::new();
    for round in 1..=rounds {
        progress(round);
        for nth in shuffled(tasks.len(), &mut chance) {
            let Task { workload, count } = tasks[nth];
            for nth in shuffled(engines.len(), &mut chance) {
                let (id, engine) = &mut engines[nth];
                if !engine.can_run(workload) {
                    continue;
                }
                let name = workload.name;
                let measured =
                    engine.run(workload, count).with_context(|| format!("{id} on {name}"))?;
                let (first, result) = *results.entry(name).or_insert((*id, measured.result));
                ensure!(
                    measured.result == result,
                    "{name}({count}): {id} gives {}, {first} gave {result}",
                    measured.result
                );
                measurements.seconds.entry((*id, name)).or_default().push(measured.seconds);
            }
        }
    }
    Ok(measurements)
}
