//! Hyperparameters and their ranges.

use crate::LearnError;

/// Checks one hyperparameter.
pub(crate) fn in_range(
    kind: &'static str,
    parameter: &'static str,
    value: f64,
    holds: bool,
    expected: &'static str,
) -> Result<(), LearnError> {
    if holds && value.is_finite() {
        Ok(())
    } else {
        Err(LearnError::Parameter { kind, parameter, found: value.to_string(), expected })
    }
}
