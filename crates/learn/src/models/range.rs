//! Hyperparameters and their ranges.

use crate::LearnError;

/// Hyperparameters whose ranges were checked: only a kind's own check makes them.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked<S>(S);

impl<S> Checked<S> {
    /// Takes what a kind's check has passed.
    pub(super) fn new(spec: S) -> Self {
        Self(spec)
    }
}

impl<S> std::ops::Deref for Checked<S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.0
    }
}

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

/// Checks a hyperparameter that must be positive.
pub(crate) fn positive(
    kind: &'static str,
    parameter: &'static str,
    value: f64,
) -> Result<(), LearnError> {
    in_range(kind, parameter, value, value > 0.0, "above 0")
}

/// Checks a hyperparameter that must not be negative.
pub(crate) fn not_negative(
    kind: &'static str,
    parameter: &'static str,
    value: f64,
) -> Result<(), LearnError> {
    in_range(kind, parameter, value, value >= 0.0, "at least 0")
}

/// Checks a count.
pub(crate) fn count(
    kind: &'static str,
    parameter: &'static str,
    value: usize,
    most: usize,
) -> Result<(), LearnError> {
    if (1..=most).contains(&value) {
        return Ok(());
    }
    let expected = if value == 0 { "at least 1" } else { "smaller" };
    Err(LearnError::Parameter { kind, parameter, found: value.to_string(), expected })
}
