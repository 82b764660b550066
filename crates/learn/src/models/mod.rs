//! The contenders' kinds.
//!
//! Every folder looks the same: `spec` (hyperparameters from TOML, checked), `fit` (the fitted model),
//! `lower` (into a graph), and a `mod` that says what the kind is. [`Kind`] and [`Model`] are the
//! contract, [`KindSpec`] the closed list, [`ContenderSpec`] what a pipeline file writes.

pub mod decisiontree;
pub mod extratrees;
pub mod forest;
pub mod gradientboosting;
pub mod isolationforest;
pub mod linfa_elasticnet;
pub mod linfa_gmm;
pub mod linfa_kmeans;
pub mod linfa_logistic;
pub mod linfa_pca;
pub mod linfa_svm;
pub mod mahalanobis;
pub mod randomforest;
pub mod smartcore_extratrees;
pub mod smartcore_knn;
pub mod smartcore_lasso;
pub mod smartcore_naivebayes;
pub mod smartcore_randomforest;
pub mod smartcore_ridge;
pub mod smartcore_svc;

mod calibration;
mod centred;
mod class_weight;
mod contender;
mod convert;
mod distinct;
mod ensemble;
mod fitted;
mod front;
mod gaussians;
mod held_out;
mod interval;
mod kernel_machine;
mod kind;
mod kinds;
mod linear;
mod range;
mod smartcore_forest;
mod written;

#[cfg(test)]
mod laws;

pub use calibration::{CalibrationMethod, CalibrationSpec, Calibrator, Isotonic, Platt};
pub use class_weight::{ClassRule, ClassWeight};
pub use contender::{Contender, ContenderSpec};
pub use fitted::Fitted;
pub use front::{Front, FrontSpec, Impute, Scaling, Whitening};
pub use interval::{Bounds, IntervalSpec, LabelSets, LogScale, quantile_margin, split_margin};
pub use kernel_machine::{KernelMachine, KernelName};
pub use kind::{Kind, Lowering, Model};
pub use kinds::{FittedKind, KindParams, KindSpec};
pub use linear::{Linear, LinearLink};
pub use range::Checked;
pub use smartcore_forest::SmartcoreForest;

pub(crate) use ensemble::thresholds;
pub(crate) use front::refuse_missing;
pub(crate) use held_out::folds as training_folds;
pub(crate) use range::in_range;
