//! Ratios of the same round, and how they spread.

use crate::engines::EngineId;
use crate::rounds::{Measurements, Task};
use crate::spread::Spread;

/// An engine's time over another's on one workload.
pub(crate) fn ratio(
    measurements: &Measurements,
    (engine, base): (EngineId, EngineId),
    task: &Task,
) -> Option<Spread> {
    Spread::of(round_ratios(measurements, (engine, base), task)?)
}

/// The geometric mean, round by round, of the ratios on those of the workloads that both engines can
/// run, and how many those are.
pub(crate) fn mean<'t>(
    measurements: &Measurements,
    pair: (EngineId, EngineId),
    tasks: impl Iterator<Item = &'t Task>,
) -> Option<(Spread, usize)> {
    let by_task: Vec<Vec<f64>> =
        tasks.filter_map(|task| round_ratios(measurements, pair, task)).collect();
    let rounds = by_task.first()?.len();
    let means = (0..rounds).map(|round| geometric_mean(by_task.iter().map(|task| task[round])));
    Some((Spread::of(means.collect())?, by_task.len()))
}

fn round_ratios(
    measurements: &Measurements,
    (engine, base): (EngineId, EngineId),
    task: &Task,
) -> Option<Vec<f64>> {
    let of = |engine| measurements.seconds(engine, task.workload.name);
    Some(of(engine)?.iter().zip(of(base)?).map(|(ours, theirs)| ours / theirs).collect())
}

fn geometric_mean(numbers: impl ExactSizeIterator<Item = f64>) -> f64 {
    let len = numbers.len() as f64;
    (numbers.map(f64::ln).sum::<f64>() / len).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_geometric_mean_of_a_ratio_and_its_inverse_is_one() {
        assert!((geometric_mean([0.25, 4.0].into_iter()) - 1.0).abs() < 1e-12);
    }
}
