//! The layers as `Gemm` and the larger of each value and 0, which is ReLU.

use gauntlet_bundle::graph::{self, Graph};
use gauntlet_features::Matrix;

use super::Autoencoder;
use crate::models::{Lowering, Model};
use crate::{LearnError, Outputs};

impl Model for Autoencoder {
    fn outputs(&self, x: &Matrix) -> Result<Outputs, LearnError> {
        Ok(Outputs::single(self.scores(x)))
    }

    fn lower(&self, graph: &mut Graph, x: graph::Matrix<f32>) -> Result<Lowering, LearnError> {
        let x: graph::Matrix<f64> = graph.cast(x);
        let mut values = x;
        for (at, layer) in self.layers.iter().enumerate() {
            if at > 0 {
                values = graph.max(values, 0.0);
            }
            values = graph.gemm(values, &layer.weights, &layer.bias);
        }
        let difference = graph.sub(x, values);
        let squares = graph.sum_of_squares(difference);
        Ok(Lowering::Double(graph.div(squares, x.width() as f64)))
    }
}
