//! Hyperparameters of gradient boosting.

use serde::{Deserialize, Serialize};

use crate::LearnError;
use crate::models::{Kind, in_range};
use crate::trees::BoostParams;

/// Hyperparameters as the pipeline file writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// Number of trees.
    pub trees: usize,
    /// Shrinkage of each tree.
    pub learning_rate: f64,
    /// Largest depth of a tree.
    pub max_depth: usize,
    /// Smallest sum of hessians in a leaf.
    pub min_child_weight: f64,
    /// L2 penalty on leaf values.
    pub lambda: f64,
    /// Share of rows drawn per tree.
    pub subsample: f64,
    /// Share of features drawn per tree.
    pub feature_share: f64,
    /// Most bins per feature.
    pub max_bins: usize,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            trees: 300,
            learning_rate: 0.05,
            max_depth: 4,
            min_child_weight: 1.0,
            lambda: 1.0,
            subsample: 0.8,
            feature_share: 1.0,
            max_bins: 255,
        }
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
        let share = |x: f64| x > 0.0 && x <= 1.0;
        let Self { trees, learning_rate, max_depth, min_child_weight, .. } = *self;
        let Self { lambda, subsample, feature_share, max_bins, .. } = *self;
        let check =
            |name, value: f64, holds, expected| in_range(Self::NAME, name, value, holds, expected);
        check("trees", trees as f64, (1..=100_000).contains(&trees), "between 1 and 100,000")?;
        check("learning_rate", learning_rate, share(learning_rate), "above 0 and at most 1")?;
        check("max_depth", max_depth as f64, (1..=64).contains(&max_depth), "between 1 and 64")?;
        check("min_child_weight", min_child_weight, min_child_weight >= 0.0, "at least 0")?;
        check("lambda", lambda, lambda > 0.0, "above 0")?;
        check("subsample", subsample, share(subsample), "above 0 and at most 1")?;
        check("feature_share", feature_share, share(feature_share), "above 0 and at most 1")?;
        let bins = (2..=65_535).contains(&max_bins);
        check("max_bins", max_bins as f64, bins, "between 2 and 65,535")?;
        Ok(Params(self.clone()))
    }
}

impl Params {
    /// The checked values.
    #[must_use]
    pub fn get(&self) -> &Spec {
        &self.0
    }

    pub(super) fn boost(&self) -> BoostParams {
        let spec = &self.0;
        BoostParams {
            trees: spec.trees,
            learning_rate: spec.learning_rate,
            max_depth: spec.max_depth,
            min_child_weight: spec.min_child_weight,
            lambda: spec.lambda,
            subsample: spec.subsample,
            feature_share: spec.feature_share,
        }
    }
}
