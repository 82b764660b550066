//! Hyperparameters of ridge regression.

use serde::{Deserialize, Serialize};

use crate::LearnError;
use crate::models::range::positive;
use crate::models::{Checked, Kind};

/// Hyperparameters as the pipeline file writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// L2 penalty.
    pub alpha: f64,
}

impl Default for Spec {
    fn default() -> Self {
        Self { alpha: 1.0 }
    }
}

impl Spec {
    pub(super) fn checked(&self) -> Result<Checked<Self>, LearnError> {
        positive(Self::NAME, "alpha", self.alpha)?;
        Ok(Checked::new(self.clone()))
    }
}
