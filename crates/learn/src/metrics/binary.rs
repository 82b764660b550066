//! Metrics of binary scores in one call, with the rows checked first.

use super::score::check;
use super::{MetricError, Ranking, Score, Weights};

/// Area under the precision-recall curve: average precision, as scikit-learn's `average_precision_score`.
///
/// NaN without positives, where scikit-learn warns and gives 0.
///
/// # Errors
/// No rows, lengths that differ, a score that is not finite, weights that are none.
pub fn pr_auc<'a, S: Score>(
    scores: &[S],
    labels: &[bool],
    weights: impl Into<Weights<'a>>,
) -> Result<f64, MetricError> {
    let weights = weights.into();
    check(scores, labels.len(), weights)?;
    Ok(Ranking::new(scores, labels).pr_auc(weights))
}

/// Area under the receiver operating characteristic, as scikit-learn's `roc_auc_score`.
///
/// NaN where one class is missing, as there.
///
/// # Errors
/// As [`pr_auc`].
pub fn roc_auc<'a, S: Score>(
    scores: &[S],
    labels: &[bool],
    weights: impl Into<Weights<'a>>,
) -> Result<f64, MetricError> {
    let weights = weights.into();
    check(scores, labels.len(), weights)?;
    Ok(Ranking::new(scores, labels).roc_auc(weights))
}

/// [`roc_auc`] up to a false positive rate of `max_fpr`, standardised (McClish 1989), as scikit-learn's
/// `roc_auc_score(max_fpr=...)`.
///
/// # Errors
/// As [`pr_auc`]; a rate that is not above 0 and at most 1.
pub fn partial_roc_auc<'a, S: Score>(
    scores: &[S],
    labels: &[bool],
    max_fpr: f64,
    weights: impl Into<Weights<'a>>,
) -> Result<f64, MetricError> {
    if !(max_fpr > 0.0 && max_fpr <= 1.0) {
        let expected = "above 0 and at most 1";
        return Err(MetricError::Parameter { parameter: "max_fpr", found: max_fpr, expected });
    }
    let weights = weights.into();
    check(scores, labels.len(), weights)?;
    Ok(Ranking::new(scores, labels).partial_roc_auc(max_fpr, weights))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_have_no_metric_are_refused_and_one_class_is_undefined() {
        let auc = |scores: &[f64], labels: &[bool]| roc_auc(scores, labels, Weights::Equal);
        assert_eq!(auc(&[], &[]), Err(MetricError::Empty));
        assert!(matches!(auc(&[f64::NAN], &[true]), Err(MetricError::NotFinite { row: 0, .. })));
        assert!(matches!(auc(&[f64::INFINITY], &[true]), Err(MetricError::NotFinite { .. })));
        assert!(matches!(auc(&[0.5], &[true, false]), Err(MetricError::Length { .. })));
        assert!(auc(&[0.5], &[true]).unwrap().is_nan());
        let weighted = roc_auc(&[0.1, 0.9], &[false, true], Some(&[0.0, 0.0][..]));
        assert_eq!(weighted, Err(MetricError::NoWeight));
    }

    #[test]
    fn the_false_positive_rate_must_be_one() {
        for rate in [0.0, -0.1, 1.01, f64::NAN] {
            let refused = partial_roc_auc(&[0.1, 0.9], &[false, true], rate, Weights::Equal);
            assert!(matches!(refused, Err(MetricError::Parameter { .. })), "{rate}");
        }
    }
}
