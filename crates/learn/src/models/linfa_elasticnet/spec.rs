//! Hyperparameters of linfa's elastic net.

use serde::{Deserialize, Serialize};

use crate::LearnError;
use crate::models::range::{count, in_range, not_negative, positive};
use crate::models::{Checked, Kind};

/// Hyperparameters as the pipeline file writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// Weight of both penalties together.
    pub penalty: f64,
    /// Share of the L1 penalty, from 0 (ridge) to 1 (lasso).
    pub l1_ratio: f64,
    /// Most passes over the features.
    pub max_iterations: usize,
    /// Duality gap, as a share of the target's variation, at which it stops.
    pub tolerance: f64,
}

impl Default for Spec {
    fn default() -> Self {
        Self { penalty: 0.01, l1_ratio: 0.5, max_iterations: 10_000, tolerance: 1e-6 }
    }
}

impl Spec {
    pub(super) fn checked(&self) -> Result<Checked<Self>, LearnError> {
        not_negative(Self::NAME, "penalty", self.penalty)?;
        let share = (0.0..=1.0).contains(&self.l1_ratio);
        in_range(Self::NAME, "l1_ratio", self.l1_ratio, share, "between 0 and 1")?;
        count(Self::NAME, "max_iterations", self.max_iterations, 1_000_000)?;
        positive(Self::NAME, "tolerance", self.tolerance)?;
        Ok(Checked::new(self.clone()))
    }
}
