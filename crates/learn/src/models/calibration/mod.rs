//! Calibration: from any score to the probability of the event.
//!
//! A calibrator is fitted on the scores of training rows by models that did not see them, and becomes
//! part of the model: its graph answers with the calibrated probability.

mod isotonic;
mod lower;
mod platt;
mod spec;

pub use isotonic::Isotonic;
pub use platt::Platt;
pub use spec::{CalibrationMethod, CalibrationSpec};

use crate::LearnError;

/// A fitted calibration.
#[derive(Debug, Clone, PartialEq)]
pub enum Calibrator {
    /// A logistic curve.
    Platt(Platt),
    /// A rising broken line.
    Isotonic(Isotonic),
}

/// A score with its outcome and weight.
#[derive(Debug, Clone, Copy)]
pub(super) struct Outcome {
    pub(super) score: f64,
    pub(super) event: bool,
    pub(super) weight: f64,
}

impl Calibrator {
    /// Fits on held-out scores; `None` is no method.
    pub(super) fn fit(
        kind: &'static str,
        method: CalibrationMethod,
        outcomes: &[Outcome],
    ) -> Result<Option<Self>, LearnError> {
        if let Some(at) = outcomes.iter().position(|o| !o.score.is_finite()) {
            let reason = format!("calibration: held-out score {at} is not finite");
            return Err(LearnError::Fit { kind, reason });
        }
        Ok(match method {
            CalibrationMethod::None => None,
            CalibrationMethod::Platt => Some(Self::Platt(Platt::fit(outcomes))),
            CalibrationMethod::Isotonic => Some(Self::Isotonic(Isotonic::fit(outcomes))),
        })
    }

    /// The probability that belongs to a score.
    #[must_use]
    pub fn probability(&self, score: f64) -> f64 {
        match self {
            Self::Platt(curve) => curve.probability(score),
            Self::Isotonic(line) => line.probability(score),
        }
    }

    /// How much a difference of scores can grow.
    #[must_use]
    pub fn steepness(&self) -> f64 {
        match self {
            Self::Platt(curve) => curve.slope.abs() / 4.0,
            Self::Isotonic(line) => line.steepness(),
        }
    }
}
