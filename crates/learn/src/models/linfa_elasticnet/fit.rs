//! Fitting linfa's elastic net on centred rows.

use gauntlet_core::Train;
use linfa::Dataset;
use linfa::traits::Fit;
use linfa_elasticnet::ElasticNet;
use ndarray::{Array1, Array2};

use super::Spec;
use crate::models::centred::Centred;
use crate::models::{Checked, Kind, Linear};
use crate::{LearnError, Samples};

pub(super) fn fit(params: &Checked<Spec>, train: &Train<Samples>) -> Result<Linear, LearnError> {
    let centred = Centred::new(train)?;
    if centred.is_constant() {
        return Ok(centred.model(vec![0.0; train.x.width()]));
    }
    let failed = |reason: String| LearnError::Fit { kind: Spec::NAME, reason };
    let records = Array2::from_shape_vec((train.rows(), train.x.width()), centred.row_major())
        .map_err(|e| failed(e.to_string()))?;
    let targets = Array1::from_vec(centred.values.clone());
    let iterations = u32::try_from(params.max_iterations).unwrap_or(u32::MAX);
    let fitted = ElasticNet::params()
        .penalty(params.penalty)
        .l1_ratio(params.l1_ratio)
        .max_iterations(iterations)
        .tolerance(params.tolerance)
        .with_intercept(false)
        .fit(&Dataset::new(records, targets))
        .map_err(|e: linfa_elasticnet::ElasticNetError| failed(e.to_string()))?;
    Ok(centred.model(fitted.hyperplane().to_vec()))
}
