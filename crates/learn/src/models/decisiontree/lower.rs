//! The tree as an ensemble of one.

use gauntlet_bundle::graph::{self, Graph};
use gauntlet_bundle::{Link, Outputs as Sums, TreeEnsemble};
use gauntlet_features::Matrix;

use super::DecisionTree;
use crate::models::{Lowering, Model, thresholds};
use crate::{LearnError, Outputs};

impl DecisionTree {
    /// The tree as a tree ensemble.
    #[must_use]
    pub fn ensemble(&self) -> TreeEnsemble {
        TreeEnsemble {
            features: self.features,
            outputs: Sums::One,
            link: Link::Mean,
            trees: vec![self.tree.lower(|p| p as f32)],
        }
    }
}

impl Model for DecisionTree {
    fn outputs(&self, x: &Matrix) -> Result<Outputs, LearnError> {
        Ok(Outputs::single(self.scores(x)))
    }

    fn lower(&self, graph: &mut Graph, x: graph::Matrix<f32>) -> Result<Lowering, LearnError> {
        Ok(Lowering::Score(graph.trees(x, &self.ensemble())))
    }

    fn thresholds(&self) -> Vec<(usize, f32)> {
        thresholds(&self.ensemble())
    }

    fn is_exact(&self) -> bool {
        true
    }
}
