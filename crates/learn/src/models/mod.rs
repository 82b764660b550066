//! The contenders' kinds. Every folder looks the same: `spec` (from TOML), `fit`, `lower` (to trees).

pub mod decisiontree;
pub mod extratrees;
pub mod gradientboosting;
pub mod randomforest;

#[cfg(test)]
mod laws;

use gauntlet_bundle::TreeEnsemble;
use gauntlet_core::{Seed, Train};
use serde::{Deserialize, Serialize};

use crate::{LearnError, Samples};

/// A contender as the pipeline file writes it: its kind and hyperparameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum ContenderSpec {
    /// Random forest of our own tree engine.
    RandomForest(randomforest::Spec),
    /// Gradient boosting of our own tree engine.
    GradientBoosting(gradientboosting::Spec),
    /// Extremely randomised trees of smartcore.
    ExtraTrees(extratrees::Spec),
    /// A single tree of linfa-trees.
    DecisionTree(decisiontree::Spec),
}

/// A contender whose hyperparameters are in range.
#[derive(Debug, Clone, PartialEq)]
pub enum Contender {
    /// Random forest.
    RandomForest(randomforest::Params),
    /// Gradient boosting.
    GradientBoosting(gradientboosting::Params),
    /// Extremely randomised trees.
    ExtraTrees(extratrees::Params),
    /// A single tree.
    DecisionTree(decisiontree::Params),
}

/// A fitted contender, before it is lowered.
#[derive(Debug)]
pub enum Fitted {
    /// Random forest.
    RandomForest(randomforest::Forest),
    /// Gradient boosting.
    GradientBoosting(gradientboosting::Boosted),
    /// Extremely randomised trees.
    ExtraTrees(extratrees::ExtraTrees),
    /// A single tree.
    DecisionTree(decisiontree::DecisionTree),
}

impl ContenderSpec {
    /// The kind's name, as in registered names: `randomforest`, `gradientboosting`, ...
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::RandomForest(_) => randomforest::KIND,
            Self::GradientBoosting(_) => gradientboosting::KIND,
            Self::ExtraTrees(_) => extratrees::KIND,
            Self::DecisionTree(_) => decisiontree::KIND,
        }
    }

    /// Checks the hyperparameters.
    ///
    /// # Errors
    /// The first one outside its range.
    pub fn check(&self) -> Result<Contender, LearnError> {
        Ok(match self {
            Self::RandomForest(spec) => Contender::RandomForest(spec.check()?),
            Self::GradientBoosting(spec) => Contender::GradientBoosting(spec.check()?),
            Self::ExtraTrees(spec) => Contender::ExtraTrees(spec.check()?),
            Self::DecisionTree(spec) => Contender::DecisionTree(spec.check()?),
        })
    }
}

impl Contender {
    /// Fits on training rows. The same rows, hyperparameters and seed give the same model.
    ///
    /// # Errors
    /// One class, an infinite feature, missing values where the kind takes none, or a library's refusal.
    pub fn fit(&self, train: &Train<Samples>, seed: Seed) -> Result<Fitted, LearnError> {
        check_rows(train)?;
        Ok(match self {
            Self::RandomForest(params) => Fitted::RandomForest(params.fit(train, seed)),
            Self::GradientBoosting(params) => Fitted::GradientBoosting(params.fit(train, seed)),
            Self::ExtraTrees(params) => Fitted::ExtraTrees(params.fit(train, seed)?),
            Self::DecisionTree(params) => Fitted::DecisionTree(params.fit(train)?),
        })
    }
}

impl Fitted {
    /// The library's or engine's own scores, row by row: what the exported trees must reproduce.
    ///
    /// # Errors
    /// A library's refusal.
    pub fn native_scores(&self, samples: &Samples) -> Result<Vec<f64>, LearnError> {
        match self {
            Self::RandomForest(model) => Ok(model.scores(&samples.x)),
            Self::GradientBoosting(model) => Ok(model.scores(&samples.x)),
            Self::ExtraTrees(model) => model.scores(&samples.x),
            Self::DecisionTree(model) => Ok(model.scores(&samples.x)),
        }
    }

    /// The model as a tree ensemble with exact `f32` thresholds.
    ///
    /// # Errors
    /// A library's model in a form this version does not know.
    pub fn lower(&self) -> Result<TreeEnsemble, LearnError> {
        match self {
            Self::RandomForest(model) => Ok(model.lower()),
            Self::GradientBoosting(model) => Ok(model.lower()),
            Self::ExtraTrees(model) => model.lower(),
            Self::DecisionTree(model) => Ok(model.lower()),
        }
    }
}

fn check_rows(train: &Samples) -> Result<(), LearnError> {
    let positives = train.positives();
    if positives == 0 || positives == train.rows() {
        return Err(LearnError::OneClass { rows: train.rows() });
    }
    for (feature, column) in train.x.names.iter().zip(&train.x.columns) {
        if let Some(at) = column.iter().position(|v| v.is_infinite()) {
            return Err(LearnError::Infinite { feature: feature.clone(), row: train.row[at] });
        }
    }
    Ok(())
}

/// Refuses missing values for a kind that takes none.
pub(crate) fn refuse_missing(kind: &'static str, train: &Samples) -> Result<(), LearnError> {
    let columns = train.x.names.iter().zip(&train.x.columns);
    match columns.into_iter().find(|(_, column)| column.iter().any(|v| v.is_nan())) {
        Some((feature, _)) => Err(LearnError::Missing { kind, feature: feature.clone() }),
        None => Ok(()),
    }
}

/// Checks one hyperparameter.
fn in_range(
    kind: &'static str,
    parameter: &'static str,
    value: f64,
    holds: bool,
    expected: &'static str,
) -> Result<(), LearnError> {
    if holds && value.is_finite() {
        Ok(())
    } else {
        Err(LearnError::Parameter { kind, parameter, found: value.to_string(), expected })
    }
}
