//! Hyperparameters of the random forest.

use serde::{Deserialize, Serialize};

use crate::LearnError;
use crate::models::{Kind, in_range};

/// Hyperparameters as the pipeline file writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// Number of trees.
    pub trees: usize,
    /// Largest depth of a tree.
    pub max_depth: usize,
    /// Fewest bootstrapped rows in a leaf.
    pub min_leaf: u32,
    /// Features tried per split: `"sqrt"`, or a share between 0 and 1.
    pub features_per_split: FeaturesPerSplit,
    /// Most bins per feature.
    pub max_bins: usize,
}

/// How many features are tried per split.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", untagged)]
pub enum FeaturesPerSplit {
    /// A rule by name.
    Rule(FeatureRule),
    /// A share of all features.
    Share(f64),
}

/// A named rule for the number of features.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeatureRule {
    /// The square root of their number.
    Sqrt,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            trees: 300,
            max_depth: 64,
            min_leaf: 1,
            features_per_split: FeaturesPerSplit::Rule(FeatureRule::Sqrt),
            max_bins: 65_535,
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
        let check = |name, value: usize, least: usize, most: usize, expected| {
            in_range(Self::NAME, name, value as f64, (least..=most).contains(&value), expected)
        };
        check("trees", self.trees, 1, 100_000, "between 1 and 100,000")?;
        check("max_depth", self.max_depth, 1, 1_000, "between 1 and 1,000")?;
        check("min_leaf", self.min_leaf as usize, 1, 1 << 30, "at least 1")?;
        check("max_bins", self.max_bins, 2, 65_535, "between 2 and 65,535")?;
        if let FeaturesPerSplit::Share(share) = self.features_per_split {
            let holds = share > 0.0 && share <= 1.0;
            in_range(Self::NAME, "features_per_split", share, holds, "above 0 and at most 1")?;
        }
        Ok(Params(self.clone()))
    }
}

impl Params {
    /// The checked values.
    #[must_use]
    pub fn get(&self) -> &Spec {
        &self.0
    }

    /// Features tried per split out of `width`.
    #[must_use]
    pub fn features_per_split(&self, width: usize) -> usize {
        let wanted = match self.0.features_per_split {
            FeaturesPerSplit::Rule(FeatureRule::Sqrt) => (width as f64).sqrt().round(),
            FeaturesPerSplit::Share(share) => (width as f64 * share).round(),
        };
        (wanted as usize).clamp(1, width.max(1))
    }
}
