//! Extremely randomised trees (Geurts, Ernst and Wehenkel 2006) of our own engine: as a random forest, but
//! each drawn feature is cut at a random place, and every tree sees all rows.

use super::forest::{self, Flavour};
use crate::trees::Cutting;

pub use super::forest::{FeatureRule, FeaturesPerSplit, Forest};

/// Hyperparameters as the pipeline file writes them.
pub type Spec = forest::Spec<ExtraTrees>;

/// Random cuts on all rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraTrees;

impl Flavour for ExtraTrees {
    const NAME: &'static str = "extratrees";
    const CUTTING: Cutting = Cutting::Random;
}
