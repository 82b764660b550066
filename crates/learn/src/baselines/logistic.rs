//! Logistic regression of linfa on standardised features.

use gauntlet_core::Train;
use gauntlet_features::Matrix;
use linfa::Dataset;
use linfa::traits::Fit;
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use crate::{LearnError, Samples};

const KIND: &str = "logistic";

/// Settings as the pipeline file writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogisticSpec {
    /// L2 penalty.
    pub alpha: f64,
    /// Most iterations of L-BFGS.
    pub max_iterations: u64,
}

impl Default for LogisticSpec {
    fn default() -> Self {
        Self { alpha: 1.0, max_iterations: 200 }
    }
}

/// Settings in range.
#[derive(Debug, Clone, PartialEq)]
pub struct LogisticParams(LogisticSpec);

impl LogisticSpec {
    /// Checks the ranges.
    ///
    /// # Errors
    /// The first setting outside its range.
    pub fn check(&self) -> Result<LogisticParams, LearnError> {
        let bad = |parameter, found: String, expected| LearnError::Parameter {
            kind: KIND,
            parameter,
            found,
            expected,
        };
        if !(self.alpha.is_finite() && self.alpha >= 0.0) {
            return Err(bad("alpha", self.alpha.to_string(), "at least 0"));
        }
        if self.max_iterations == 0 {
            return Err(bad("max_iterations", "0".to_owned(), "at least 1"));
        }
        Ok(LogisticParams(self.clone()))
    }
}

/// A fitted logistic regression.
#[derive(Debug, Clone, PartialEq)]
pub struct Logistic {
    mean: Vec<f64>,
    scale: Vec<f64>,
    weights: Vec<f64>,
    intercept: f64,
}

impl LogisticParams {
    /// Fits on training rows of both classes without missing values. A constant feature gets no weight.
    ///
    /// # Errors
    /// Missing values, or linfa's refusal.
    pub fn fit(&self, train: &Train<Samples>) -> Result<Logistic, LearnError> {
        crate::models::refuse_missing(KIND, &train.x)?;
        let failed = |reason: String| LearnError::Fit { kind: KIND, reason };
        let (mean, scale): (Vec<f64>, Vec<f64>) =
            train.x.columns.iter().map(|column| moments(column)).unzip();
        let mut model = Logistic { mean, scale, weights: Vec::new(), intercept: 0.0 };
        let shape = (train.rows(), train.x.width());
        let mut records = Array2::zeros(shape);
        for (feature, column) in train.x.columns.iter().enumerate() {
            for (row, &value) in column.iter().enumerate() {
                records[(row, feature)] = model.standardise(feature, value);
            }
        }
        let targets: Array1<bool> = train.labels()?.iter().copied().collect();
        let fitted = LogisticRegression::default()
            .alpha(self.0.alpha)
            .max_iterations(self.0.max_iterations)
            .fit(&Dataset::new(records, targets))
            .map_err(|e| failed(e.to_string()))?;
        // linfa calls the class it saw as the larger label positive or not by its own order.
        let sign = if fitted.labels().pos.class { 1.0 } else { -1.0 };
        model.weights = fitted.params().iter().map(|w| sign * w).collect();
        model.intercept = sign * fitted.intercept();
        Ok(model)
    }
}

impl Logistic {
    /// The probability of each row.
    #[must_use]
    pub fn scores(&self, x: &Matrix) -> Vec<f32> {
        (0..x.rows())
            .map(|row| {
                let mut margin = self.intercept;
                for (feature, column) in x.columns.iter().enumerate() {
                    margin += self.weights[feature] * self.standardise(feature, column[row]);
                }
                (1.0 / (1.0 + (-margin).exp())) as f32
            })
            .collect()
    }

    fn standardise(&self, feature: usize, value: f32) -> f64 {
        (f64::from(value) - self.mean[feature]) / self.scale[feature]
    }
}

/// Mean and standard deviation; 1 for a constant column.
fn moments(column: &[f32]) -> (f64, f64) {
    let n = column.len() as f64;
    let mean = column.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
    let variance = column.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum::<f64>() / n;
    (mean, if variance > 0.0 { variance.sqrt() } else { 1.0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{rows, train};

    #[test]
    fn finds_a_line_whichever_class_comes_first() {
        for flip in [false, true] {
            let x: Vec<f32> = (0..100).map(|i| i as f32).collect();
            let y: Vec<bool> = (0..100).map(|i| (i >= 50) != flip).collect();
            let model = LogisticSpec::default().check().unwrap();
            let model = model.fit(&train(vec![x.clone(), vec![3.0; 100]], y)).unwrap();
            let scores = model.scores(&rows(vec![x, vec![3.0; 100]]));
            assert_eq!(scores[10] < 0.1, !flip);
            assert_eq!(scores[90] > 0.9, !flip);
        }
    }

    #[test]
    fn missing_values_are_refused_by_name() {
        let model = LogisticSpec::default().check().unwrap();
        let error = model.fit(&train(vec![vec![1.0, f32::NAN]], vec![true, false])).unwrap_err();
        assert!(error.to_string().contains("`x0`"), "{error}");
    }
}
