//! Hyperparameters of the nearest rows.

use serde::{Deserialize, Serialize};

use crate::LearnError;
use crate::models::range::{count, in_range};
use crate::models::{Checked, Kind};

/// Hyperparameters as the pipeline file writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// Which of the nearest references gives the distance: 1 is the nearest.
    pub k: usize,
    /// Most references that are kept.
    pub references: usize,
}

impl Default for Spec {
    fn default() -> Self {
        Self { k: 1, references: 1000 }
    }
}

impl Spec {
    pub(super) fn checked(&self) -> Result<Checked<Self>, LearnError> {
        count(Self::NAME, "k", self.k, 100)?;
        count(Self::NAME, "references", self.references, 100_000)?;
        let enough = self.k <= self.references;
        in_range(Self::NAME, "k", self.k as f64, enough, "at most `references`")?;
        Ok(Checked::new(self.clone()))
    }
}
