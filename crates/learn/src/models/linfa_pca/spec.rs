//! Hyperparameters of the principal components detector.

use serde::{Deserialize, Serialize};

use crate::LearnError;
use crate::models::range::in_range;
use crate::models::{Checked, Kind};

/// What is scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Statistic {
    /// Hotelling's T2: the squared distance from the mean inside the components' plane, in units of
    /// their variances.
    T2,
    /// The squared prediction error, or Q: the squared distance from the plane.
    Spe,
    /// Each divided by its 99 % control limit, summed (Yue and Qin 2001).
    Combined,
}

/// Hyperparameters as the pipeline file writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// Share of variance that the components keep.
    pub variance: f64,
    /// What is scored.
    pub statistic: Statistic,
}

impl Default for Spec {
    fn default() -> Self {
        Self { variance: 0.9, statistic: Statistic::Combined }
    }
}

impl Spec {
    pub(super) fn checked(&self) -> Result<Checked<Self>, LearnError> {
        let share = self.variance > 0.0 && self.variance <= 1.0;
        in_range(Self::NAME, "variance", self.variance, share, "above 0 and at most 1")?;
        Ok(Checked::new(self.clone()))
    }
}
