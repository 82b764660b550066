//! How a model is calibrated.

use serde::{Deserialize, Serialize};

use crate::LearnError;
use crate::models::in_range;

/// The curve from scores to probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CalibrationMethod {
    /// None: the score is the probability.
    None,
    /// A logistic curve (Platt 1999).
    Platt,
    /// A rising broken line (Zadrozny and Elkan 2002).
    Isotonic,
}

/// Calibration as the pipeline file writes it: `"platt"`, or `{ method = "platt", folds = 5 }`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct CalibrationSpec {
    /// The curve.
    pub method: CalibrationMethod,
    /// Folds for the held-out scores, fewer where the rarer class has fewer groups.
    pub folds: usize,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Name(CalibrationMethod),
    Full(Full),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Full {
    method: CalibrationMethod,
    #[serde(default = "five")]
    folds: usize,
}

fn five() -> usize {
    5
}

impl From<Written> for CalibrationSpec {
    fn from(written: Written) -> Self {
        match written {
            Written::Name(method) => Self { method, folds: five() },
            Written::Full(Full { method, folds }) => Self { method, folds },
        }
    }
}

impl CalibrationSpec {
    /// A method with five folds.
    #[must_use]
    pub fn new(method: CalibrationMethod) -> Self {
        Self { method, folds: five() }
    }

    /// Checks the ranges.
    pub(in crate::models) fn check(&self, kind: &'static str) -> Result<(), LearnError> {
        let folds = (2..=50).contains(&self.folds);
        in_range(kind, "calibration.folds", self.folds as f64, folds, "between 2 and 50")
    }
}
