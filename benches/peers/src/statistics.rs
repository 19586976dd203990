//! Ratios of the same round, and how they spread.

use serde::Serialize;

use crate::engines::EngineId;
use crate::rounds::{Measurements, Task};

/// The middle of some numbers, and where the middle half of them lies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Spread {
    /// `None` of no numbers.
    pub(crate) fn of(mut numbers: Vec<f64>) -> Option<Self> {
        numbers.sort_by(f64::total_cmp);
        let last = numbers.len().checked_sub(1)?;
        // Between two numbers the fourths are interpolated.
        let at_quarter = |quarter: usize| {
            let (whole, rest) = (last * quarter / 4, last * quarter % 4);
            let (below, above) = (numbers[whole], numbers[(whole + 1).min(last)]);
            below + (above - below) * rest as f64 / 4.0
        };
        Some(Spread { median: at_quarter(2), low: at_quarter(1), high: at_quarter(3) })
    }
}

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
    fn fourths_of_five_numbers_are_among_them() {
        let spread = Spread::of(vec![5.0, 1.0, 4.0, 2.0, 3.0]);
        assert_eq!(spread, Some(Spread { median: 3.0, low: 2.0, high: 4.0 }));
    }

    #[test]
    fn fourths_of_two_numbers_are_between_them() {
        let spread = Spread::of(vec![8.0, 4.0]);
        assert_eq!(spread, Some(Spread { median: 6.0, low: 5.0, high: 7.0 }));
        assert_eq!(Spread::of(vec![]), None);
    }

    #[test]
    fn a_geometric_mean_of_a_ratio_and_its_inverse_is_one() {
        assert!((geometric_mean([0.25, 4.0].into_iter()) - 1.0).abs() < 1e-12);
    }
}
