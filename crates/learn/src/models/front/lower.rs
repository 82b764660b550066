//! The steps in a graph.

use gauntlet_bundle::graph::{Graph, Matrix};

use super::Front;
use super::fit::Step;

impl Front {
    /// Writes the steps behind the features `x`.
    pub fn lower(&self, graph: &mut Graph, x: Matrix<f32>) -> Matrix<f32> {
        self.steps.iter().fold(x, |x, step| step.lower(graph, x))
    }
}

impl Step {
    fn lower(&self, graph: &mut Graph, x: Matrix<f32>) -> Matrix<f32> {
        match self {
            Self::Fill(values) => {
                let missing = graph.is_nan(x);
                graph.select(missing, values.as_slice(), x)
            }
            Self::Scale { offset, scale } => {
                let x: Matrix<f64> = graph.cast(x);
                let x = graph.sub(x, offset.as_slice());
                let x = graph.mul(x, scale.as_slice());
                graph.cast(x)
            }
            Self::Turn { mean, matrix, width } => {
                let x: Matrix<f64> = graph.cast(x);
                let x = graph.sub(x, mean.as_slice());
                let x = graph.matmul(x, matrix, *width);
                graph.cast(x)
            }
        }
    }
}
