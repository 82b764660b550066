//! Test rows that are not drawn as training rows are, and scores that were looked at too often.

use gauntlet_core::Estimate;

use super::Finding;
use super::score::separation;
use crate::Fold;

/// ROC-AUC from which one column tells the sides apart.
const SIDES: f64 = 0.65;
/// Standard errors that an excess must have.
const ERRORS: f64 = 4.0;

/// Sampling bias (L3.3), by adversarial validation column by column: one column tells scored from fitted
/// rows with a ROC-AUC of 0.65 or more, and more than 4 standard errors above chance.
///
/// The strongest column is told. It may be drift, which a cut in time cannot avoid: then say so in a
/// waiver; in a random split it is a mistake. Missing values rank lowest.
#[must_use]
pub fn sampling_bias(columns: &[(&str, &[f64])], fold: &Fold) -> Option<Finding> {
    let rows: Vec<usize> = fold.fit.iter().chain(&fold.valid).copied().collect();
    let scored: Vec<bool> = (0..rows.len()).map(|i| i >= fold.fit.len()).collect();
    let (a, b) = (fold.fit.len() as f64, fold.valid.len() as f64);
    let error = ((a + b + 1.0) / (12.0 * a * b)).sqrt();
    let known = |v: f64| if v.is_nan() { f64::NEG_INFINITY } else { v };
    let aucs = columns.iter().map(|(name, values)| {
        let values: Vec<f64> = rows.iter().map(|&row| known(values[row])).collect();
        (*name, separation(&values, &scored).0)
    });
    let (name, auc) = aucs.max_by(|a, b| a.1.total_cmp(&b.1))?;
    (auc >= SIDES && auc - 0.5 > ERRORS * error).then(|| {
        let evidence = format!(
            "it alone tells scored from fitted rows with ROC-AUC {auc:.3} (limit {SIDES}, chance 0.5 +- \
             {error:.3})"
        );
        Finding::new("sampling_bias", vec![name.to_owned()], evidence)
    })
}

/// Label shift (L3.3): the share of events among scored rows differs from that among fitted ones by more
/// than 4 standard errors and by more than half.
#[must_use]
pub fn label_shift(labels: &[bool], fold: &Fold) -> Option<Finding> {
    let share =
        |rows: &[usize]| rows.iter().filter(|&&row| labels[row]).count() as f64 / rows.len() as f64;
    let (fitted, scored) = (share(&fold.fit), share(&fold.valid));
    let (a, b) = (fold.fit.len() as f64, fold.valid.len() as f64);
    let pooled = (fitted * a + scored * b) / (a + b);
    let error = (pooled * (1.0 - pooled) * (1.0 / a + 1.0 / b)).sqrt();
    let gap = (scored - fitted).abs();
    (gap > ERRORS * error && gap > 0.5 * fitted.min(scored)).then(|| {
        let evidence = format!(
            "{:.2} % of scored rows have the event, and {:.2} % of fitted rows",
            100.0 * scored,
            100.0 * fitted
        );
        Finding::of_split("label_shift", evidence)
    })
}

/// Peeking (L1.1): a test set opened `looks` times flatters the best of them by about
/// `standard_error * sqrt(2 ln looks)`, and that eats the `gain` claimed over a baseline.
///
/// `standard_error` is that of the score on the test rows.
#[must_use]
pub fn peeking(standard_error: f64, gain: f64, looks: u64) -> Option<Finding> {
    let flattery = standard_error * (2.0 * (looks.max(1) as f64).ln()).sqrt();
    (looks > 1 && flattery >= gain).then(|| {
        let evidence = format!(
            "the test set was opened {looks} times, which flatters the best score by about \
             {flattery:.3}; the gain is {gain:.3}"
        );
        Finding::of_split("peeking", evidence)
    })
}

/// The leak gap (L3.2): the score under random folds exceeds that with whole groups held out by more than
/// their intervals allow.
///
/// `better_is_more` says which way the score runs.
#[must_use]
pub fn leak_gap(random: Estimate, grouped: Estimate, better_is_more: bool) -> Option<Finding> {
    let apart = if better_is_more { random.low > grouped.high } else { random.high < grouped.low };
    apart.then(|| {
        let evidence = format!(
            "{random} under random folds, {grouped} with whole groups held out: rows of one group know \
             each other"
        );
        Finding::of_split("leak_gap", evidence)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::splits::stratified;
    use gauntlet_core::Seed;
    use rand::RngExt;

    fn estimate(value: f64, half: f64) -> Estimate {
        Estimate { value, low: value - half, high: value + half }
    }

    #[test]
    fn sides_that_a_column_tells_apart_are_found_and_random_ones_are_not() {
        let mut rng = Seed(5).rng();
        let noise: Vec<f64> = (0..400).map(|_| rng.random()).collect();
        let drift: Vec<f64> = (0..400).map(|i| noise[i] + i as f64 / 200.0).collect();
        let columns: [(&str, &[f64]); 2] = [("noise", &noise), ("drift", &drift)];
        let cut = Fold { fit: (0..300).collect(), valid: (300..400).collect() };
        assert_eq!(sampling_bias(&columns, &cut).unwrap().columns, ["drift"]);
        let labels: Vec<bool> = (0..400).map(|i| i % 10 == 0).collect();
        for fold in stratified(&labels, 4, Seed(9)).unwrap() {
            assert_eq!(sampling_bias(&columns, &fold), None);
            assert_eq!(label_shift(&labels, &fold), None);
        }
        let balanced: Vec<usize> = (0..400).filter(|i| i % 10 == 0 || i % 10 == 1).collect();
        let rest: Vec<usize> = (0..400).filter(|i| i % 10 > 1).collect();
        let biased = label_shift(&labels, &Fold { fit: rest, valid: balanced }).unwrap();
        assert!(biased.evidence.contains("50.00 %"), "{}", biased.evidence);
    }

    #[test]
    fn many_looks_eat_a_small_gain_and_leave_a_large_one() {
        assert!(peeking(0.02, 0.03, 14).is_some());
        assert_eq!(peeking(0.02, 0.2, 14), None);
        assert_eq!(peeking(0.02, 0.0, 1), None);
    }

    #[test]
    fn a_gap_beyond_both_intervals_is_found_whichever_way_the_score_runs() {
        assert!(leak_gap(estimate(0.99, 0.01), estimate(0.6, 0.1), true).is_some());
        assert_eq!(leak_gap(estimate(0.9, 0.05), estimate(0.85, 0.05), true), None);
        assert!(leak_gap(estimate(0.1, 0.01), estimate(0.6, 0.1), false).is_some());
    }
}
