//! The boosted ensemble with its base score folded into the leaves of the first tree.

use gauntlet_bundle::graph::{self, Graph};
use gauntlet_bundle::{Link, Outputs as Sums, TreeEnsemble};
use gauntlet_features::Matrix;

use super::Boosted;
use crate::models::{Lowering, Model, thresholds};
use crate::{LearnError, Outputs};

impl Boosted {
    /// The model as a tree ensemble.
    #[must_use]
    pub fn ensemble(&self) -> TreeEnsemble {
        let trees = self.trees.iter().enumerate().map(|(i, tree)| {
            let base = if i == 0 { self.base } else { 0.0 };
            tree.lower(|value| (value + base) as f32)
        });
        TreeEnsemble { features: self.features,
            outputs: Sums::One, link: Link::Logistic, trees: trees.collect() }
    }
}

impl Model for Boosted {
    fn outputs(&self, x: &Matrix) -> Result<Outputs, LearnError> {
        Ok(Outputs::single(self.scores(x)))
    }

    fn lower(&self, graph: &mut Graph, x: graph::Matrix<f32>) -> Result<Lowering, LearnError> {
        Ok(Lowering::Score(graph.trees(x, &self.ensemble())))
    }

    fn thresholds(&self) -> Vec<(usize, f32)> {
        thresholds(&self.ensemble())
    }
}
