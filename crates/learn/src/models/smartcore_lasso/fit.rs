//! Fitting smartcore's lasso on centred rows.

use gauntlet_core::Train;
use smartcore::linalg::basic::arrays::Array;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linear::lasso::{Lasso, LassoParameters};

use super::Spec;
use crate::models::centred::Centred;
use crate::models::{Checked, Kind, Linear};
use crate::{LearnError, Samples};

pub(super) fn fit(params: &Checked<Spec>, train: &Train<Samples>) -> Result<Linear, LearnError> {
    let failed = |reason: String| LearnError::Fit { kind: Spec::NAME, reason };
    let centred = Centred::new(train)?;
    let (rows, features) = (train.rows(), train.x.width());
    if centred.is_constant() {
        return Ok(centred.model(vec![0.0; features]));
    }
    let values = centred.columns.concat();
    let x = DenseMatrix::new(rows, features, values, true).map_err(|e| failed(e.to_string()))?;
    let parameters = LassoParameters::default()
        .with_alpha(params.alpha)
        .with_normalize(false)
        .with_fit_intercept(false)
        .with_max_iter(params.max_iterations)
        .with_tol(params.tolerance);
    let fitted =
        Lasso::<f64, f64, DenseMatrix<f64>, Vec<f64>>::fit(&x, &centred.values, parameters)
            .map_err(|e| failed(e.to_string()))?;
    let weights: Vec<f64> = fitted.coefficients().iterator(0).copied().collect();
    if weights.iter().any(|w| !w.is_finite()) {
        return Err(failed("its optimisation diverged: change `alpha`".to_owned()));
    }
    Ok(centred.model(weights))
}
