//! Fitting (storing) and asking smartcore's neighbours.

use gauntlet_core::Train;
use gauntlet_features::Matrix;
use smartcore::algorithm::neighbour::KNNAlgorithmName;
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::metrics::distance::euclidian::Euclidian;
use smartcore::neighbors::KNNWeightFunction;
use smartcore::neighbors::knn_classifier::{KNNClassifier, KNNClassifierParameters};
use smartcore::neighbors::knn_regressor::{KNNRegressor, KNNRegressorParameters};

use super::Spec;
use super::spec::Weights;
use crate::models::convert::dense;
use crate::models::{Checked, Kind};
use crate::{LearnError, Outputs, Samples, Target};

type Classifier = KNNClassifier<f64, u32, DenseMatrix<f64>, Vec<u32>, Euclidian<f64>>;
type Regressor = KNNRegressor<f64, f64, DenseMatrix<f64>, Vec<f64>, Euclidian<f64>>;

/// The stored training rows.
#[derive(Debug)]
pub struct Knn(Stored);

#[derive(Debug)]
enum Stored {
    /// Columns of the answer, and the class behind each of smartcore's.
    Classes {
        model: Box<Classifier>,
        present: Vec<u32>,
        width: usize,
        binary: bool,
    },
    Values(Box<Regressor>),
}

pub(super) fn fit(params: &Checked<Spec>, train: &Train<Samples>) -> Result<Knn, LearnError> {
    let failed = |reason: String| LearnError::Fit { kind: Spec::NAME, reason };
    let k = params.neighbours;
    if train.rows() < k {
        let rows = train.rows();
        return Err(failed(format!("{rows} rows are fewer than {k} neighbours")));
    }
    let weight = match params.weights {
        Weights::Uniform => KNNWeightFunction::Uniform,
        Weights::Distance => KNNWeightFunction::Distance,
    };
    let x = dense(Spec::NAME, &train.x)?;
    let (classes, binary): (Vec<u32>, bool) = match &train.target {
        Target::Values(values) => {
            let parameters = KNNRegressorParameters::default()
                .with_k(k)
                .with_algorithm(KNNAlgorithmName::LinearSearch)
                .with_weight(weight);
            let model =
                Regressor::fit(&x, values, parameters).map_err(|e| failed(e.to_string()))?;
            return Ok(Knn(Stored::Values(Box::new(model))));
        }
        Target::Classes { of, .. } => (of.clone(), false),
        target => (target.binary()?.iter().map(|y| u32::from(*y)).collect(), true),
    };
    let parameters = KNNClassifierParameters::default()
        .with_k(k)
        .with_algorithm(KNNAlgorithmName::LinearSearch)
        .with_weight(weight);
    let model = Classifier::fit(&x, &classes, parameters).map_err(|e| failed(e.to_string()))?;
    // smartcore numbers the classes that have rows, in rising order.
    let mut present = classes;
    present.sort_unstable();
    present.dedup();
    let width = if binary { 2 } else { train.target.outputs() };
    Ok(Knn(Stored::Classes { model: Box::new(model), present, width, binary }))
}

impl Knn {
    /// smartcore's answer to each row.
    pub(super) fn answers(&self, x: &Matrix) -> Result<Outputs, LearnError> {
        let failed = |reason: String| LearnError::Fit { kind: Spec::NAME, reason };
        match &self.0 {
            Stored::Values(_) if x.rows() == 0 => Ok(Outputs::single(Vec::new())),
            Stored::Values(model) => {
                let values = model.predict(&dense(Spec::NAME, x)?);
                values.map(Outputs::single).map_err(|e| failed(e.to_string()))
            }
            Stored::Classes { model, present, width, binary } => {
                let shares = match x.rows() {
                    0 => Vec::new(),
                    _ => model
                        .predict_proba(&dense(Spec::NAME, x)?)
                        .map_err(|e| failed(e.to_string()))?,
                };
                let mut values = vec![0.0; shares.len() * width];
                for (line, shares) in values.chunks_mut(*width).zip(&shares) {
                    present.iter().zip(shares).for_each(|(&class, &s)| line[class as usize] = s);
                }
                let outputs = Outputs::lines(*width, values);
                Ok(if *binary { Outputs::single(outputs.column(1).collect()) } else { outputs })
            }
        }
    }
}
