//! Hyperparameters of linfa's logistic regression.

use serde::{Deserialize, Serialize};

use crate::LearnError;
use crate::models::range::{count, not_negative};
use crate::models::{Checked, Kind};

/// Hyperparameters as the pipeline file writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// L2 penalty.
    pub alpha: f64,
    /// Most iterations of L-BFGS.
    pub max_iterations: usize,
}

impl Default for Spec {
    fn default() -> Self {
        Self { alpha: 1.0, max_iterations: 200 }
    }
}

impl Spec {
    pub(super) fn checked(&self) -> Result<Checked<Self>, LearnError> {
        not_negative(Self::NAME, "alpha", self.alpha)?;
        count(Self::NAME, "max_iterations", self.max_iterations, 1_000_000)?;
        Ok(Checked::new(self.clone()))
    }
}
