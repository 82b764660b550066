//! Hyperparameters of gradient boosting.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::LearnError;
use crate::models::class_weight::ClassWeight;
use crate::models::{Checked, Kind, in_range};
use crate::trees::Growth;

/// Hyperparameters as the pipeline file writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// Number of rounds; each grows a tree, or one per class if there are more than two.
    pub trees: usize,
    /// Shrinkage of each tree.
    pub learning_rate: f64,
    /// Of numbers: `"squared"` (the default), `"absolute"` or `{ quantile = 0.9 }`. Classes have the log
    /// loss.
    pub loss: Option<LossSpec>,
    /// Largest depth of a tree.
    pub max_depth: usize,
    /// Most leaves of a tree.
    pub max_leaves: Option<usize>,
    /// Which node is divided next: `"depth_wise"` or `"leaf_wise"`.
    pub growth: Growth,
    /// Smallest sum of hessians in a leaf.
    pub min_child_weight: f64,
    /// Fewest rows in a leaf.
    pub min_leaf: u32,
    /// Smallest gain that is worth a split.
    pub min_gain: f64,
    /// L2 penalty on leaf values.
    pub lambda: f64,
    /// L1 penalty on leaf values.
    pub alpha: f64,
    /// Share of rows drawn per round.
    pub subsample: f64,
    /// Share of features drawn per tree.
    pub feature_share: f64,
    /// Share of those drawn per level.
    pub feature_share_level: f64,
    /// Share of those drawn per node.
    pub feature_share_node: f64,
    /// Features along which the output may only rise or only fall.
    pub monotone: BTreeMap<String, Direction>,
    /// Holds back training rows and stops when they are predicted no better.
    pub early_stopping: Option<EarlyStopping>,
    /// `"balanced"`, or a weight per class.
    pub class_weight: Option<ClassWeight>,
    /// Most bins per feature.
    pub max_bins: usize,
}

/// The loss of a regression.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossSpec {
    /// The squared error: the mean is learned.
    Squared,
    /// The absolute error: the median is learned.
    Absolute,
    /// The pinball loss: this quantile is learned.
    Quantile(f64),
}

/// How an output may change as a feature rises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// It must not fall.
    Rising,
    /// It must not rise.
    Falling,
}

/// When boosting stops by itself.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlyStopping {
    /// Rounds without a better loss.
    pub patience: usize,
    /// Share of the training groups that is held back.
    pub share: f64,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            trees: 300,
            learning_rate: 0.05,
            loss: None,
            max_depth: 4,
            max_leaves: None,
            growth: Growth::DepthWise,
            min_child_weight: 1.0,
            min_leaf: 1,
            min_gain: 0.0,
            lambda: 1.0,
            alpha: 0.0,
            subsample: 0.8,
            feature_share: 1.0,
            feature_share_level: 1.0,
            feature_share_node: 1.0,
            monotone: BTreeMap::new(),
            early_stopping: None,
            class_weight: None,
            max_bins: 255,
        }
    }
}

impl Spec {
    /// Checks the ranges.
    ///
    /// # Errors
    /// The first hyperparameter outside its range.
    pub(super) fn checked(&self) -> Result<Checked<Self>, LearnError> {
        let whole = |name, value: usize, least: usize, most: usize, expected| {
            in_range(Self::NAME, name, value as f64, (least..=most).contains(&value), expected)
        };
        let number =
            |name, value: f64, holds, expected| in_range(Self::NAME, name, value, holds, expected);
        let share = |name, x: f64| number(name, x, x > 0.0 && x <= 1.0, "above 0 and at most 1");
        let not_negative = |name, x: f64| number(name, x, x >= 0.0, "at least 0");
        whole("trees", self.trees, 1, 100_000, "between 1 and 100,000")?;
        whole("max_depth", self.max_depth, 1, 64, "between 1 and 64")?;
        whole("max_leaves", self.max_leaves.unwrap_or(2), 2, 1 << 20, "between 2 and 1,048,576")?;
        whole("min_leaf", self.min_leaf as usize, 1, 1 << 30, "at least 1")?;
        whole("max_bins", self.max_bins, 2, 255, "between 2 and 255")?;
        share("learning_rate", self.learning_rate)?;
        share("subsample", self.subsample)?;
        share("feature_share", self.feature_share)?;
        share("feature_share_level", self.feature_share_level)?;
        share("feature_share_node", self.feature_share_node)?;
        not_negative("min_child_weight", self.min_child_weight)?;
        not_negative("min_gain", self.min_gain)?;
        not_negative("alpha", self.alpha)?;
        number("lambda", self.lambda, self.lambda > 0.0, "above 0")?;
        if let Some(LossSpec::Quantile(q)) = self.loss {
            number("loss", q, q > 0.0 && q < 1.0, "a quantile above 0 and below 1")?;
        }
        if let Some(EarlyStopping { patience, share }) = self.early_stopping {
            whole("early_stopping", patience, 1, 100_000, "of a patience of at least 1")?;
            let holds = share > 0.0 && share <= 0.5;
            number("early_stopping", share, holds, "of a share above 0 and at most 0.5")?;
        }
        self.class_weight.as_ref().map_or(Ok(()), |weights| weights.check(Self::NAME))?;
        Ok(Checked::new(self.clone()))
    }
}
