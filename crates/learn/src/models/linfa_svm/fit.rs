//! Fitting linfa's machine, and reading its support vectors off the training rows.

use gauntlet_core::Train;
use linfa::Dataset;
use linfa::traits::Fit;
use linfa_svm::Svm;
use ndarray::Array1;

use super::Spec;
use crate::models::convert::records;
use crate::models::{Checked, KernelMachine, KernelName, Kind};
use crate::{LearnError, Samples};

/// Multipliers up to this size are zero to linfa.
const ZERO: f64 = 100.0 * f64::EPSILON;

pub(super) fn fit(
    params: &Checked<Spec>,
    train: &Train<Samples>,
) -> Result<KernelMachine, LearnError> {
    let failed = |reason: String| LearnError::Fit { kind: Spec::NAME, reason };
    if train.rows() > params.max_rows {
        let (rows, most) = (train.rows(), params.max_rows);
        return Err(failed(format!("{rows} training rows are more than `max_rows`, {most}")));
    }
    let (records, features) = (records(Spec::NAME, &train.x)?, train.x.width());
    let targets: Array1<bool> = train.labels()?.iter().copied().collect();
    let gamma = params.gamma / features as f64;
    let machine = Svm::<f64, bool>::params()
        .pos_neg_weights(params.c * params.positive_weight, params.c)
        .eps(params.tolerance);
    let machine = match params.kernel {
        KernelName::Linear => machine.linear_kernel(),
        // linfa divides the squared distance by its parameter.
        KernelName::Rbf => machine.gaussian_kernel(1.0 / gamma),
    };
    let dataset = Dataset::new(records, targets);
    let fitted = machine.fit(&dataset).map_err(|e| failed(e.to_string()))?;
    let (mut support, mut weights) = (Vec::new(), Vec::new());
    for (row, &alpha) in dataset.records.outer_iter().zip(&fitted.alpha) {
        if alpha.abs() > ZERO {
            support.push(row.to_vec());
            weights.push(alpha);
        }
    }
    Ok(KernelMachine::new(params.kernel, support, weights, gamma, -fitted.rho, features))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::Model;
    use crate::testing::{noisy, train};
    use linfa::DatasetBase;

    #[test]
    fn margins_are_those_of_linfa() {
        let (columns, y) = noisy(150, 2);
        let rows = train(columns, y);
        for kernel in [KernelName::Linear, KernelName::Rbf] {
            let spec = Spec { kernel, ..Spec::default() };
            let ours = fit(&Checked::new(spec), &rows).unwrap().outputs(&rows.x).unwrap();
            let targets: Array1<bool> = rows.labels().unwrap().iter().copied().collect();
            let dataset = DatasetBase::new(records("test", &rows.x).unwrap(), targets);
            let params = Svm::<f64, bool>::params().pos_neg_weights(1.0, 1.0).eps(1e-3);
            let params = match kernel {
                KernelName::Linear => params.linear_kernel(),
                KernelName::Rbf => params.gaussian_kernel(4.0),
            };
            let model = params.fit(&dataset).unwrap();
            for (row, ours) in dataset.records.outer_iter().zip(ours.values()) {
                let theirs = model.weighted_sum(&row) - model.rho;
                assert!((theirs - ours).abs() < 1e-9, "{kernel:?}: {theirs} {ours}");
            }
        }
    }
}
