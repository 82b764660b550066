//! Hyperparameters of linfa's support vector machine.

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
    /// How much more a violation by a positive row costs.
    pub positive_weight: f64,
    /// Width of the radial kernel, `exp(-gamma d^2)`, times the number of features.
    pub gamma: f64,
    /// Stopping tolerance of the optimisation.
    pub tolerance: f64,
    /// Most training rows: the kernel matrix has the square of their number as entries.
    pub max_rows: usize,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            kernel: KernelName::Rbf,
            c: 1.0,
            positive_weight: 1.0,
            gamma: 1.0,
            tolerance: 1e-3,
            max_rows: 20_000,
        }
    }
}

impl Spec {
    pub(super) fn checked(&self) -> Result<Checked<Self>, LearnError> {
        positive(Self::NAME, "c", self.c)?;
        positive(Self::NAME, "positive_weight", self.positive_weight)?;
        positive(Self::NAME, "gamma", self.gamma)?;
        positive(Self::NAME, "tolerance", self.tolerance)?;
        count(Self::NAME, "max_rows", self.max_rows, 100_000)?;
        Ok(Checked::new(self.clone()))
    }
}
