//! Hyperparameters of the Mahalanobis detector.

use serde::{Deserialize, Serialize};

use crate::LearnError;
use crate::models::range::not_negative;
use crate::models::{Checked, Kind};

/// Hyperparameters as the pipeline file writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// Added to every variance, as a share of it.
    pub regularisation: f64,
}

impl Default for Spec {
    fn default() -> Self {
        Self { regularisation: 1e-6 }
    }
}

impl Spec {
    pub(super) fn checked(&self) -> Result<Checked<Self>, LearnError> {
        not_negative(Self::NAME, "regularisation", self.regularisation)?;
        Ok(Checked::new(self.clone()))
    }
}
