//! Scores in single or double precision.

use super::{MetricError, Weights};

/// A number that a model gives a row: `f32` as graphs compute it, `f64` as native models do.
///
/// Metrics widen single precision first and compute in `f64`.
pub trait Score: Copy + Into<f64> + PartialOrd + std::fmt::Debug + Send + Sync {}

impl Score for f32 {}
impl Score for f64 {}

/// Checks that scores are finite and of one length with labels and weights, and that there are rows.
pub(super) fn check<S: Score>(
    scores: &[S],
    rows: usize,
    weights: Weights<'_>,
) -> Result<(), MetricError> {
    lengths("scores", scores.len(), rows)?;
    finite("score", scores)?;
    weights.check(rows)
}

/// As [`check`], and every score is a probability.
pub(super) fn check_probabilities<S: Score>(
    scores: &[S],
    rows: usize,
    weights: Weights<'_>,
) -> Result<(), MetricError> {
    check(scores, rows, weights)?;
    probabilities(scores, 1)
}

/// Checks that `found` values stand against `rows` rows, of which there are some.
pub(super) fn lengths(what: &'static str, found: usize, rows: usize) -> Result<(), MetricError> {
    if found != rows {
        return Err(MetricError::Length { what, found, expected: rows });
    }
    if rows == 0 { Err(MetricError::Empty) } else { Ok(()) }
}

/// Checks that no value is NaN or infinite.
pub(super) fn finite<S: Score>(what: &'static str, values: &[S]) -> Result<(), MetricError> {
    match values.iter().position(|&v| !v.into().is_finite()) {
        Some(row) => Err(MetricError::NotFinite { what, value: values[row].into(), row }),
        None => Ok(()),
    }
}

/// Checks that values, `width` of them in each row, lie between 0 and 1.
pub(super) fn probabilities<S: Score>(values: &[S], width: usize) -> Result<(), MetricError> {
    match values.iter().position(|&v| !(0.0..=1.0).contains(&v.into())) {
        Some(at) => Err(MetricError::Probability { value: values[at].into(), row: at / width }),
        None => Ok(()),
    }
}
