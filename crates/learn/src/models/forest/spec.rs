//! Hyperparameters of our forests.

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};

use super::Flavour;
use crate::LearnError;
use crate::models::class_weight::ClassWeight;
use crate::models::{Checked, in_range};
use crate::trees::{Cutting, ForestParams, Growth, Size};

/// Hyperparameters as the pipeline file writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, bound = "")]
pub struct Spec<F: Flavour> {
    /// Number of trees.
    pub trees: usize,
    /// Largest depth of a tree.
    pub max_depth: usize,
    /// Most leaves of a tree.
    pub max_leaves: Option<usize>,
    /// Which node is divided next, if leaves are limited: `"depth_wise"` or `"leaf_wise"`.
    pub growth: Growth,
    /// Smallest weight of a leaf: without weights, drawn rows.
    pub min_leaf: u32,
    /// Smallest decrease of impurity, as a share of all rows, that is worth a split.
    pub min_decrease: f64,
    /// Features tried per split: `"sqrt"`, `"third"`, or a share between 0 and 1; by default the square
    /// root of their number for classes, a third for numbers.
    pub features_per_split: Option<FeaturesPerSplit>,
    /// Whether each tree sees rows drawn with replacement; random forests do, extra trees see all.
    pub bootstrap: Option<bool>,
    /// Rows drawn per tree, as a share of all.
    pub sample_share: f64,
    /// `"balanced"`, or a weight per class.
    pub class_weight: Option<ClassWeight>,
    /// Most bins per feature.
    pub max_bins: usize,
    /// Which forest it is.
    #[serde(skip)]
    pub flavour: PhantomData<F>,
}

/// How many features are tried per split.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
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
    /// A third of them.
    Third,
}

impl<F: Flavour> Default for Spec<F> {
    fn default() -> Self {
        Self {
            trees: 300,
            max_depth: 64,
            max_leaves: None,
            growth: Growth::DepthWise,
            min_leaf: 1,
            min_decrease: 0.0,
            features_per_split: None,
            bootstrap: None,
            sample_share: 1.0,
            class_weight: None,
            max_bins: 255,
            flavour: PhantomData,
        }
    }
}

impl<F: Flavour> Spec<F> {
    /// Checks the ranges.
    ///
    /// # Errors
    /// The first hyperparameter outside its range.
    pub(super) fn checked(&self) -> Result<Checked<Self>, LearnError> {
        let check = |name, value: usize, least: usize, most: usize, expected| {
            in_range(F::NAME, name, value as f64, (least..=most).contains(&value), expected)
        };
        check("trees", self.trees, 1, 100_000, "between 1 and 100,000")?;
        check("max_depth", self.max_depth, 1, 1_000, "between 1 and 1,000")?;
        check("max_leaves", self.max_leaves.unwrap_or(2), 2, 1 << 30, "at least 2")?;
        check("min_leaf", self.min_leaf as usize, 1, 1 << 30, "at least 1")?;
        check("max_bins", self.max_bins, 2, 255, "between 2 and 255")?;
        let share = |x: f64| x > 0.0 && x <= 1.0;
        if let Some(FeaturesPerSplit::Share(x)) = self.features_per_split {
            in_range(F::NAME, "features_per_split", x, share(x), "above 0 and at most 1")?;
        }
        let (drawn, decrease) = (self.sample_share, self.min_decrease);
        in_range(F::NAME, "sample_share", drawn, share(drawn), "above 0 and at most 1")?;
        in_range(F::NAME, "min_decrease", decrease, decrease >= 0.0, "at least 0")?;
        self.class_weight.as_ref().map_or(Ok(()), |weights| weights.check(F::NAME))?;
        Ok(Checked::new(self.clone()))
    }

    /// What the engine takes, for `width` features.
    pub(super) fn params(&self, width: usize, cutting: Cutting, numbers: bool) -> ForestParams {
        let usual = if numbers { FeatureRule::Third } else { FeatureRule::Sqrt };
        let wanted = match self.features_per_split.unwrap_or(FeaturesPerSplit::Rule(usual)) {
            FeaturesPerSplit::Rule(FeatureRule::Sqrt) => (width as f64).sqrt().round(),
            FeaturesPerSplit::Rule(FeatureRule::Third) => (width as f64 / 3.0).round(),
            FeaturesPerSplit::Share(share) => (width as f64 * share).round(),
        };
        ForestParams {
            trees: self.trees,
            size: Size {
                max_depth: self.max_depth,
                max_leaves: self.max_leaves.unwrap_or(usize::MAX),
                growth: self.growth,
            },
            min_leaf: f64::from(self.min_leaf),
            min_decrease: self.min_decrease,
            features_per_split: (wanted as usize).clamp(1, width.max(1)),
            cutting,
            bootstrap: self.bootstrap.unwrap_or(cutting == Cutting::Best),
            sample_share: self.sample_share,
        }
    }
}
