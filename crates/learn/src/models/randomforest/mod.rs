//! Random forest (Breiman 2001) of our own engine: trees on drawn rows, each split the best of a few drawn
//! features, averaged. For classes the outputs are mean class shares, for numbers mean values.

use super::forest::{self, Flavour};
use crate::trees::Cutting;

pub use super::forest::{FeatureRule, FeaturesPerSplit, Forest};

/// Hyperparameters as the pipeline file writes them.
pub type Spec = forest::Spec<RandomForest>;

/// Best cuts on drawn rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RandomForest;

impl Flavour for RandomForest {
    const NAME: &'static str = "randomforest";
    const CUTTING: Cutting = Cutting::Best;
}
