//! Hyperparameters of the isolation forest.

use serde::{Deserialize, Serialize};

use crate::LearnError;
use crate::models::{Checked, Kind, in_range};
use crate::trees::IsolationParams;

/// Hyperparameters as the pipeline file writes them; the defaults are the paper's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// Number of trees.
    pub trees: usize,
    /// Rows drawn per tree, without replacement.
    pub sample: usize,
    /// Largest depth of a tree; by default the logarithm of the sample.
    pub max_depth: Option<usize>,
}

impl Default for Spec {
    fn default() -> Self {
        Self { trees: 100, sample: 256, max_depth: None }
    }
}

impl Spec {
    /// Checks the ranges.
    ///
    /// # Errors
    /// The first hyperparameter outside its range.
    pub(super) fn checked(&self) -> Result<Checked<Self>, LearnError> {
        let check = |name, value: usize, least: usize, most: usize, expected| {
            in_range(Self::NAME, name, value as f64, (least..=most).contains(&value), expected)
        };
        check("trees", self.trees, 1, 100_000, "between 1 and 100,000")?;
        check("sample", self.sample, 2, 1 << 24, "between 2 and 16,777,216")?;
        check("max_depth", self.max_depth.unwrap_or(1), 1, 1_000, "between 1 and 1,000")?;
        Ok(Checked::new(self.clone()))
    }

    pub(super) fn params(&self) -> IsolationParams {
        IsolationParams { trees: self.trees, sample: self.sample, max_depth: self.max_depth }
    }
}
