//! The middle of some numbers, and how far they spread.

use serde::Serialize;

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
}
