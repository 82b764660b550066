//! Hyperparameters of k-means.

use serde::{Deserialize, Serialize};

use crate::LearnError;
use crate::models::range::{count, positive};
use crate::models::{Checked, Kind};

/// Hyperparameters as the pipeline file writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// Number of centroids.
    pub clusters: usize,
    /// Runs from different starts, of which the best is kept.
    pub runs: usize,
    /// Most iterations of a run.
    pub max_iterations: usize,
    /// Movement of the centroids at which a run stops.
    pub tolerance: f64,
}

impl Default for Spec {
    fn default() -> Self {
        Self { clusters: 8, runs: 10, max_iterations: 300, tolerance: 1e-4 }
    }
}

impl Spec {
    pub(super) fn checked(&self) -> Result<Checked<Self>, LearnError> {
        count(Self::NAME, "clusters", self.clusters, 10_000)?;
        count(Self::NAME, "runs", self.runs, 1_000)?;
        count(Self::NAME, "max_iterations", self.max_iterations, 1_000_000)?;
        positive(Self::NAME, "tolerance", self.tolerance)?;
        Ok(Checked::new(self.clone()))
    }
}
