//! The contenders' kinds.
//!
//! Every folder looks the same: `spec` (hyperparameters from TOML, checked), `fit` (the fitted model),
//! `lower` (into a graph), and a `mod` that says what the kind is. [`Kind`] and [`Model`] are the
//! contract, [`KindSpec`] the closed list, [`ContenderSpec`] what a pipeline file writes.

pub mod decisiontree;
pub mod gradientboosting;
pub mod randomforest;
pub mod smartcore_extratrees;

mod contender;
mod ensemble;
mod kind;
mod kinds;
mod range;

#[cfg(test)]
mod laws;

pub use contender::{Contender, ContenderSpec, Fitted};
pub use kind::{Kind, Lowering, Model};
pub use kinds::{FittedKind, KindParams, KindSpec};

pub(crate) use contender::refuse_missing;
pub(crate) use ensemble::thresholds;
pub(crate) use range::in_range;
