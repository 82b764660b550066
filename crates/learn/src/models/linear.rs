//! What all linear models are once fitted: weights, intercepts and a link.

use gauntlet_bundle::graph::{self, Graph};
use gauntlet_features::Matrix;

use super::{Lowering, Model};
use crate::{LearnError, Outputs};

/// From margins to outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinearLink {
    /// The margin itself.
    Identity,
    /// The logistic function of one margin.
    Logistic,
    /// The softmax over the margins of all classes.
    Softmax,
}

/// A linear model with one margin per output.
#[derive(Debug, Clone, PartialEq)]
pub struct Linear {
    /// Feature by feature, one weight per output.
    weights: Vec<f64>,
    intercept: Vec<f64>,
    link: LinearLink,
}

impl Linear {
    /// A model of one margin.
    pub(crate) fn single(weights: Vec<f64>, intercept: f64, link: LinearLink) -> Self {
        Self { weights, intercept: vec![intercept], link }
    }

    /// A model of one margin per class; `weights` holds one per class, feature by feature.
    pub(crate) fn softmax(weights: Vec<f64>, intercept: Vec<f64>) -> Self {
        Self { weights, intercept, link: LinearLink::Softmax }
    }

    /// One weight per feature and output, feature by feature.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// One intercept per output.
    #[must_use]
    pub fn intercept(&self) -> &[f64] {
        &self.intercept
    }

    fn line(&self, row: &[f32], into: &mut Vec<f64>) {
        let width = self.intercept.len();
        let start = into.len();
        into.extend_from_slice(&self.intercept);
        let margins = &mut into[start..];
        for (value, weights) in row.iter().zip(self.weights.chunks(width)) {
            margins.iter_mut().zip(weights).for_each(|(m, w)| *m += f64::from(*value) * w);
        }
        match self.link {
            LinearLink::Identity => {}
            LinearLink::Logistic => margins.iter_mut().for_each(|m| *m = logistic(*m)),
            LinearLink::Softmax => softmax(margins),
        }
    }
}

/// The logistic function, without overflow.
pub(crate) fn logistic(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

/// Exponentials divided by their sum, in place, without overflow.
pub(crate) fn softmax(values: &mut [f64]) {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    values.iter_mut().for_each(|v| *v = (*v - largest).exp());
    let sum: f64 = values.iter().sum();
    values.iter_mut().for_each(|v| *v /= sum);
}

impl Model for Linear {
    fn outputs(&self, x: &Matrix) -> Result<Outputs, LearnError> {
        let width = self.intercept.len();
        let mut values = Vec::with_capacity(x.rows() * width);
        x.map_rows(|row| self.line(row, &mut values));
        Ok(Outputs::lines(width, values))
    }

    fn lower(&self, graph: &mut Graph, x: graph::Matrix<f32>) -> Result<Lowering, LearnError> {
        let x: graph::Matrix<f64> = graph.cast(x);
        let margins = graph.gemm(x, &self.weights, &self.intercept);
        Ok(match self.link {
            LinearLink::Softmax => {
                let shares = graph.softmax(margins);
                Lowering::Columns(graph.cast(shares))
            }
            link => {
                let margin = graph.pick(margins, 0);
                let score =
                    if link == LinearLink::Logistic { graph.sigmoid(margin) } else { margin };
                Lowering::Double(score)
            }
        })
    }
}
