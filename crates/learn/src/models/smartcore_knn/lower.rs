//! Why the neighbours stay behind.

use gauntlet_bundle::graph::{self, Graph};
use gauntlet_features::Matrix;

use super::Knn;
use crate::models::{Lowering, Model};
use crate::{LearnError, Outputs};

impl Model for Knn {
    fn outputs(&self, x: &Matrix) -> Result<Outputs, LearnError> {
        self.answers(x)
    }

    fn lower(&self, _: &mut Graph, _: graph::Matrix<f32>) -> Result<Lowering, LearnError> {
        Ok(Lowering::JudgeOnly(
            "its model is the training set, and the graph has no operator for the k nearest rows",
        ))
    }
}
