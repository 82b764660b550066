//! A forest as an ensemble whose leaves hold their share of the mean.

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
        let (outputs, trees) = match self.outputs {
            1 => {
                let lower = self.trees.iter().map(|tree| tree.lower(|p| (p / count) as f32));
                (Sums::One, lower.collect())
            }
            2 => {
                let pair = |p: f64| vec![((1.0 - p) / count) as f32, (p / count) as f32];
                let lower = |values: &[f64]| pair(values[0]);
                (Sums::Shares(2), self.trees.iter().map(|tree| tree.lower_shares(lower)).collect())
            }
            width => {
                let lower = |values: &[f64]| values.iter().map(|p| (p / count) as f32).collect();
                (
                    Sums::Shares(width),
                    self.trees.iter().map(|tree| tree.lower_shares(lower)).collect(),
                )
            }
        };
        let link = if self.probability { Link::Mean } else { Link::Identity };
        TreeEnsemble { features: self.features, outputs, link, trees }
    }
}

impl Model for Forest {
    fn outputs(&self, x: &Matrix) -> Result<Outputs, LearnError> {
        Ok(self.outputs(x))
    }

    fn lower(&self, graph: &mut Graph, x: graph::Matrix<f32>) -> Result<Lowering, LearnError> {
        let ensemble = self.ensemble();
        Ok(if self.outputs == 1 {
            Lowering::Score(graph.trees(x, &ensemble))
        } else {
            Lowering::Columns(graph.trees_by_output(x, &ensemble))
        })
    }

    fn thresholds(&self) -> Vec<(usize, f32)> {
        thresholds(&self.ensemble())
    }

    fn is_exact(&self) -> bool {
        true
    }
}
