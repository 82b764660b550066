//! The bias-corrected and accelerated interval from replicates and a jackknife.

use gauntlet_core::{Estimate, quantile};
use statrs::distribution::{ContinuousCDF, Normal};

/// The BCa interval (Efron 1987, as in Efron and Tibshirani 1993, 14.3) of `value` with bootstrap
/// `replicates` and `jackknife` values, each of which leaves one unit (or one block of units) out.
///
/// Replicates that tie with `value` count half towards the bias. Values that are not finite are left out.
/// `None` where the correction is not defined: no finite replicates, `value` beyond all of them, or an
/// acceleration so large that the adjusted level passes infinity. `level` lies strictly between 0 and 1.
#[must_use]
pub fn bca_interval(
    value: f64,
    replicates: &[f64],
    jackknife: &[f64],
    level: f64,
) -> Option<Estimate> {
    let finite =
        |values: &[f64]| -> Vec<f64> { values.iter().copied().filter(|v| v.is_finite()).collect() };
    let (mut replicates, jackknife) = (finite(replicates), finite(jackknife));
    if replicates.is_empty() || !value.is_finite() {
        return None;
    }
    if replicates.iter().all(|r| *r == value) {
        return Some(Estimate { value, low: value, high: value });
    }
    let below = replicates.iter().filter(|r| **r < value).count();
    let at_most = replicates.iter().filter(|r| **r <= value).count();
    let percentile = (below + at_most) as f64 / (2 * replicates.len()) as f64;
    let normal = Normal::standard();
    let bias = normal.try_inverse_cdf(percentile).ok().filter(|z| z.is_finite())?;
    let acceleration = acceleration(&jackknife);
    let share = |tail: f64| {
        let shifted = bias + normal.try_inverse_cdf(tail).ok()?;
        let denominator = 1.0 - acceleration * shifted;
        (denominator > 0.0).then(|| normal.cdf(bias + shifted / denominator))
    };
    let tail = (1.0 - level) / 2.0;
    let (low, high) = (share(tail)?, share(1.0 - tail)?);
    replicates.sort_by(f64::total_cmp);
    Some(Estimate { value, low: quantile(&replicates, low), high: quantile(&replicates, high) })
}

/// A sixth of the skewness of the jackknife values' influence; 0 where they are all the same.
fn acceleration(jackknife: &[f64]) -> f64 {
    let mean = jackknife.iter().sum::<f64>() / jackknife.len() as f64;
    let (mut square, mut cube) = (0.0, 0.0);
    for value in jackknife {
        let influence = mean - value;
        square += influence * influence;
        cube += influence * influence * influence;
    }
    if square > 0.0 { cube / (6.0 * square.powf(1.5)) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_bias_and_skewness_it_is_the_percentile_interval() {
        let replicates: Vec<f64> = (0..=1000).map(f64::from).collect();
        let jackknife = [499.0, 500.0, 501.0];
        let bca = bca_interval(500.0, &replicates, &jackknife, 0.9).unwrap();
        assert!((bca.low - 50.0).abs() < 1e-6 && (bca.high - 950.0).abs() < 1e-6, "{bca:?}");
    }

    #[test]
    fn a_skewed_statistic_moves_both_bounds_to_its_long_side() {
        let replicates: Vec<f64> = (0..=1000).map(f64::from).collect();
        // One unit whose absence lowers the statistic a lot: positive skewness.
        let jackknife = [100.0, 500.0, 501.0, 502.0, 503.0, 504.0];
        let bca = bca_interval(500.0, &replicates, &jackknife, 0.9).unwrap();
        assert!(bca.low > 50.0 && bca.high > 950.0, "{bca:?}");
    }

    #[test]
    fn what_has_no_correction_has_no_interval() {
        assert_eq!(bca_interval(5.0, &[1.0, 2.0], &[1.0, 2.0], 0.95), None);
        assert_eq!(bca_interval(5.0, &[f64::NAN], &[1.0], 0.95), None);
        let same = bca_interval(5.0, &[5.0, 5.0], &[5.0, 5.0], 0.95).unwrap();
        assert_eq!((same.low, same.high), (5.0, 5.0));
    }
}
