//! Hyperparameters of smartcore's extra trees.

use serde::{Deserialize, Serialize};

use crate::LearnError;
use crate::models::{Kind, in_range};

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

/// Hyperparameters in range.
#[derive(Debug, Clone, PartialEq)]
pub struct Params(Spec);

impl Spec {
    /// Checks the ranges.
    ///
    /// # Errors
    /// The first hyperparameter outside its range.
    pub(super) fn checked(&self) -> Result<Params, LearnError> {
        let Self { trees, max_depth, min_leaf, feature_share } = *self;
        let check =
            |name, value: f64, holds, expected| in_range(Self::NAME, name, value, holds, expected);
        check("trees", trees as f64, (1..=10_000).contains(&trees), "between 1 and 10,000")?;
        let depth = (1..=64).contains(&max_depth);
        check("max_depth", f64::from(max_depth), depth, "between 1 and 64")?;
        check("min_leaf", min_leaf as f64, min_leaf >= 1, "at least 1")?;
        let share = feature_share > 0.0 && feature_share <= 1.0;
        check("feature_share", feature_share, share, "above 0 and at most 1")?;
        Ok(Params(self.clone()))
    }
}

impl Params {
    /// The checked values.
    #[must_use]
    pub fn get(&self) -> &Spec {
        &self.0
    }
}
