//! Fitting linfa's models of two or more classes.

use gauntlet_core::Train;
use linfa::Dataset;
use linfa::traits::Fit;
use linfa_logistic::{LogisticRegression, MultiLogisticRegression};
use ndarray::Array1;

use super::Spec;
use crate::models::convert::records;
use crate::models::linear::LinearLink;
use crate::models::{Checked, Kind, Linear};
use crate::{LearnError, Samples, Target};

pub(super) fn fit(params: &Checked<Spec>, train: &Train<Samples>) -> Result<Linear, LearnError> {
    let records = records(Spec::NAME, &train.x)?;
    let iterations = params.max_iterations as u64;
    if let Target::Classes { of, names } = &train.target {
        let targets: Array1<usize> = of.iter().map(|class| *class as usize).collect();
        let fitted = MultiLogisticRegression::default()
            .alpha(params.alpha)
            .max_iterations(iterations)
            .fit(&Dataset::new(records, targets))
            .map_err(failed)?;
        return Ok(every_class(&fitted, names.len(), train.x.width()));
    }
    let targets: Array1<bool> = train.labels()?.iter().copied().collect();
    let fitted = LogisticRegression::default()
        .alpha(params.alpha)
        .max_iterations(iterations)
        .fit(&Dataset::new(records, targets))
        .map_err(failed)?;
    // linfa calls the class it saw as the larger label positive or not by its own order.
    let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
    let weights = fitted.params().iter().map(|w| sign * w).collect();
    Ok(Linear::single(weights, sign * fitted.intercept(), LinearLink::Logistic))
}

/// Spreads the classes that had rows over all of them; a class without rows gets no probability.
fn every_class(
    fitted: &linfa_logistic::MultiFittedLogisticRegression<f64, usize>,
    classes: usize,
    features: usize,
) -> Linear {
    let mut weights = vec![0.0; features * classes];
    let mut intercept = vec![ABSENT; classes];
    for (column, &class) in fitted.classes().iter().enumerate() {
        intercept[class] = fitted.intercept()[column];
        for feature in 0..features {
            weights[feature * classes + class] = fitted.params()[(feature, column)];
        }
    }
    Linear::softmax(weights, intercept)
}

/// The margin of a class without rows: the softmax makes a zero of it.
const ABSENT: f64 = -1e4;

fn failed(error: linfa_logistic::error::Error) -> LearnError {
    LearnError::Fit { kind: Spec::NAME, reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{ContenderSpec, Model};
    use crate::testing::{rows, train, train_for};
    use gauntlet_core::Seed;

    #[test]
    fn finds_a_line_whichever_class_comes_first() {
        let contender = ContenderSpec::from(Spec::default()).check().unwrap();
        for flip in [false, true] {
            let x: Vec<f32> = (0..100).map(|i| i as f32).collect();
            let y: Vec<bool> = (0..100).map(|i| (i >= 50) != flip).collect();
            let train = train(vec![x.clone(), vec![3.0; 100]], y);
            let scores = contender.fit(&train, Seed(1)).unwrap().outputs(&train.x).unwrap();
            assert_eq!(scores.line(10)[0] < 0.1, !flip);
            assert_eq!(scores.line(90)[0] > 0.9, !flip);
        }
    }

    #[test]
    fn a_class_without_rows_has_no_probability() {
        let names = ["a", "b", "c", "d"].map(String::from).to_vec();
        let of: Vec<u32> = (0..60).map(|i| [0, 2, 3][i / 20]).collect();
        let x: Vec<f32> = (0..60).map(|i| (i / 20) as f32).collect();
        let train = train_for(vec![x], Target::Classes { of, names });
        let model = fit(&Checked::new(Spec { alpha: 0.01, ..Spec::default() }), &train).unwrap();
        let outputs = model.outputs(&rows(vec![vec![0.0, 1.0, 2.0]])).unwrap();
        for (row, class) in [0, 2, 3].into_iter().enumerate() {
            assert_eq!(outputs.line(row)[1], 0.0);
            assert!(outputs.line(row)[class] > 0.5, "{outputs:?}");
            assert!((outputs.line(row).iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }
}
