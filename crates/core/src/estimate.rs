//! A number with its interval: no score travels without one.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A point estimate with the bounds of its confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The estimate on all units.
    pub value: f64,
    /// Lower bound of the interval.
    pub low: f64,
    /// Upper bound of the interval.
    pub high: f64,
}

impl Estimate {
    /// An estimate and the `level` percentile interval of its `replicates`.
    ///
    /// `replicates` need not be sorted; those that are not finite (a resample without positives, say)
    /// are left out. Without any finite replicate the bounds are NaN.
    #[must_use]
    pub fn from_replicates(value: f64, replicates: &[f64], level: f64) -> Self {
        let mut finite: Vec<f64> = replicates.iter().copied().filter(|x| x.is_finite()).collect();
        finite.sort_by(f64::total_cmp);
        let tail = (1.0 - level) / 2.0;
        Self { value, low: quantile(&finite, tail), high: quantile(&finite, 1.0 - tail) }
    }

    /// Whether the whole interval lies above `bound`.
    #[must_use]
    pub fn is_above(&self, bound: f64) -> bool {
        self.low > bound
    }

    /// Whether the whole interval lies below `bound`.
    #[must_use]
    pub fn is_below(&self, bound: f64) -> bool {
        self.high < bound
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} [{:.3}, {:.3}]", self.value, self.low, self.high)
    }
}

/// The quantile of rising values, from 0 to 1, by linear interpolation between order statistics (Hyndman
/// and Fan type 7); NaN without values.
#[must_use]
pub fn quantile(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let position = q * last as f64;
    let below = sorted[position.floor() as usize];
    let above = sorted[position.ceil() as usize];
    below + (above - below) * (position - position.floor())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interval_is_the_percentiles_of_the_replicates() {
        let replicates: Vec<f64> = (0..=1000).rev().map(f64::from).collect();
        let estimate = Estimate::from_replicates(500.0, &replicates, 0.95);
        assert!((estimate.low - 25.0).abs() < 1e-9);
        assert!((estimate.high - 975.0).abs() < 1e-9);
    }

    #[test]
    fn replicates_that_are_not_finite_are_left_out() {
        let estimate = Estimate::from_replicates(1.0, &[f64::NAN, 2.0, f64::INFINITY], 0.95);
        assert_eq!((estimate.low, estimate.high), (2.0, 2.0));
    }
}
