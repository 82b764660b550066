//! Fitting smartcore's ridge on centred rows.

use gauntlet_core::Train;
use smartcore::linalg::basic::arrays::Array;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::linear::ridge_regression::{RidgeRegression, RidgeRegressionParameters};

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
    let parameters =
        RidgeRegressionParameters::default().with_alpha(params.alpha).with_normalize(false);
    let fitted = RidgeRegression::<f64, f64, DenseMatrix<f64>, Vec<f64>>::fit(
        &x,
        &centred.values,
        parameters,
    )
    .map_err(|e| failed(e.to_string()))?;
    Ok(centred.model(fitted.coefficients().iterator(0).copied().collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Target;
    use crate::testing::train_for;

    #[test]
    fn weights_solve_the_penalised_normal_equations() {
        // One feature: w = sum(x y) / (sum(x x) + alpha), both centred.
        let x = vec![3.0, 4.0, 5.0, 8.0];
        let rows = train_for(vec![x], Target::Values(vec![1.0, 3.0, 2.0, 6.0]));
        let model = fit(&Checked::new(Spec { alpha: 2.0 }), &rows).unwrap();
        let expected: f64 = (4.0 + 9.0) / (14.0 + 2.0);
        assert!((model.weights()[0] - expected).abs() < 1e-12, "{model:?}");
        assert!((model.intercept()[0] - (3.0 - 5.0 * expected)).abs() < 1e-12);
    }
}
