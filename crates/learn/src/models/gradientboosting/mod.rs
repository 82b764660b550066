//! Gradient boosting of our own tree engine, for the logistic loss.

mod fit;
mod lower;
mod spec;

pub use fit::Boosted;
pub use spec::{Params, Spec};

pub(super) const KIND: &str = "gradientboosting";
