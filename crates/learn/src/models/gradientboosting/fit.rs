//! Fitting the boosted ensemble.

use gauntlet_core::{Seed, Train};
use gauntlet_features::Matrix;

use super::Params;
use crate::trees::{Binned, GrownTree, grow_boosted};
use crate::{LearnError, Samples};

/// A fitted boosted ensemble.
#[derive(Debug, Clone, PartialEq)]
pub struct Boosted {
    pub(super) base: f64,
    pub(super) trees: Vec<GrownTree>,
    pub(super) features: usize,
}

impl Params {
    /// Fits the ensemble on training rows.
    ///
    /// # Errors
    /// A target that is not binary.
    pub fn fit(&self, train: &Train<Samples>, seed: Seed) -> Result<Boosted, LearnError> {
        let binned = Binned::new(&train.x, self.get().max_bins);
        let (base, trees) = grow_boosted(&binned, train.labels()?, self.boost(), seed);
        Ok(Boosted { base, trees, features: train.x.width() })
    }
}

impl Boosted {
    /// The probability of each row, in double precision.
    #[must_use]
    pub fn scores(&self, x: &Matrix) -> Vec<f64> {
        x.map_rows(|row| {
            let margin: f64 = self.trees.iter().map(|tree| tree.value(row)).sum();
            1.0 / (1.0 + (-self.base - margin).exp())
        })
    }
}
