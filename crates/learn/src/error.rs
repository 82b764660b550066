//! Why a model cannot be fitted, lowered or judged.

use gauntlet_bundle::{BundleError, GraphError};
use gauntlet_core::SplitError;
use gauntlet_features::FeatureError;

use crate::Task;
use crate::intervals::IntervalError;
use crate::metrics::MetricError;
use crate::rul::RulError;
use crate::search::SearchError;
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
    /// A kind asked for a task that it does not do.
    #[error("`{kind}` cannot be fitted for {task}")]
    Task {
        /// The contender's kind.
        kind: &'static str,
        /// The task.
        task: Task,
    },
    /// A target of one task read as that of another.
    #[error("these rows have a {found} target, and a {expected} one is needed")]
    Target {
        /// The task that is needed.
        expected: Task,
        /// The task of the target.
        found: Task,
    },
    /// No rows, no features, or no row that counts.
    #[error("there are no training rows, or no features, to learn from")]
    Empty,
    /// A class index without a class.
    #[error("row {row} is of class {class}, but there are only {classes} classes")]
    Class {
        /// The index.
        class: u32,
        /// Classes there are.
        classes: usize,
        /// The row, from 0.
        row: u32,
    },
    /// A target that is no number.
    #[error("the target is {value} in row {row}: it must be finite")]
    TargetValue {
        /// The target.
        value: f64,
        /// The row, from 0.
        row: u32,
    },
    /// A weight that is no weight.
    #[error("the weight is {value} in row {row}: it must be finite and at least 0")]
    WeightValue {
        /// The weight.
        value: f32,
        /// The row, from 0.
        row: u32,
    },
    /// Weighted rows for a kind that does not weigh.
    #[error("`{kind}` does not follow row weights: leave them out or choose another kind")]
    Weights {
        /// The contender's kind.
        kind: &'static str,
    },
    /// A model that no graph can hold.
    #[error("`{kind}` is judge only: {reason}")]
    JudgeOnly {
        /// The contender's kind.
        kind: &'static str,
        /// Why it cannot be exported.
        reason: &'static str,
    },
    /// Answers that do not have the form of the task's.
    #[error("`{kind}`: its answers are not those of a {task} model")]
    Unserved {
        /// The contender's kind.
        kind: &'static str,
        /// The task.
        task: Task,
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
    /// A feature that is missing in every training row.
    #[error(
        "feature `{feature}` is missing in every training row: there is no median to take its place"
    )]
    NoValue {
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
    /// Lives of bearings cannot be learned from.
    #[error(transparent)]
    Rul(#[from] RulError),
    /// A search cannot be run.
    #[error(transparent)]
    Search(#[from] SearchError),
    /// A split failed.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// Rows could not be divided into folds.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// A metric could not be computed.
    #[error(transparent)]
    Metric(#[from] MetricError),
    /// A watched channel whose rows do not fit the scores or the bearings.
    #[error("channel {channel}: its rows do not fit the scores or the list of bearings")]
    Track {
        /// The channel.
        channel: String,
    },
    /// An interval or a test could not be made.
    #[error(transparent)]
    Interval(#[from] IntervalError),
}
