//! The mean path as an ensemble of regression trees, then the power in plain operators.

use gauntlet_bundle::graph::{self, Graph};
use gauntlet_bundle::{Link, Outputs as Sums, TreeEnsemble};
use gauntlet_features::Matrix;

use super::IsolationForest;
use crate::models::{Lowering, Model, thresholds};
use crate::{LearnError, Outputs};

impl IsolationForest {
    /// The trees, whose sum is the mean path.
    #[must_use]
    pub fn ensemble(&self) -> TreeEnsemble {
        let count = self.trees.len() as f64;
        TreeEnsemble {
            features: self.features,
            outputs: Sums::One,
            link: Link::Identity,
            trees: self.trees.iter().map(|tree| tree.lower(|m| (m / count) as f32)).collect(),
        }
    }
}

impl Model for IsolationForest {
    fn outputs(&self, x: &Matrix) -> Result<Outputs, LearnError> {
        Ok(Outputs::single(self.scores(x)))
    }

    fn lower(&self, graph: &mut Graph, x: graph::Matrix<f32>) -> Result<Lowering, LearnError> {
        let path = graph.trees(x, &self.ensemble());
        let exponent = graph.mul(path, (-std::f64::consts::LN_2 / self.usual) as f32);
        Ok(Lowering::Score(graph.exp(exponent)))
    }

    fn thresholds(&self) -> Vec<(usize, f32)> {
        thresholds(&self.ensemble())
    }
}
