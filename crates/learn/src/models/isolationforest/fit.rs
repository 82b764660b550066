//! Fitting the isolation forest.

use gauntlet_core::{Seed, Train};
use gauntlet_features::Matrix;

use super::Spec;
use crate::Samples;
use crate::trees::{GrownTree, Scorer, grow_isolation, mean_path};

/// A fitted isolation forest.
#[derive(Debug, Clone, PartialEq)]
pub struct IsolationForest {
    pub(super) trees: Vec<GrownTree>,
    pub(super) features: usize,
    /// The mean path that an average row has, at which the score is 0.5.
    pub(super) usual: f64,
}

pub(super) fn fit(spec: &Spec, train: &Train<Samples>, seed: Seed) -> IsolationForest {
    let params = spec.params();
    // Of a single row every path is 0, and every score 1.
    let usual = mean_path(params.drawn(train.rows())).max(1.0);
    let trees = grow_isolation(&train.x, params, seed);
    IsolationForest { trees, features: train.x.width(), usual }
}

impl IsolationForest {
    /// The anomaly score of each row, between 0 and 1: 2 to the minus mean path over usual path.
    #[must_use]
    pub fn scores(&self, x: &Matrix) -> Vec<f64> {
        let scale = -1.0 / (self.trees.len() as f64 * self.usual);
        let mut sums = Scorer::new(&self.trees, 1).sums(x);
        sums.iter_mut().for_each(|sum| *sum = (*sum * scale).exp2());
        sums
    }
}
