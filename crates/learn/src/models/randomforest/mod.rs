//! Random forest (Breiman 2001): bootstrapped classification trees of our own engine, averaged.

mod fit;
mod lower;
mod spec;

pub use fit::Forest;
pub use spec::{FeatureRule, FeaturesPerSplit, Params, Spec};

pub(super) const KIND: &str = "randomforest";
