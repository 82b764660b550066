//! Metrics of predicted numbers and of predicted intervals.

use super::probability::mean;
use super::score::{finite, lengths};
use super::{MetricError, Weights};

/// Mean absolute error, in the target's unit.
///
/// # Errors
/// No rows, lengths that differ, a value that is not finite, weights that are none.
pub fn mean_absolute_error<'a>(
    predicted: &[f64],
    actual: &[f64],
    weights: impl Into<Weights<'a>>,
) -> Result<f64, MetricError> {
    let weights = checked(predicted, actual, weights)?;
    Ok(mean(actual.len(), weights, |row| (predicted[row] - actual[row]).abs()))
}

/// Root of the mean squared error, in the target's unit.
///
/// # Errors
/// As [`mean_absolute_error`].
pub fn root_mean_squared_error<'a>(
    predicted: &[f64],
    actual: &[f64],
    weights: impl Into<Weights<'a>>,
) -> Result<f64, MetricError> {
    let weights = checked(predicted, actual, weights)?;
    Ok(mean(actual.len(), weights, |row| (predicted[row] - actual[row]).powi(2)).sqrt())
}

/// Coefficient of determination: 1 less the ratio of squared errors to squared distances from the mean.
///
/// A constant target has 1 where every row is predicted right and 0 else; that it is constant is seen by
/// its values, not by a spread that rounding may leave. A single row has NaN.
///
/// # Errors
/// As [`mean_absolute_error`].
pub fn r_squared<'a>(
    predicted: &[f64],
    actual: &[f64],
    weights: impl Into<Weights<'a>>,
) -> Result<f64, MetricError> {
    let weights = checked(predicted, actual, weights)?;
    let rows = actual.len();
    if rows < 2 {
        return Ok(f64::NAN);
    }
    let errors = mean(rows, weights, |row| (predicted[row] - actual[row]).powi(2));
    if errors == 0.0 {
        return Ok(1.0);
    }
    let mut counted = (0..rows).filter(|&row| weights.of(row) > 0.0).map(|row| actual[row]);
    let first = counted.next();
    if counted.all(|value| Some(value) == first) {
        return Ok(0.0);
    }
    let centre = mean(rows, weights, |row| actual[row]);
    let spread = mean(rows, weights, |row| (actual[row] - centre).powi(2));
    Ok(1.0 - errors / spread)
}

/// Pinball loss of a predicted `quantile` (Koenker and Bassett 1978), in the target's unit.
///
/// # Errors
/// As [`mean_absolute_error`]; a quantile outside 0 to 1.
pub fn pinball_loss<'a>(
    predicted: &[f64],
    actual: &[f64],
    quantile: f64,
    weights: impl Into<Weights<'a>>,
) -> Result<f64, MetricError> {
    if !(0.0..=1.0).contains(&quantile) {
        return Err(MetricError::Parameter {
            parameter: "quantile",
            found: quantile,
            expected: "from 0 to 1",
        });
    }
    let weights = checked(predicted, actual, weights)?;
    Ok(mean(actual.len(), weights, |row| {
        let above = actual[row] - predicted[row];
        if above >= 0.0 { quantile * above } else { (quantile - 1.0) * above }
    }))
}

/// How predicted intervals fared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coverage {
    /// Share of rows whose target lies in its interval, bounds included.
    pub share: f64,
    /// Mean width, in the target's unit.
    pub width: f64,
}

/// Coverage and width of the intervals from `low` to `high`. Infinite bounds are allowed.
///
/// # Errors
/// As [`mean_absolute_error`]; a bound that is NaN or above the other.
pub fn interval_coverage<'a>(
    low: &[f64],
    high: &[f64],
    actual: &[f64],
    weights: impl Into<Weights<'a>>,
) -> Result<Coverage, MetricError> {
    let weights = weights.into();
    lengths("lower bounds", low.len(), actual.len())?;
    lengths("upper bounds", high.len(), actual.len())?;
    finite("target", actual)?;
    weights.check(actual.len())?;
    let width = |row: usize| high[row] - low[row];
    if let Some(row) = (0..actual.len()).find(|&row| width(row).is_nan() || width(row) < 0.0) {
        return Err(MetricError::Bounds { low: low[row], high: high[row], row });
    }
    let inside = |row: usize| f64::from(u8::from((low[row]..=high[row]).contains(&actual[row])));
    Ok(Coverage {
        share: mean(actual.len(), weights, inside),
        width: mean(actual.len(), weights, width),
    })
}

fn checked<'a>(
    predicted: &[f64],
    actual: &[f64],
    weights: impl Into<Weights<'a>>,
) -> Result<Weights<'a>, MetricError> {
    let weights = weights.into();
    lengths("predictions", predicted.len(), actual.len())?;
    finite("prediction", predicted)?;
    finite("target", actual)?;
    weights.check(actual.len())?;
    Ok(weights)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinball_loss_of_the_median_is_half_the_absolute_error() {
        let (predicted, actual) = ([1.0, 5.0, -2.0], [3.0, 4.0, -2.0]);
        let pinball = pinball_loss(&predicted, &actual, 0.5, Weights::Equal).unwrap();
        let absolute = mean_absolute_error(&predicted, &actual, Weights::Equal).unwrap();
        assert!((2.0 * pinball - absolute).abs() < 1e-15);
        assert!(pinball_loss(&predicted, &actual, 1.5, Weights::Equal).is_err());
    }

    #[test]
    fn a_constant_target_has_one_or_nothing() {
        assert_eq!(r_squared(&[2.0, 2.0], &[2.0, 2.0], Weights::Equal), Ok(1.0));
        assert_eq!(r_squared(&[2.0, 2.1], &[2.0, 2.0], Weights::Equal), Ok(0.0));
        assert!(r_squared(&[2.0], &[2.0], Weights::Equal).unwrap().is_nan());
    }

    #[test]
    fn bounds_count_as_inside_and_must_be_in_order() {
        let coverage =
            interval_coverage(&[0.0, 1.0, 5.0], &[1.0, 1.0, 6.0], &[1.0, 1.0, 7.0], &[1, 1, 2]);
        assert_eq!(coverage, Ok(Coverage { share: 0.5, width: 0.75 }));
        let open = interval_coverage(&[f64::NEG_INFINITY], &[2.0], &[1.0], Weights::Equal);
        assert_eq!(open.unwrap().share, 1.0);
        let swapped = interval_coverage(&[2.0], &[1.0], &[1.0], Weights::Equal).unwrap_err();
        assert_eq!(swapped, MetricError::Bounds { low: 2.0, high: 1.0, row: 0 });
    }

    #[test]
    fn a_prediction_that_is_no_number_is_refused() {
        let refused = mean_absolute_error(&[1.0, f64::NAN], &[1.0, 2.0], Weights::Equal);
        assert!(matches!(refused, Err(MetricError::NotFinite { row: 1, .. })));
        let refused = root_mean_squared_error(&[1.0], &[f64::INFINITY], Weights::Equal);
        assert!(matches!(refused, Err(MetricError::NotFinite { what: "target", .. })));
    }
}
