//! Fitting smartcore's classifier, and smoothing its variances.

use gauntlet_core::Train;
use gauntlet_features::Matrix;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::naive_bayes::gaussian::{GaussianNB, GaussianNBParameters};

use super::Spec;
use crate::models::convert::dense;
use crate::models::gaussians::Gaussians;
use crate::models::linear::softmax;
use crate::models::{Checked, Kind};
use crate::{LearnError, Outputs, Samples, Target};

/// A Gaussian per class.
#[derive(Debug, Clone, PartialEq)]
pub struct NaiveBayes {
    pub(super) gaussians: Gaussians,
    /// The output that each Gaussian's class has.
    pub(super) present: Vec<usize>,
    /// Outputs, 2 of which only the second is given if the task is binary.
    pub(super) classes: usize,
    pub(super) binary: bool,
}

pub(super) fn fit(
    params: &Checked<Spec>,
    train: &Train<Samples>,
) -> Result<NaiveBayes, LearnError> {
    let failed = |reason: String| LearnError::Fit { kind: Spec::NAME, reason };
    let (classes, binary): (Vec<u32>, bool) = match &train.target {
        Target::Classes { of, .. } => (of.clone(), false),
        target => (target.binary()?.iter().map(|y| u32::from(*y)).collect(), true),
    };
    let fitted = GaussianNB::<f64, u32, DenseMatrix<f64>, Vec<u32>>::fit(
        &dense(Spec::NAME, &train.x)?,
        &classes,
        GaussianNBParameters::default(),
    )
    .map_err(|e| failed(e.to_string()))?;
    // A feature that is constant within a class has no density; as in scikit-learn every variance
    // grows by a share of the largest feature's.
    let largest = train.x.columns.iter().map(|c| variance(c)).fold(0.0, f64::max);
    let smoothing = (params.smoothing * largest).max(f64::MIN_POSITIVE.sqrt());
    let mut gaussians = Gaussians::new();
    for (class, prior) in fitted.class_priors().iter().enumerate() {
        let variances: Vec<f64> = fitted.var()[class].iter().map(|v| v + smoothing).collect();
        gaussians.push_diagonal(*prior, fitted.theta()[class].clone(), &variances);
    }
    let present = fitted.classes().iter().map(|class| *class as usize).collect();
    let classes = if binary { 2 } else { train.target.outputs() };
    Ok(NaiveBayes { gaussians, present, classes, binary })
}

fn variance(column: &[f32]) -> f64 {
    let n = column.len() as f64;
    let mean = column.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
    column.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n
}

impl NaiveBayes {
    /// The probability of each class, per row.
    pub(super) fn answers(&self, x: &Matrix) -> Outputs {
        let lines = x.map_rows(|row| {
            let mut shares: Vec<f64> = self.gaussians.log_densities(row).collect();
            softmax(&mut shares);
            let mut line = vec![0.0; self.classes];
            self.present.iter().zip(shares).for_each(|(&class, share)| line[class] = share);
            line
        });
        if self.binary {
            Outputs::single(lines.iter().map(|line| line[1]).collect())
        } else {
            Outputs::lines(self.classes, lines.concat())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{noisy, train};

    #[test]
    fn decisions_are_those_of_smartcore() {
        let (mut columns, y) = noisy(400, 2);
        columns.truncate(3);
        let rows = train(columns, y);
        let ours = fit(&Checked::new(Spec::default()), &rows).unwrap().answers(&rows.x);
        let labels: Vec<u32> = rows.labels().unwrap().iter().map(|y| u32::from(*y)).collect();
        let x = dense("test", &rows.x).unwrap();
        let model = GaussianNB::<f64, u32, DenseMatrix<f64>, Vec<u32>>::fit(
            &x,
            &labels,
            GaussianNBParameters::default(),
        )
        .unwrap();
        let theirs = model.predict(&x).unwrap();
        let differ = ours.values().iter().zip(&theirs).filter(|(p, c)| (**p > 0.5) != (**c == 1));
        assert_eq!(differ.count(), 0);
    }
}
