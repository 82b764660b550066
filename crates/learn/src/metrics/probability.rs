//! Proper scores of probabilities: Brier score and log loss.

use super::score::{check_probabilities, finite, lengths, probabilities};
use super::{MetricError, Score, Weights};

/// How far class probabilities may sum from 1: what single precision leaves of a softmax.
const SUM: f64 = 1e-5;

/// Brier score of two classes: the mean squared distance of probability and outcome (Brier 1950).
///
/// # Errors
/// No rows, lengths that differ, a value outside 0 to 1, weights that are none.
pub fn brier<'a, S: Score>(
    probabilities: &[S],
    labels: &[bool],
    weights: impl Into<Weights<'a>>,
) -> Result<f64, MetricError> {
    let weights = weights.into();
    check_probabilities(probabilities, labels.len(), weights)?;
    Ok(squared_distance(probabilities, labels, weights))
}

/// The mean squared distance of score and outcome, unchecked: NaN where a score is.
pub(super) fn squared_distance<S: Score>(
    scores: &[S],
    labels: &[bool],
    weights: Weights<'_>,
) -> f64 {
    mean(labels.len(), weights, |row| {
        let distance = scores[row].into() - f64::from(u8::from(labels[row]));
        distance * distance
    })
}

/// Log loss of two classes, in nats; probabilities are kept one machine epsilon of `f64` off 0 and 1,
/// as scikit-learn does. One class alone has a log loss too.
///
/// # Errors
/// As [`brier`].
pub fn log_loss<'a, S: Score>(
    probabilities: &[S],
    labels: &[bool],
    weights: impl Into<Weights<'a>>,
) -> Result<f64, MetricError> {
    let weights = weights.into();
    check_probabilities(probabilities, labels.len(), weights)?;
    Ok(mean(labels.len(), weights, |row| {
        let probability: f64 = probabilities[row].into();
        surprise(if labels[row] { probability } else { 1.0 - probability })
    }))
}

/// Log loss of several classes, in nats, of probabilities that stand row by row, one per class.
///
/// `classes` holds each row's class, an index below `width`.
///
/// # Errors
/// As [`brier`]; a class outside `width`; probabilities of a row that do not sum to 1 within 1e-5, where
/// scikit-learn warns and goes on.
pub fn multiclass_log_loss<'a, S: Score>(
    probabilities: &[S],
    width: usize,
    classes: &[u32],
    weights: impl Into<Weights<'a>>,
) -> Result<f64, MetricError> {
    let weights = weights.into();
    check_lines(probabilities, width, classes, weights)?;
    Ok(mean(classes.len(), weights, |row| {
        surprise(probabilities[row * width + classes[row] as usize].into())
    }))
}

/// Brier score of several classes: the squared distance to the outcome summed over classes, which lies
/// between 0 and 2.
///
/// # Errors
/// As [`multiclass_log_loss`].
pub fn multiclass_brier<'a, S: Score>(
    probabilities: &[S],
    width: usize,
    classes: &[u32],
    weights: impl Into<Weights<'a>>,
) -> Result<f64, MetricError> {
    let weights = weights.into();
    check_lines(probabilities, width, classes, weights)?;
    Ok(mean(classes.len(), weights, |row| {
        let line = probabilities[row * width..][..width].iter().enumerate();
        line.map(|(class, &p)| {
            let distance = p.into() - f64::from(u8::from(class == classes[row] as usize));
            distance * distance
        })
        .sum()
    }))
}

fn surprise(probability: f64) -> f64 {
    -probability.clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln()
}

fn check_lines<S: Score>(
    values: &[S],
    width: usize,
    classes: &[u32],
    weights: Weights<'_>,
) -> Result<(), MetricError> {
    lengths("probabilities", values.len(), classes.len() * width)?;
    finite("probability", values)?;
    probabilities(values, width)?;
    weights.check(classes.len())?;
    for (row, &class) in classes.iter().enumerate() {
        if class as usize >= width {
            return Err(MetricError::Class { class, classes: width, row });
        }
        let sum: f64 = values[row * width..][..width].iter().map(|&p| p.into()).sum();
        if (sum - 1.0).abs() > SUM {
            return Err(MetricError::ProbabilitySum { sum, row });
        }
    }
    Ok(())
}

/// The weighted mean of `value` over rows.
pub(super) fn mean(rows: usize, weights: Weights<'_>, value: impl Fn(usize) -> f64) -> f64 {
    let (mut sum, mut mass) = (0.0, 0.0);
    for row in 0..rows {
        let weight = weights.of(row);
        if weight > 0.0 {
            sum += weight * value(row);
            mass += weight;
        }
    }
    sum / mass
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brier_of_certainty_is_zero_or_one() {
        assert_eq!(brier(&[1.0, 0.0], &[true, false], Weights::Equal), Ok(0.0));
        assert_eq!(brier(&[1.0_f32, 0.0], &[false, true], &[1, 1]), Ok(1.0));
    }

    #[test]
    fn certain_and_wrong_is_a_large_but_finite_loss() {
        let loss = log_loss(&[0.0], &[true], Weights::Equal).unwrap();
        assert!((loss - 36.04).abs() < 0.01, "{loss}");
    }

    #[test]
    fn two_classes_have_one_log_loss_whichever_way_they_are_written() {
        let (p, labels) = ([0.1, 0.8, 0.35], [false, true, true]);
        let lines: Vec<f64> = p.iter().flat_map(|p| [1.0 - p, *p]).collect();
        let two = log_loss(&p, &labels, Weights::Equal).unwrap();
        let several = multiclass_log_loss(&lines, 2, &[0, 1, 1], Weights::Equal).unwrap();
        assert!((two - several).abs() < 1e-15);
        let two = brier(&p, &labels, Weights::Equal).unwrap();
        let several = multiclass_brier(&lines, 2, &[0, 1, 1], Weights::Equal).unwrap();
        assert!((2.0 * two - several).abs() < 1e-15);
    }

    #[test]
    fn what_is_no_probability_is_refused_by_row() {
        let refused = |p: &[f64]| brier(p, &[true, false], Weights::Equal).unwrap_err();
        assert_eq!(refused(&[0.5, 1.5]), MetricError::Probability { value: 1.5, row: 1 });
        assert!(matches!(refused(&[f64::NAN, 0.5]), MetricError::NotFinite { row: 0, .. }));
        assert!(matches!(refused(&[0.5]), MetricError::Length { found: 1, expected: 2, .. }));
        let lines = [0.2, 0.8, 0.5, 0.4];
        let sum = multiclass_log_loss(&lines, 2, &[0, 0], Weights::Equal).unwrap_err();
        assert!(matches!(sum, MetricError::ProbabilitySum { row: 1, .. }));
        let class = multiclass_log_loss(&lines[..2], 2, &[2], Weights::Equal).unwrap_err();
        assert_eq!(class, MetricError::Class { class: 2, classes: 2, row: 0 });
        assert_eq!(brier::<f64>(&[], &[], Weights::Equal), Err(MetricError::Empty));
    }
}
