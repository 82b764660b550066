//! The distance in plain operators.

use gauntlet_bundle::graph::{self, Graph};
use gauntlet_features::Matrix;

use super::Mahalanobis;
use crate::models::{Lowering, Model};
use crate::{LearnError, Outputs};

impl Model for Mahalanobis {
    fn outputs(&self, x: &Matrix) -> Result<Outputs, LearnError> {
        Ok(Outputs::single(self.scores(x)))
    }

    fn lower(&self, graph: &mut Graph, x: graph::Matrix<f32>) -> Result<Lowering, LearnError> {
        let squares = self.centre.lower_squared_distances(graph, x);
        let columns = graph.stack(&squares);
        let sum = graph.sum(columns);
        let distance = graph.sqrt(sum);
        Ok(Lowering::Double(distance))
    }
}
