//! Why a model cannot be fitted, lowered or judged.

use gauntlet_bundle::{BundleError, GraphError};
use gauntlet_core::SplitError;
use gauntlet_features::FeatureError;

use crate::metrics::MetricError;
use crate::splits::FoldError;

/// Everything that can go wrong between training rows and a verdict.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LearnError {
    /// A hyperparameter outside its range.
    #[error("`{kind}`: `{parameter}` is {found}, it must be {expected}")]
    Parameter {
        /// The contender's kind.
        kind: &'static str,
        /// The hyperparameter.
        parameter: &'static str,
        /// Its value.
        found: String,
        /// The range.
        expected: &'static str,
    },
    /// A feature value that is infinite.
    #[error("feature `{feature}` is infinite in row {row}: a formula divides by zero there")]
    Infinite {
        /// The feature.
        feature: String,
        /// The row, from 0.
        row: u32,
    },
    /// A model kind that cannot take missing values.
    #[error("`{kind}` cannot be fitted on missing values, and feature `{feature}` has some")]
    Missing {
        /// The model's kind.
        kind: &'static str,
        /// The feature.
        feature: String,
    },
    /// Rows of one class only.
    #[error("all {rows} training rows have the same label: there is nothing to learn")]
    OneClass {
        /// Training rows.
        rows: usize,
    },
    /// A library's fit failed.
    #[error("`{kind}` could not be fitted: {reason}")]
    Fit {
        /// The contender's kind.
        kind: &'static str,
        /// What the library says.
        reason: String,
    },
    /// A library's fitted model does not look as expected.
    #[error("the fitted `{kind}` has a form that this version cannot export: {reason}")]
    Lower {
        /// The contender's kind.
        kind: &'static str,
        /// What is missing or new.
        reason: String,
    },
    /// A feature that no graph can compute.
    #[error("feature or column `{name}` cannot be exported: {reason}")]
    Graph {
        /// The feature or column.
        name: String,
        /// Why not.
        reason: String,
    },
    /// The graph's parts do not fit.
    #[error(transparent)]
    Build(#[from] GraphError),
    /// A bundle failed.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A recipe failed.
    #[error(transparent)]
    Feature(#[from] FeatureError),
    /// A split failed.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// Rows could not be divided into folds.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// A metric could not be computed.
    #[error(transparent)]
    Metric(#[from] MetricError),
}
