//! Hyperparameters of smartcore's extra trees.

use serde::{Deserialize, Serialize};

use crate::LearnError;
use crate::models::range::{count, in_range};
use crate::models::{Checked, Kind};

/// Hyperparameters as the pipeline file writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// Number of trees.
    pub trees: usize,
    /// Largest depth of a tree; smartcore keeps splitting pure nodes, so there is always one.
    pub max_depth: u16,
    /// Fewest rows in a leaf.
    pub min_leaf: usize,
    /// Share of features tried per split.
    pub feature_share: f64,
}

impl Default for Spec {
    fn default() -> Self {
        Self { trees: 100, max_depth: 16, min_leaf: 1, feature_share: 0.5 }
    }
}

impl Spec {
    pub(super) fn checked(&self) -> Result<Checked<Self>, LearnError> {
        count(Self::NAME, "trees", self.trees, 10_000)?;
        let depth = (1..=64).contains(&self.max_depth);
        in_range(Self::NAME, "max_depth", f64::from(self.max_depth), depth, "between 1 and 64")?;
        count(Self::NAME, "min_leaf", self.min_leaf, 1 << 30)?;
        let share = self.feature_share > 0.0 && self.feature_share <= 1.0;
        in_range(Self::NAME, "feature_share", self.feature_share, share, "above 0 and at most 1")?;
        Ok(Checked::new(self.clone()))
    }
}
