//! Hyperparameters of the Gaussian mixture.

use serde::{Deserialize, Serialize};

use crate::LearnError;
use crate::models::range::{count, positive};
use crate::models::{Checked, Kind};

/// Hyperparameters as the pipeline file writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// Number of components.
    pub components: usize,
    /// Added to every variance.
    pub regularisation: f64,
    /// Most iterations.
    pub max_iterations: usize,
    /// Gain of the mean log likelihood at which it stops.
    pub tolerance: f64,
}

impl Default for Spec {
    fn default() -> Self {
        Self { components: 3, regularisation: 1e-6, max_iterations: 200, tolerance: 1e-3 }
    }
}

impl Spec {
    pub(super) fn checked(&self) -> Result<Checked<Self>, LearnError> {
        count(Self::NAME, "components", self.components, 1_000)?;
        positive(Self::NAME, "regularisation", self.regularisation)?;
        count(Self::NAME, "max_iterations", self.max_iterations, 1_000_000)?;
        positive(Self::NAME, "tolerance", self.tolerance)?;
        Ok(Checked::new(self.clone()))
    }
}
