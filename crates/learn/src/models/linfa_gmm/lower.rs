//! The density in plain operators: the logarithm of a sum of exponentials, shifted by the largest.

use gauntlet_bundle::graph::{self, Graph, Vector};
use gauntlet_features::Matrix;

use super::Gmm;
use crate::models::{Lowering, Model};
use crate::{LearnError, Outputs};

impl Model for Gmm {
    fn outputs(&self, x: &Matrix) -> Result<Outputs, LearnError> {
        Ok(Outputs::single(self.scores(x)))
    }

    fn lower(&self, graph: &mut Graph, x: graph::Matrix<f32>) -> Result<Lowering, LearnError> {
        let densities = self.gaussians.lower_log_densities(graph, x);
        let logs: Vec<Vector<f64>> =
            (0..self.gaussians.len()).map(|i| graph.pick(densities, i)).collect();
        let largest = logs.iter().copied().reduce(|a, b| graph.max(a, b));
        let largest = largest.ok_or_else(|| LearnError::Lower {
            kind: "linfa_gmm",
            reason: "it has no components".to_owned(),
        })?;
        let shifted: Vec<Vector<f64>> = logs.into_iter().map(|l| graph.sub(l, largest)).collect();
        let shifted = graph.stack(&shifted);
        let exponentials = graph.exp(shifted);
        let sum = graph.sum(exponentials);
        let log = graph.log(sum);
        let total = graph.add(largest, log);
        let score = graph.neg(total);
        Ok(Lowering::Double(score))
    }
}
