//! How the number of distinct traces has grown while executions were drawn.

/// Pairs of executions drawn and distinct traces among them, at about equal distances.
#[derive(Default)]
pub(super) struct Growth {
    points: Vec<(u64, u64)>,
    /// The number of executions between two points.
    distance: u64,
}

impl Growth {
    /// With more points, every second one goes.
    const POINTS_MAX: usize = 200;

    /// Adds a point, unless it is too near to the last one.
    pub(super) fn note(&mut self, executions: u64, traces: u64) {
        let last = self.points.last().map_or(0, |(executions, _)| *executions);
        if executions <= last || executions < last + self.distance {
            return;
        }
        self.points.push((executions, traces));
        if self.points.len() > Self::POINTS_MAX {
            let mut at = 0..;
            self.points.retain(|_| at.next().is_some_and(|at: usize| at.is_multiple_of(2)));
            self.distance = self.points[1].0 - self.points[0].0;
        }
    }

    /// All points, with the last one.
    pub(super) fn up_to(mut self, executions: u64, traces: u64) -> Vec<(u64, u64)> {
        let end = (executions, traces);
        self.points.extend((self.points.last() != Some(&end)).then_some(end));
        self.points
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    const BLOCK: u64 = 256;

    #[test]
    fn points_stay_few_and_evenly_spread() {
        let mut growth = Growth::default();
        (1..=10_000).for_each(|block| growth.note(block * BLOCK, block));
        let points = growth.points;
        assert!((100..=Growth::POINTS_MAX).contains(&points.len()), "{}", points.len());
        let distances = points.windows(2).map(|pair| pair[1].0 - pair[0].0);
        assert_eq!(distances.collect::<BTreeSet<_>>().len(), 1, "{points:?}");
        assert!(points.iter().all(|(executions, traces)| *executions == traces * BLOCK));
    }

    #[test]
    fn the_last_point_is_there_once() {
        let mut growth = Growth::default();
        growth.note(5, 3);
        assert_eq!(growth.up_to(5, 3), [(5, 3)]);
        assert_eq!(Growth::default().up_to(5, 3), [(5, 3)]);
    }
}
