//! Hyperparameters of smartcore's support vector classifier.

use serde::{Deserialize, Serialize};

use crate::LearnError;
use crate::models::range::{count, positive};
use crate::models::{Checked, KernelName, Kind};

/// Hyperparameters as the pipeline file writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// The similarity of two rows: `linear` or `rbf`.
    pub kernel: KernelName,
    /// Penalty on margin violations.
    pub c: f64,
    /// Width of the radial kernel, `exp(-gamma d^2)`, times the number of features.
    pub gamma: f64,
    /// Passes over the training rows.
    pub epochs: usize,
    /// Stopping tolerance of the optimisation.
    pub tolerance: f64,
    /// Most training rows: every pair of rows that is compared is kept in memory.
    pub max_rows: usize,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            kernel: KernelName::Rbf,
            c: 1.0,
            gamma: 1.0,
            epochs: 2,
            tolerance: 1e-3,
            max_rows: 20_000,
        }
    }
}

impl Spec {
    pub(super) fn checked(&self) -> Result<Checked<Self>, LearnError> {
        positive(Self::NAME, "c", self.c)?;
        positive(Self::NAME, "gamma", self.gamma)?;
        count(Self::NAME, "epochs", self.epochs, 1_000)?;
        positive(Self::NAME, "tolerance", self.tolerance)?;
        count(Self::NAME, "max_rows", self.max_rows, 100_000)?;
        Ok(Checked::new(self.clone()))
    }
}
