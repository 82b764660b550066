//! The boosted ensemble with its base scores folded into the leaves of the first round.

use gauntlet_bundle::graph::{self, Graph};
use gauntlet_bundle::{Link, Outputs as Sums, TreeEnsemble};
use gauntlet_features::Matrix;

use super::Boosted;
use crate::models::{Lowering, Model, thresholds};
use crate::trees::Loss;
use crate::{LearnError, Outputs};

impl Boosted {
    /// The model as a tree ensemble.
    #[must_use]
    pub fn ensemble(&self) -> TreeEnsemble {
        let trees = self.ensemble.trees.iter().enumerate().map(|(number, tree)| {
            let base = self.ensemble.base.get(number).copied().unwrap_or(0.0);
            tree.lower(|value| (value + base) as f32)
        });
        let (outputs, link) = match self.loss {
            Loss::Logistic => (Sums::One, Link::Logistic),
            Loss::Softmax { classes } => (Sums::Cycle(classes), Link::Softmax),
            Loss::Squared | Loss::Absolute | Loss::Quantile { .. } => (Sums::One, Link::Identity),
        };
        TreeEnsemble { features: self.features, outputs, link, trees: trees.collect() }
    }
}

impl Model for Boosted {
    fn outputs(&self, x: &Matrix) -> Result<Outputs, LearnError> {
        Ok(self.outputs(x))
    }

    fn lower(&self, graph: &mut Graph, x: graph::Matrix<f32>) -> Result<Lowering, LearnError> {
        let ensemble = self.ensemble();
        Ok(if self.loss.outputs() == 1 {
            Lowering::Score(graph.trees(x, &ensemble))
        } else {
            Lowering::Columns(graph.trees_by_output(x, &ensemble))
        })
    }

    fn thresholds(&self) -> Vec<(usize, f32)> {
        thresholds(&self.ensemble())
    }
}
