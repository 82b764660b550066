//! Hyperparameters of linfa's decision tree.

use serde::{Deserialize, Serialize};

use crate::LearnError;
use crate::models::{Kind, in_range};

/// Hyperparameters as the pipeline file writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// Largest depth of the tree.
    pub max_depth: usize,
    /// Fewest rows in a leaf.
    pub min_leaf: f32,
    /// Smallest decrease of impurity that justifies a split.
    pub min_impurity_decrease: f64,
}

impl Default for Spec {
    fn default() -> Self {
        Self { max_depth: 10, min_leaf: 3.0, min_impurity_decrease: 1e-6 }
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
        let depth = (1..=64).contains(&self.max_depth);
        in_range(Self::NAME, "max_depth", self.max_depth as f64, depth, "between 1 and 64")?;
        let leaf = self.min_leaf >= 1.0;
        in_range(Self::NAME, "min_leaf", f64::from(self.min_leaf), leaf, "at least 1")?;
        let decrease = self.min_impurity_decrease;
        in_range(Self::NAME, "min_impurity_decrease", decrease, decrease > 0.0, "above 0")?;
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
