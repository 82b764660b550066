//! How an ensemble is boosted.

use super::Loss;
use crate::trees::Size;

/// How an ensemble is boosted.
#[derive(Debug, Clone, PartialEq)]
pub struct BoostParams {
    /// What is minimised.
    pub loss: Loss,
    /// Rounds; each grows a tree per output.
    pub rounds: usize,
    /// Shrinkage of each tree.
    pub learning_rate: f64,
    /// Limits of each tree.
    pub size: Size,
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
    /// Share of rows drawn per round, without replacement.
    pub subsample: f64,
    /// Share of features drawn per tree, of those per level, and of those per node.
    pub features: FeatureShares,
    /// Per feature +1 if the output must not fall as it rises, -1 if it must not rise, else 0. Empty means
    /// no constraint. Not for softmax, whose outputs depend on one another.
    pub monotone: Vec<i8>,
    /// Stop after this many rounds without a better loss on the validation rows.
    pub patience: Option<usize>,
}

/// Shares of features drawn, each above 0 and at most 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FeatureShares {
    /// Per tree.
    pub tree: f64,
    /// Per level of a tree.
    pub level: f64,
    /// Per node.
    pub node: f64,
}

impl FeatureShares {
    /// All features everywhere.
    pub const ALL: Self = Self { tree: 1.0, level: 1.0, node: 1.0 };
}
