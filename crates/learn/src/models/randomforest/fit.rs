//! Fitting the forest: a bootstrap and a seed per tree, so threads cannot change it.

use gauntlet_core::{Seed, Train};
use gauntlet_features::Matrix;
use rand::RngExt;
use rayon::prelude::*;

use super::Params;
use crate::trees::{Binned, CartParams, GrownTree, grow_cart};
use crate::{LearnError, Samples};

/// A fitted forest.
#[derive(Debug, Clone, PartialEq)]
pub struct Forest {
    pub(super) trees: Vec<GrownTree>,
    pub(super) features: usize,
}

impl Params {
    /// Fits the forest on training rows of both classes.
    ///
    /// # Errors
    /// A target that is not binary.
    pub fn fit(&self, train: &Train<Samples>, seed: Seed) -> Result<Forest, LearnError> {
        let labels = train.labels()?;
        let spec = self.get();
        let binned = Binned::new(&train.x, spec.max_bins);
        let params = CartParams {
            max_depth: spec.max_depth,
            min_leaf: spec.min_leaf,
            features_per_split: self.features_per_split(train.x.width()),
        };
        let rows = train.rows();
        let trees = (0..spec.trees)
            .into_par_iter()
            .map(|tree| {
                let seed = seed.derive("tree", tree as u64);
                let mut rng = seed.derive("rows", 0).rng();
                let mut weights = vec![0_u32; rows];
                for _ in 0..rows {
                    weights[rng.random_range(0..rows)] += 1;
                }
                grow_cart(&binned, labels, &weights, params, seed.derive("splits", 0))
            })
            .collect();
        Ok(Forest { trees, features: train.x.width() })
    }
}

impl Forest {
    /// Mean share of positives in the leaves, per row, in double precision.
    #[must_use]
    pub fn scores(&self, x: &Matrix) -> Vec<f64> {
        x.map_rows(|row| {
            let sum: f64 = self.trees.iter().map(|tree| tree.value(row)).sum();
            sum / self.trees.len() as f64
        })
    }
}
