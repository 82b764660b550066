//! Fitting smartcore's trees on features that are `f32` numbers already.

use gauntlet_core::{Seed, Train};
use smartcore::ensemble::random_forest_regressor::RandomForestRegressorParameters;

use super::Spec;
use crate::models::convert::dense;
use crate::models::smartcore_forest::{Bagged, SmartcoreForest, numbers};
use crate::models::{Checked, Kind};
use crate::{LearnError, Samples};

pub(super) fn fit(
    params: &Checked<Spec>,
    train: &Train<Samples>,
    seed: Seed,
) -> Result<SmartcoreForest<Bagged>, LearnError> {
    let features = train.x.width();
    let tried = (features as f64 * params.feature_share).round() as usize;
    let parameters = RandomForestRegressorParameters {
        max_depth: Some(params.max_depth),
        min_samples_leaf: params.min_leaf,
        min_samples_split: 2 * params.min_leaf,
        n_trees: params.trees,
        m: Some(tried.clamp(1, features)),
        keep_samples: false,
        seed: seed.0,
    };
    let x = dense(Spec::NAME, &train.x)?;
    let model = Bagged::fit(&x, &numbers(train)?, parameters)
        .map_err(|e| LearnError::Fit { kind: Spec::NAME, reason: e.to_string() })?;
    SmartcoreForest::new(Spec::NAME, model, features, train.task())
}
