//! The forest as an ensemble whose leaf weights are probabilities divided by the number of trees.

use gauntlet_bundle::graph::{self, Graph};
use gauntlet_bundle::{Link, Outputs as Sums, TreeEnsemble};
use gauntlet_features::Matrix;

use super::Forest;
use crate::models::{Lowering, Model, thresholds};
use crate::{LearnError, Outputs};

impl Forest {
    /// The forest as a tree ensemble.
    #[must_use]
    pub fn ensemble(&self) -> TreeEnsemble {
        let count = self.trees.len() as f64;
        TreeEnsemble {
            features: self.features,
            outputs: Sums::One,
            link: Link::Mean,
            trees: self.trees.iter().map(|tree| tree.lower(|p| (p / count) as f32)).collect(),
        }
    }
}

impl Model for Forest {
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
