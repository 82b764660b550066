//! The classes' densities in plain operators.

use gauntlet_bundle::graph::{self, Graph};
use gauntlet_features::Matrix;

use super::NaiveBayes;
use crate::models::{Lowering, Model};
use crate::{LearnError, Outputs};

impl Model for NaiveBayes {
    fn outputs(&self, x: &Matrix) -> Result<Outputs, LearnError> {
        Ok(self.answers(x))
    }

    fn lower(&self, graph: &mut Graph, x: graph::Matrix<f32>) -> Result<Lowering, LearnError> {
        let densities = self.gaussians.lower_log_densities(graph, x);
        let shares = graph.softmax(densities);
        if self.binary {
            let event = graph.pick(shares, 1);
            return Ok(Lowering::Double(event));
        }
        // Classes without rows get a column of zeros.
        let mut placed = vec![0.0; self.present.len() * self.classes];
        for (at, &class) in self.present.iter().enumerate() {
            placed[at * self.classes + class] = 1.0;
        }
        let columns = graph.matmul(shares, &placed, self.classes);
        Ok(Lowering::Columns(graph.cast(columns)))
    }
}
