//! Intervals over cross-validation folds, whose training rows overlap.

use gauntlet_core::Estimate;
use statrs::distribution::{ContinuousCDF, StudentsT};

/// Mean and corrected resampled t interval of fold scores (Nadeau and Bengio 2003).
///
/// `test_share` is the ratio of scored to fitted rows, 1/4 in five folds. Plain variance would treat
/// overlapping training sets as independent and make the interval far too narrow. Scores that are not
/// finite (a fold without positives) are left out; fewer than two leave the bounds NaN.
#[must_use]
pub fn corrected_interval(scores: &[f64], test_share: f64, level: f64) -> Estimate {
    let finite: Vec<f64> = scores.iter().copied().filter(|s| s.is_finite()).collect();
    let n = finite.len() as f64;
    let mean = finite.iter().sum::<f64>() / n;
    let variance = finite.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let half = match StudentsT::new(0.0, 1.0, n - 1.0) {
        Ok(t) => t.inverse_cdf(0.5 + level / 2.0) * (variance * (1.0 / n + test_share)).sqrt(),
        Err(_) => f64::NAN,
    };
    Estimate { value: mean, low: mean - half, high: mean + half }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_the_formula_by_hand() {
        // mean 0.9, variance 0.01/3... with n = 4: t(0.975, 3) = 3.182446.
        let interval = corrected_interval(&[0.8, 0.9, 0.9, 1.0], 0.25, 0.95);
        let variance: f64 = (0.01 + 0.01) / 3.0;
        let half = 3.182_446 * (variance * 0.5).sqrt();
        assert!((interval.value - 0.9).abs() < 1e-12);
        assert!((interval.high - 0.9 - half).abs() < 1e-5);
    }

    #[test]
    fn one_fold_has_no_interval() {
        assert!(corrected_interval(&[0.5], 0.25, 0.95).low.is_nan());
    }
}
