//! What a kind of model is: the contract between a model's folder and everything around it.

use gauntlet_bundle::graph::{self, Graph, Vector};
use gauntlet_core::{Seed, Train};
use gauntlet_features::Matrix;

use super::Scaling;
use crate::{LearnError, Outputs, Samples, Task};

/// A kind of model, implemented for its hyperparameters as the pipeline file writes them.
///
/// Unchecked and checked hyperparameters are two types, unfitted and fitted models are two types.
pub trait Kind {
    /// Hyperparameters in range.
    type Params: std::fmt::Debug + Clone + PartialEq;
    /// The fitted model.
    type Fitted: Model;

    /// The kind's name in pipeline files and registered names.
    const NAME: &'static str;
    /// The tasks it can be fitted for.
    const TASKS: &'static [Task];
    /// Whether it learns from missing values; if not, rows that have some are refused before `fit`.
    const MISSING: bool = false;
    /// Whether it follows the rows' weights; if not, weighted rows are refused before `fit`.
    const WEIGHTS: bool = false;

    /// How features are scaled in front of it, unless the pipeline file says otherwise.
    const SCALING: Scaling = Scaling::None;
    /// Whether its binary score is a probability; if not, a calibration stands behind it.
    const PROBABILITY: bool = true;

    /// Checks the hyperparameters.
    ///
    /// # Errors
    /// The first one outside its range.
    fn check(&self) -> Result<Self::Params, LearnError>;

    /// Fits on rows that were checked: there is at least one, features and targets are finite (or NaN
    /// where [`Kind::MISSING`]), the target is of one of [`Kind::TASKS`] and has two classes or more
    /// if it has classes.
    ///
    /// The same rows, hyperparameters and seed give the same model, on one thread or many.
    ///
    /// # Errors
    /// What the kind's library refuses.
    fn fit(
        params: &Self::Params,
        train: &Train<Samples>,
        seed: Seed,
    ) -> Result<Self::Fitted, LearnError>;
}

/// A fitted model.
pub trait Model: std::fmt::Debug + Send + Sync {
    /// Its answers to rows of features, in double precision; a row's answer depends on that row alone.
    ///
    /// # Errors
    /// A library's refusal.
    fn outputs(&self, x: &Matrix) -> Result<Outputs, LearnError>;

    /// Writes the model into a graph; `x` holds the features in the order it was fitted on.
    ///
    /// # Errors
    /// A library's model in a form this version does not know.
    fn lower(&self, graph: &mut Graph, x: graph::Matrix<f32>) -> Result<Lowering, LearnError>;

    /// `(feature, value)` at which an answer jumps: where a native model and its graph may part.
    fn thresholds(&self) -> Vec<(usize, f32)> {
        Vec::new()
    }

    /// How many times larger than those of its parts its rounding errors may be.
    fn steepness(&self) -> f64 {
        1.0
    }

    /// Whether every engine computes the lowered model to the same bits: its sums have one order.
    fn is_exact(&self) -> bool {
        false
    }
}

/// A model in a graph.
#[derive(Debug, Clone)]
pub enum Lowering {
    /// One number per row.
    Score(Vector<f32>),
    /// One number per row, not rounded yet to the precision of an answer.
    Double(Vector<f64>),
    /// One column per class, or per bound of an interval.
    Columns(graph::Matrix<f32>),
    /// The model is compared with others but cannot be exported, for this reason.
    JudgeOnly(&'static str),
}
