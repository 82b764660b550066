//! Hyperparameters of naive Bayes.

use serde::{Deserialize, Serialize};

use crate::LearnError;
use crate::models::range::positive;
use crate::models::{Checked, Kind};

/// Hyperparameters as the pipeline file writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// Added to every variance, as a share of the largest one.
    pub smoothing: f64,
}

impl Default for Spec {
    fn default() -> Self {
        Self { smoothing: 1e-9 }
    }
}

impl Spec {
    pub(super) fn checked(&self) -> Result<Checked<Self>, LearnError> {
        positive(Self::NAME, "smoothing", self.smoothing)?;
        Ok(Checked::new(self.clone()))
    }
}
