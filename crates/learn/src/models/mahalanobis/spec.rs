//! Hyperparameters of the Mahalanobis detector.

use serde::{Deserialize, Serialize};

use crate::LearnError;
use crate::models::range::not_negative;
use crate::models::{Checked, Kind};

/// How the covariance is drawn towards a multiple of the identity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shrinkage {
    /// Not at all.
    #[default]
    None,
    /// By the share that loses least in expectation (Ledoit and Wolf 2004, "A well-conditioned estimator for
    /// large-dimensional covariance matrices"). It takes fewer rows than features; these should be scaled
    /// alike, since the identity gives all of them one variance.
    LedoitWolf,
}

/// Hyperparameters as the pipeline file writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// Added to every variance, as a share of it.
    pub regularisation: f64,
    /// Shrinkage of the covariance, before that.
    #[serde(skip_serializing_if = "Shrinkage::is_none")]
    pub shrinkage: Shrinkage,
}

impl Shrinkage {
    /// Specifications from before there was any are written as they were.
    fn is_none(&self) -> bool {
        *self == Self::None
    }
}

impl Default for Spec {
    fn default() -> Self {
        Self { regularisation: 1e-6, shrinkage: Shrinkage::None }
    }
}

impl Spec {
    pub(super) fn checked(&self) -> Result<Checked<Self>, LearnError> {
        not_negative(Self::NAME, "regularisation", self.regularisation)?;
        Ok(Checked::new(self.clone()))
    }
}
