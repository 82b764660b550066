//! The distance to the nearest centroid in plain operators.

use gauntlet_bundle::graph::{self, Graph, Vector};
use gauntlet_features::Matrix;

use super::KMeans;
use crate::models::{Lowering, Model};
use crate::{LearnError, Outputs};

impl Model for KMeans {
    fn outputs(&self, x: &Matrix) -> Result<Outputs, LearnError> {
        Ok(Outputs::single(self.scores(x)))
    }

    fn lower(&self, graph: &mut Graph, x: graph::Matrix<f32>) -> Result<Lowering, LearnError> {
        let x: graph::Matrix<f64> = graph.cast(x);
        let squares: Vec<Vector<f64>> = self
            .centroids
            .iter()
            .map(|centroid| {
                let difference = graph.sub(x, centroid.as_slice());
                let squares = graph.mul(difference, difference);
                graph.sum(squares)
            })
            .collect();
        let nearest = squares.into_iter().reduce(|a, b| graph.min(a, b));
        let nearest = nearest.ok_or_else(|| LearnError::Lower {
            kind: "linfa_kmeans",
            reason: "it has no centroids".to_owned(),
        })?;
        let distance = graph.sqrt(nearest);
        Ok(Lowering::Double(distance))
    }
}
