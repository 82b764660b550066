//! Fitting smartcore's classifier, and reading its support vectors through serde, the only way in.
//!
//! smartcore's JSON is no stable format: its version is pinned, and anything unexpected is an error.

use gauntlet_core::{Seed, Train};
use serde::Deserialize;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::svm::Kernels;
use smartcore::svm::svc::{SVC, SVCParameters};

use super::Spec;
use crate::models::convert::dense;
use crate::models::{Checked, KernelMachine, KernelName, Kind};
use crate::{LearnError, Samples};

type Parameters = SVCParameters<f64, i32, DenseMatrix<f64>, Vec<i32>>;

#[derive(Deserialize)]
struct Source {
    classes: (i32, i32),
    instances: Vec<Vec<f64>>,
    w: Vec<f64>,
    b: f64,
}

pub(super) fn fit(
    params: &Checked<Spec>,
    train: &Train<Samples>,
    seed: Seed,
) -> Result<KernelMachine, LearnError> {
    let failed = |reason: String| LearnError::Fit { kind: Spec::NAME, reason };
    let (rows, features) = (train.rows(), train.x.width());
    if rows > params.max_rows {
        let most = params.max_rows;
        return Err(failed(format!("{rows} training rows are more than `max_rows`, {most}")));
    }
    // smartcore reads no more features of a row than there are rows.
    if rows < features {
        return Err(failed(format!("{rows} rows are too few for {features} features")));
    }
    let gamma = params.gamma / features as f64;
    let parameters = Parameters::default()
        .with_c(params.c)
        .with_epoch(params.epochs)
        .with_tol(params.tolerance)
        .with_seed(Some(seed.0));
    let parameters = match params.kernel {
        KernelName::Linear => parameters.with_kernel(Kernels::linear()),
        KernelName::Rbf => parameters.with_kernel(Kernels::rbf().with_gamma(gamma)),
    };
    let x = dense(Spec::NAME, &train.x)?;
    let y: Vec<i32> = train.labels()?.iter().map(|y| i32::from(*y)).collect();
    let fitted = SVC::fit(&x, &y, &parameters).map_err(|e| failed(e.to_string()))?;
    let unknown = |reason: String| LearnError::Lower { kind: Spec::NAME, reason };
    let value = serde_json::to_value(&fitted).map_err(|e| unknown(e.to_string()))?;
    let source: Source = serde_json::from_value(value).map_err(|e| unknown(e.to_string()))?;
    if source.classes != (0, 1) || source.instances.len() != source.w.len() {
        return Err(unknown("its classes or support vectors are not as expected".to_owned()));
    }
    Ok(KernelMachine::new(params.kernel, source.instances, source.w, gamma, source.b, features))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::Model;
    use crate::testing::{noisy, train};

    #[test]
    fn margins_are_those_of_smartcore() {
        let (columns, y) = noisy(120, 2);
        let rows = train(columns, y);
        for kernel in [KernelName::Linear, KernelName::Rbf] {
            let spec = Spec { kernel, ..Spec::default() };
            let ours = fit(&Checked::new(spec), &rows, Seed(3)).unwrap().outputs(&rows.x).unwrap();
            let (x, y) = (dense("test", &rows.x).unwrap(), rows.labels().unwrap());
            let y: Vec<i32> = y.iter().map(|y| i32::from(*y)).collect();
            let parameters = Parameters::default().with_seed(Some(3));
            let parameters = match kernel {
                KernelName::Linear => parameters.with_kernel(Kernels::linear()),
                KernelName::Rbf => parameters.with_kernel(Kernels::rbf().with_gamma(0.25)),
            };
            let model = SVC::fit(&x, &y, &parameters).unwrap();
            let theirs = model.decision_function(&x).unwrap();
            for (theirs, ours) in theirs.iter().zip(ours.values()) {
                assert!((theirs - ours).abs() < 1e-9, "{kernel:?}: {theirs} {ours}");
            }
        }
    }
}
