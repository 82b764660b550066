//! Hyperparameters of the lasso.

use serde::{Deserialize, Serialize};

use crate::LearnError;
use crate::models::range::{count, positive};
use crate::models::{Checked, Kind};

/// Hyperparameters as the pipeline file writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// L1 penalty.
    pub alpha: f64,
    /// Most iterations.
    pub max_iterations: usize,
    /// Duality gap at which it stops.
    pub tolerance: f64,
}

impl Default for Spec {
    fn default() -> Self {
        Self { alpha: 1.0, max_iterations: 1_000, tolerance: 1e-4 }
    }
}

impl Spec {
    pub(super) fn checked(&self) -> Result<Checked<Self>, LearnError> {
        positive(Self::NAME, "alpha", self.alpha)?;
        count(Self::NAME, "max_iterations", self.max_iterations, 1_000_000)?;
        positive(Self::NAME, "tolerance", self.tolerance)?;
        Ok(Checked::new(self.clone()))
    }
}
