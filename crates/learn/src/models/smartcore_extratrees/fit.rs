//! Fitting smartcore's extra trees on features that are `f32` numbers already.

use gauntlet_core::{Seed, Train};
use gauntlet_features::Matrix;
use smartcore::ensemble::extra_trees_regressor::{
    ExtraTreesRegressor, ExtraTreesRegressorParameters,
};
use smartcore::linalg::basic::matrix::DenseMatrix;

use super::{Params, Spec};
use crate::models::Kind;
use crate::{LearnError, Samples};

type Model = ExtraTreesRegressor<f64, f64, DenseMatrix<f64>, Vec<f64>>;

/// Fitted extra trees.
#[derive(Debug)]
pub struct ExtraTrees {
    pub(super) model: Model,
    pub(super) features: usize,
}

impl Params {
    /// Fits the trees on training rows.
    ///
    /// # Errors
    /// A target that is not binary, or smartcore's refusal.
    pub fn fit(&self, train: &Train<Samples>, seed: Seed) -> Result<ExtraTrees, LearnError> {
        let (spec, features) = (self.get(), train.x.width());
        let tried = (features as f64 * spec.feature_share).round() as usize;
        let parameters = ExtraTreesRegressorParameters {
            max_depth: Some(spec.max_depth),
            min_samples_leaf: spec.min_leaf,
            min_samples_split: 2 * spec.min_leaf.max(1),
            n_trees: spec.trees,
            m: Some(tried.clamp(1, features)),
            keep_samples: false,
            seed: seed.0,
        };
        let y: Vec<f64> = train.labels()?.iter().map(|y| f64::from(u8::from(*y))).collect();
        let model = Model::fit(&dense(&train.x)?, &y, parameters).map_err(failed)?;
        Ok(ExtraTrees { model, features })
    }
}

impl ExtraTrees {
    /// smartcore's own prediction per row, the mean over trees.
    ///
    /// # Errors
    /// smartcore's refusal.
    pub fn scores(&self, x: &Matrix) -> Result<Vec<f64>, LearnError> {
        self.model.predict(&dense(x)?).map_err(failed)
    }
}

fn dense(x: &Matrix) -> Result<DenseMatrix<f64>, LearnError> {
    let values: Vec<f64> = x.columns.iter().flatten().map(|v| f64::from(*v)).collect();
    DenseMatrix::new(x.rows(), x.width(), values, true).map_err(failed)
}

fn failed(reason: smartcore::error::Failed) -> LearnError {
    LearnError::Fit { kind: Spec::NAME, reason: reason.to_string() }
}
