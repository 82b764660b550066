//! What nobody can exceed: failures that can be foreseen, plus hits that chance gives.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ChiSquared, ContinuousCDF};

/// How many failures can be foreseen, where a simulator knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreseeable {
    /// Failures that announce themselves.
    pub announced: usize,
    /// Failures in all.
    pub failures: usize,
}

/// The probability that alarms that know nothing, `per_week` of them, fall within `horizon_h` hours before a
/// failure.
#[must_use]
pub fn chance_of_a_hit(per_week: f64, horizon_h: f64) -> f64 {
    1.0 - (-per_week * horizon_h / 168.0).exp()
}

/// The exact interval of a rate from a count (Garwood 1936), per unit of `exposure`.
#[must_use]
pub fn poisson_interval(count: usize, exposure: f64, level: f64) -> (f64, f64) {
    let tail = (1.0 - level) / 2.0;
    let at = |degrees: f64, q: f64| {
        let quantile = ChiSquared::new(degrees).map_or(f64::NAN, |d| d.inverse_cdf(q));
        quantile / 2.0 / exposure
    };
    let low = if count == 0 { 0.0 } else { at(2.0 * count as f64, tail) };
    (low, at(2.0 * count as f64 + 2.0, 1.0 - tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_grows_with_rate_and_horizon() {
        assert_eq!(chance_of_a_hit(0.0, 24.0), 0.0);
        assert!((chance_of_a_hit(1.0, 24.0) - 0.1331).abs() < 1e-4);
        assert!(chance_of_a_hit(7.0, 168.0) > 0.999);
    }

    #[test]
    fn the_interval_of_a_count_is_garwoods() {
        let (low, high) = poisson_interval(5, 1.0, 0.95);
        assert!((low - 1.6235).abs() < 1e-3 && (high - 11.6683).abs() < 1e-3, "{low} {high}");
        let (low, high) = poisson_interval(0, 2.0, 0.95);
        assert!(low == 0.0 && (high - 3.6889 / 2.0).abs() < 1e-3);
    }
}
