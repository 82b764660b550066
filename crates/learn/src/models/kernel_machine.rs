//! What support vector machines are once fitted: weighted kernels of support vectors.

use gauntlet_bundle::graph::{self, Graph};
use gauntlet_features::Matrix;
use serde::{Deserialize, Serialize};

use super::{Lowering, Model};
use crate::{LearnError, Outputs};

/// The similarity of two rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KernelName {
    /// The inner product.
    Linear,
    /// `exp(-gamma |a - b|^2)`.
    Rbf,
}

/// The sum of weighted kernels and a bias: a margin, above 0 for the event.
#[derive(Debug, Clone, PartialEq)]
pub struct KernelMachine {
    shape: Shape,
    bias: f64,
}

#[derive(Debug, Clone, PartialEq)]
enum Shape {
    /// One weight per feature: the support vectors are summed up.
    Linear(Vec<f64>),
    Rbf {
        support: Vec<Vec<f64>>,
        weights: Vec<f64>,
        gamma: f64,
    },
}

impl KernelMachine {
    /// A machine of `support` vectors with one weight each; `gamma` matters to the radial kernel.
    pub(crate) fn new(
        kernel: KernelName,
        support: Vec<Vec<f64>>,
        weights: Vec<f64>,
        gamma: f64,
        bias: f64,
        features: usize,
    ) -> Self {
        let shape = match kernel {
            KernelName::Linear => {
                let mut sums = vec![0.0; features];
                for (vector, weight) in support.iter().zip(&weights) {
                    sums.iter_mut().zip(vector).for_each(|(sum, v)| *sum += weight * v);
                }
                Shape::Linear(sums)
            }
            KernelName::Rbf => Shape::Rbf { support, weights, gamma },
        };
        Self { shape, bias }
    }

    fn margin(&self, row: &[f32]) -> f64 {
        let sum: f64 = match &self.shape {
            Shape::Linear(weights) => row.iter().zip(weights).map(|(v, w)| f64::from(*v) * w).sum(),
            Shape::Rbf { support, weights, gamma } => support
                .iter()
                .zip(weights)
                .map(|(vector, weight)| {
                    let squares = row.iter().zip(vector).map(|(a, b)| (f64::from(*a) - b).powi(2));
                    weight * (-gamma * squares.sum::<f64>()).exp()
                })
                .sum(),
        };
        sum + self.bias
    }
}

impl Model for KernelMachine {
    fn outputs(&self, x: &Matrix) -> Result<Outputs, LearnError> {
        Ok(Outputs::single(x.map_rows(|row| self.margin(row))))
    }

    fn lower(&self, graph: &mut Graph, x: graph::Matrix<f32>) -> Result<Lowering, LearnError> {
        let x: graph::Matrix<f64> = graph.cast(x);
        let margins = match &self.shape {
            Shape::Linear(weights) => graph.gemm(x, weights, &[self.bias]),
            Shape::Rbf { weights, .. } if weights.is_empty() => {
                graph.gemm(x, &vec![0.0; x.width()], &[self.bias])
            }
            Shape::Rbf { support, weights, gamma } => {
                // |x - s|^2 = x·x - 2 x·s + s·s, as one product with x·x as a last column of x.
                let squares = graph.mul(x, x);
                let length = graph.sum(squares);
                let length = graph.column(length);
                let extended = graph.concat(&[x, length]);
                let mut product: Vec<f64> = (0..x.width())
                    .flat_map(|feature| support.iter().map(move |s| 2.0 * gamma * s[feature]))
                    .collect();
                product.extend(std::iter::repeat_n(-gamma, support.len()));
                let lengths: Vec<f64> = support
                    .iter()
                    .map(|vector| -gamma * vector.iter().map(|v| v * v).sum::<f64>())
                    .collect();
                let exponents = graph.gemm(extended, &product, &lengths);
                let kernels = graph.exp(exponents);
                graph.gemm(kernels, weights, &[self.bias])
            }
        };
        let margin = graph.pick(margins, 0);
        Ok(Lowering::Double(margin))
    }
}
