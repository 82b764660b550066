//! Extremely randomised trees (Geurts et al. 2006) of smartcore, fitted as a regression on 0 and 1.

mod fit;
mod lower;
mod spec;

pub use fit::ExtraTrees;
pub use spec::{Params, Spec};

pub(super) const KIND: &str = "extratrees";
