//! Both statistics in plain operators.

use gauntlet_bundle::graph::{self, Graph};
use gauntlet_features::Matrix;

use super::Pca;
use super::spec::Statistic;
use crate::models::{Lowering, Model};
use crate::{LearnError, Outputs};

impl Model for Pca {
    fn outputs(&self, x: &Matrix) -> Result<Outputs, LearnError> {
        Ok(Outputs::single(self.scores(x)))
    }

    fn lower(&self, graph: &mut Graph, x: graph::Matrix<f32>) -> Result<Lowering, LearnError> {
        let (width, features) = (self.precision.len(), self.mean.len());
        let x: graph::Matrix<f64> = graph.cast(x);
        let centred = graph.sub(x, self.mean.as_slice());
        let scores = graph.matmul(centred, &self.components, width);
        let squares = graph.mul(scores, scores);
        let squares = graph.mul(squares, self.precision.as_slice());
        let t2 = graph.sum(squares);
        let transposed: Vec<f64> = (0..width)
            .flat_map(|c| (0..features).map(move |f| self.components[f * width + c]))
            .collect();
        let projected = graph.matmul(scores, &transposed, features);
        let residual = graph.sub(centred, projected);
        let squares = graph.mul(residual, residual);
        let spe = graph.sum(squares);
        let score = match (self.statistic, self.spe_limit) {
            (Statistic::T2, _) => t2,
            (Statistic::Spe, _) => spe,
            (Statistic::Combined, Some(limit)) => {
                let (t2, spe) = (graph.div(t2, self.t2_limit), graph.div(spe, limit));
                graph.add(t2, spe)
            }
            (Statistic::Combined, None) => graph.div(t2, self.t2_limit),
        };
        Ok(Lowering::Double(score))
    }
}
