//! Intervals and comparisons over cross-validation folds, whose training rows overlap.
//!
//! Plain variance would treat overlapping training sets as independent and make intervals far too narrow.
//! Nadeau and Bengio (2003) add the ratio of scored to fitted rows to 1/n.

use std::collections::BTreeMap;

use gauntlet_core::Estimate;
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::IntervalError;
use super::interval::check_level;

/// Mean and corrected resampled t interval of fold scores (Nadeau and Bengio 2003).
///
/// `test_share` is the ratio of scored to fitted rows, 1/4 in five folds. Scores that are not finite (a fold
/// without positives) are left out; fewer than two, or a level that is not strictly between 0 and 1, leave
/// the bounds NaN.
#[must_use]
pub fn corrected_interval(scores: &[f64], test_share: f64, level: f64) -> Estimate {
    let corrected = Corrected::of(scores, test_share);
    let half = match (check_level(level), corrected.student()) {
        (Ok(()), Some(t)) => t.inverse_cdf(0.5 + level / 2.0) * corrected.error,
        _ => f64::NAN,
    };
    let mean = corrected.mean;
    Estimate { value: mean, low: mean - half, high: mean + half }
}

/// A paired comparison over the same folds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// Mean of the first's scores minus the second's, with its corrected interval.
    pub difference: Estimate,
    /// Corrected t statistic; NaN where all differences are 0.
    pub t: f64,
    /// Two-sided p.
    pub p: f64,
    /// Folds that both have a finite score in.
    pub folds: usize,
}

/// Compares two participants' scores on the same folds (Nadeau and Bengio 2003).
///
/// Folds where either score is not finite are left out. With fewer than two, bounds and p are NaN; where the
/// differences are all the same, p is 1 if they are 0 and 0 if not.
///
/// # Errors
/// Lengths that differ, a ratio that is not above 0, or a level that is not strictly between 0 and 1.
pub fn corrected_comparison(
    first: &[f64],
    second: &[f64],
    test_share: f64,
    level: f64,
) -> Result<Comparison, IntervalError> {
    check_level(level)?;
    if !(test_share > 0.0 && test_share.is_finite()) {
        return Err(IntervalError::Share(test_share));
    }
    if first.len() != second.len() {
        return Err(IntervalError::Unpaired { left: first.len(), right: second.len() });
    }
    let differences: Vec<f64> = first.iter().zip(second).map(|(a, b)| a - b).collect();
    let corrected = Corrected::of(&differences, test_share);
    let t = corrected.mean / corrected.error;
    let p = match corrected.student() {
        Some(_) if corrected.mean == 0.0 => 1.0,
        Some(student) => 2.0 * student.sf(t.abs()),
        None => f64::NAN,
    };
    let difference = corrected_interval(&differences, test_share, level);
    Ok(Comparison { difference, t, p, folds: corrected.folds })
}

/// Compares a candidate with each baseline, p adjusted for their number (Holm 1979).
///
/// # Errors
/// As [`corrected_comparison`].
pub fn corrected_comparisons(
    candidate: &[f64],
    baselines: &BTreeMap<String, Vec<f64>>,
    test_share: f64,
    level: f64,
) -> Result<BTreeMap<String, Comparison>, IntervalError> {
    let mut all = BTreeMap::new();
    for (name, scores) in baselines {
        let comparison = corrected_comparison(candidate, scores, test_share, level)?;
        all.insert(name.clone(), comparison);
    }
    let mut rising: Vec<&mut Comparison> = all.values_mut().filter(|c| !c.p.is_nan()).collect();
    rising.sort_by(|a, b| a.p.total_cmp(&b.p));
    let (mut left, mut least) = (rising.len() as f64, 0.0_f64);
    for comparison in rising {
        least = least.max((left * comparison.p).min(1.0));
        comparison.p = least;
        left -= 1.0;
    }
    Ok(all)
}

/// Mean of finite scores and its corrected standard error.
struct Corrected {
    folds: usize,
    mean: f64,
    error: f64,
}

impl Corrected {
    fn of(scores: &[f64], test_share: f64) -> Self {
        let finite: Vec<f64> = scores.iter().copied().filter(|s| s.is_finite()).collect();
        let n = finite.len() as f64;
        let mean = finite.iter().sum::<f64>() / n;
        let variance = finite.iter().map(|s| (s - mean).powi(2)).sum::<f64>() / (n - 1.0);
        Self { folds: finite.len(), mean, error: (variance * (1.0 / n + test_share)).sqrt() }
    }

    fn student(&self) -> Option<StudentsT> {
        (self.folds > 1).then(|| StudentsT::new(0.0, 1.0, self.folds as f64 - 1.0).ok()).flatten()
    }
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
        assert!(corrected_comparison(&[0.5], &[0.4], 0.25, 0.95).unwrap().p.is_nan());
    }

    #[test]
    fn the_interval_excludes_nothing_exactly_where_p_is_below_its_level() {
        let first = [0.81, 0.84, 0.79, 0.88, 0.83];
        for shift in 0..30 {
            let shift = f64::from(shift) / 300.0;
            let second: Vec<f64> = first
                .iter()
                .zip([0.01, -0.01, 0.02, 0.0, -0.015])
                .map(|(a, e)| a - shift + e)
                .collect();
            let comparison = corrected_comparison(&first, &second, 0.25, 0.95).unwrap();
            let apart = comparison.difference.is_above(0.0) || comparison.difference.is_below(0.0);
            assert_eq!(apart, comparison.p < 0.05, "{comparison:?}");
        }
    }

    #[test]
    fn the_same_scores_do_not_differ_and_a_constant_gain_does() {
        let scores = [0.5, 0.75, 0.625];
        assert_eq!(corrected_comparison(&scores, &scores, 0.5, 0.95).unwrap().p, 1.0);
        let more = scores.map(|s| s + 0.125);
        assert_eq!(corrected_comparison(&more, &scores, 0.5, 0.95).unwrap().p, 0.0);
    }

    #[test]
    fn against_more_baselines_each_p_is_larger() {
        let candidate = [0.9, 0.92, 0.88, 0.91, 0.9];
        let near = vec![0.88, 0.91, 0.88, 0.89, 0.88];
        let alone = corrected_comparison(&candidate, &near, 0.25, 0.95).unwrap().p;
        let baselines = BTreeMap::from([
            ("near".to_owned(), near),
            ("far".to_owned(), vec![0.5, 0.55, 0.49, 0.52, 0.5]),
            ("same".to_owned(), candidate.to_vec()),
        ]);
        let all = corrected_comparisons(&candidate, &baselines, 0.25, 0.95).unwrap();
        assert!((all["near"].p - 2.0 * alone).abs() < 1e-12);
        assert!(all["far"].p < all["near"].p && all["near"].p <= all["same"].p);
    }

    #[test]
    fn what_cannot_be_paired_is_refused() {
        let unpaired = corrected_comparison(&[0.5], &[], 0.25, 0.95);
        assert_eq!(unpaired, Err(IntervalError::Unpaired { left: 1, right: 0 }));
        assert!(corrected_comparison(&[0.5], &[0.5], 0.0, 0.95).is_err());
        assert!(corrected_comparison(&[0.5], &[0.5], 0.25, 0.0).is_err());
    }
}
